"""The corpus loader takes any JSONL file and refuses each wrong line by file and line."""

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.classify.training_texts import corpus_files, read_corpus
from analysis.codebook.scheme import load_scheme
from analysis.errors import SettingsError

GOOD: dict[str, Any] = {
    "id": "T1",
    "title": "没人来",
    "text": "打了三次，交警没来。",
    "codes": ["irregular.inaction"],
    "unit": "交警",
    "evidence": [{"code": "irregular.inaction", "quote": "交警没来"}],
    "voice": "司机",
}


def write(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    return path


def test_the_shipped_corpus_is_sound_and_has_both_classes() -> None:
    corpus = read_corpus(corpus_files(), load_scheme())
    assert len(corpus.texts) >= 960
    assert 0.3 < corpus.in_scope.mean() < 0.7
    assert corpus.has_code(load_scheme().sub_problems).any(axis=0).all()


def test_any_jsonl_file_is_taken_and_the_hash_follows_the_content(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", GOOD)
    second = write(tmp_path / "b.jsonl", {**GOOD, "id": "T2", "codes": [], "unit": "", "evidence": []}, "")
    both = read_corpus([second, first], load_scheme())
    assert both.texts["complaint_id"].tolist() == ["T1", "T2"]
    assert both.in_scope.tolist() == [True, False]
    assert both.data_hash == read_corpus([first, second], load_scheme()).data_hash
    assert both.data_hash != read_corpus([first], load_scheme()).data_hash


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{不是", "JSON"),
        ("[1]", "对象"),
        ({k: v for k, v in GOOD.items() if k != "unit"}, "unit"),
        ({**GOOD, "id": "T9", "extra": 1}, "extra"),
        ({**GOOD, "id": "T9", "text": 5}, "文字"),
        ({**GOOD, "id": "T9", "codes": "irregular.inaction"}, "列表"),
        ({**GOOD, "id": "T9", "codes": ["irregular.lazy"]}, "irregular.lazy"),
        ({**GOOD, "id": "T9", "codes": ["irregular.inaction"] * 2}, "重复"),
        ({**GOOD, "id": "T9", "unit": "派出所"}, "派出所"),
        ({**GOOD, "id": "T9", "codes": [], "evidence": []}, "单位类型"),
        ({**GOOD, "id": "T9", "evidence": [{"code": "rough.attitude", "quote": "交警没来"}]}, "不在 codes"),
        ({**GOOD, "id": "T9", "evidence": [{"code": "irregular.inaction", "quote": "没有这句"}]}, "原文"),
        ({**GOOD, "id": "T9", "title": " ", "text": "", "evidence": []}, "为空"),
        (GOOD, "重复"),
    ],
)
def test_a_wrong_line_is_refused_with_file_and_line(tmp_path: Path, bad: Any, said: str) -> None:
    path = write(tmp_path / "mine.jsonl", GOOD, bad)
    with pytest.raises(SettingsError, match=rf"mine\.jsonl:2 .*{said}"):
        read_corpus([path], load_scheme())


def test_an_empty_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="为空"):
        read_corpus([write(tmp_path / "none.jsonl", "")], load_scheme())
