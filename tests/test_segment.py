"""Segmentation: every lexicon word and actor survives, masks stay whole, bad lexicons are refused by line."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.classify.cues import ActorLexicon
from analysis.codebook import read_codebook, read_codebook_bytes
from analysis.errors import SettingsError
from analysis.segment.jieba_segmenter import LEXICON, JiebaSegmenter, load_segmenter, parse_lexicon
from analysis.text import fold


@pytest.fixture(scope="module")
def segmenter() -> JiebaSegmenter:
    return load_segmenter()


def test_every_lexicon_word_survives(segmenter: JiebaSegmenter) -> None:
    words = [word for word, _, _ in parse_lexicon(read_codebook_bytes(LEXICON))]
    assert len(words) >= 300
    broken = [w for w, cut in zip(words, segmenter.segment(words), strict=True) if cut != w]
    assert broken == []


def test_every_chinese_actor_alias_is_one_word(segmenter: JiebaSegmenter) -> None:
    aliases = [a for actor in read_codebook("actors.toml", ActorLexicon).actor for a in actor.aliases]
    chinese = [a for a in aliases if re.fullmatch(r"[\u4e00-\u9fff]{2,8}", a)]
    assert [a for a, cut in zip(chinese, segmenter.segment(chinese), strict=True) if cut != a] == []


def test_lexicon_words_survive_in_a_sentence(segmenter: JiebaSegmenter) -> None:
    assert segmenter.segment(["昨天辅警在人行道贴违停告知单。"]) == ["昨天 辅警 在 人行道 贴 违停告知单"]


def test_masks_stay_whole_and_document_numbers_do_not_become_masks(segmenter: JiebaSegmenter) -> None:
    cut = segmenter.segment(["我的〔车牌〕被拖,电话〔电话〕,见府发〔2019〕3号"])[0].split()
    assert "〔车牌〕" in cut
    assert "〔电话〕" in cut
    assert "2019" in cut


def test_full_width_characters_are_folded(segmenter: JiebaSegmenter) -> None:
    assert segmenter.segment(["１２３４５投诉"]) == ["12345 投诉"]


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("交警大队长沙市民来电反映违停12A.-%+ é，、：。！\n没人管罚单"), max_size=40))
def test_cutting_at_pauses_changes_nothing(segmenter: JiebaSegmenter, text: str) -> None:
    whole = segmenter._tokenizer.lcut(fold(text), HMM=False)
    assert segmenter.segment([text]) == [" ".join(word for word in whole if word.isalnum())]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_words_joined_by_single_spaces(segmenter: JiebaSegmenter, text: str) -> None:
    (cut,) = segmenter.segment([text])
    assert cut == " ".join(cut.split())


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("违停 5000", "第 1 行"),
        ("# 注\n违停 多 n", "第 2 行"),
        ("违停 0 n", "第 1 行"),
        ("违停 5 n\n违停 6 n", "第 2 行"),
        ("违停 5000 n 多余", "第 1 行"),
    ],
)
def test_a_malformed_lexicon_is_refused_with_its_line(content: str, line: str) -> None:
    with pytest.raises(SettingsError, match=line):
        parse_lexicon(content.encode())


def test_a_lexicon_in_another_encoding_is_refused() -> None:
    with pytest.raises(SettingsError, match="UTF-8"):
        parse_lexicon("交警抄牌罚单 5000 n".encode("gb18030"))


def test_no_dictionary_cache_is_left_in_the_shared_temp_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("temp")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    JiebaSegmenter([("违停", 5000, "n")]).segment(["抄违停"])
    assert list(folder.iterdir()) == []
