"""A site's labels: hostile tables are refused row by row, nothing half applied; accepted ones are kept, masked."""

import stat
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.classify.labels import SiteLabels, check_labels, distinct, kept_labels, no_labels
from analysis.codebook.scheme import load_scheme
from analysis.errors import SettingsError, UsageError
from analysis.pipeline.site_labels import import_labels, read_labels, reviewed_labels, site_labels
from analysis.site import SitePaths
from tests.command import hotline
from tests.label_files import labelled_rows, small_site, write_rows

SCHEME = load_scheme()
GOOD = {
    "complaint_id": "a",
    "title": "",
    "text": "交警态度恶劣",
    "in_scope": "1",
    "codes": "rough.attitude",
    "unit": "交警",
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SitePaths:
    return small_site(tmp_path, monkeypatch)


def table(tmp_path: Path, *rows: dict[str, str]) -> Path:
    return write_rows(tmp_path / "标注.csv", list(rows))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codes": "rough.shouting"}, "小类“rough.shouting”不在代码本里"),
        ({"codes": "rough.attitude;"}, ""),
        ({"codes": "rough.attitude；irregular.inaction"}, ""),
        ({"codes": "张三说交警骂人"}, "小类（7 个字）不在代码本里"),
        ({"unit": "公安局"}, "单位类型应为交警"),
        ({"unit": ""}, "单位类型应为交警"),
        ({"in_scope": "0", "codes": "", "unit": "公安局"}, "单位类型应为交警"),
        ({"in_scope": "0"}, "矛盾"),
        ({"in_scope": "0", "codes": ""}, ""),
        ({"in_scope": "0", "codes": "", "unit": ""}, ""),
        ({"codes": ""}, "至少要有一个小类"),
        ({"in_scope": "2"}, "应为 1（纳入）或 0"),
        ({"in_scope": "是"}, "应为 1（纳入）或 0"),
        ({"in_scope": ""}, "应为 1（纳入）或 0"),
        ({"complaint_id": " "}, "没有编号"),
        ({"text": ""}, "找不到对应的诉求"),
        ({"text": " 　"}, "找不到对应的诉求"),
    ],
)
def test_a_bad_row_is_refused_with_its_place_and_reason(change: dict[str, str], words: str) -> None:
    frame = pd.DataFrame([{**GOOD, "complaint_id": "fine", "text": "另一件"}, {**GOOD, **change}], dtype=object)
    labels, faults = check_labels(frame, [2, 5], no_labels(), no_labels(), SCHEME)
    if not words:
        assert faults == []
        assert len(labels) == 2
        assert [bool(unit) for unit in labels["unit"]] == [bool(codes) for codes in labels["codes"]]
        return
    assert [fault.number for fault in faults] == [5]
    assert words in faults[0].reason
    assert "骂人" not in faults[0].reason


def test_one_bad_row_and_nothing_is_kept(site: SitePaths, tmp_path: Path) -> None:
    file = table(tmp_path, {**GOOD, "complaint_id": "fine", "text": "另一件"}, {**GOOD, "unit": ""})
    with pytest.raises(UsageError, match="有 1 行不合格，一行也没有采用") as error:
        import_labels(site, [file])
    assert "第 3 行（编号 a）“unit”" in str(error.value)
    assert not site.labels.exists()


def test_every_bad_row_is_counted_and_the_first_twenty_are_told(site: SitePaths, tmp_path: Path) -> None:
    rows = [{**GOOD, "complaint_id": f"c{i}", "text": f"第{i}件", "unit": "？"} for i in range(25)]
    with pytest.raises(UsageError) as error:
        read_labels(site, table(tmp_path, *rows))
    told = str(error.value).splitlines()
    assert len(told) == 22
    assert told[-1].strip() == "另有 5 行"
    assert error.value.exit_code == 2


def test_rows_that_contradict_one_another_are_all_refused(site: SitePaths, tmp_path: Path) -> None:
    other = {**GOOD, "complaint_id": "b", "title": "交警", "text": "态度 恶劣", "codes": "rough.violence"}
    with pytest.raises(UsageError) as error:
        read_labels(site, table(tmp_path, GOOD, other))
    assert "第 2 行" in str(error.value)
    assert "文字与第 2 行相同而标注不同" in str(error.value)
    assert "有 2 行不合格" in str(error.value)


def test_an_id_twice_is_refused_and_the_same_text_twice_counts_once(site: SitePaths, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="编号与第 2 行重复"):
        read_labels(site, table(tmp_path, GOOD, {**GOOD, "text": "别的"}))
    import_labels(site, [table(tmp_path, GOOD, {**GOOD, "complaint_id": "b"})])
    assert len(site_labels(site, SCHEME)) == 1


def test_labels_that_contradict_earlier_ones_or_another_file_are_refused(site: SitePaths, tmp_path: Path) -> None:
    first = write_rows(tmp_path / "1.csv", [GOOD])
    second = write_rows(tmp_path / "2.csv", [{**GOOD, "complaint_id": "b", "codes": "rough.violence"}])
    with pytest.raises(UsageError, match=r"2\.csv"):
        import_labels(site, [first, second])
    assert not site.labels.exists()
    import_labels(site, [first])
    with pytest.raises(UsageError, match="另一个文件里（或以前采用）"):
        import_labels(site, [second])
    assert site_labels(site, SCHEME)["codes"].tolist() == [("rough.attitude",)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("complaint_id,codes,unit\na,,\n", "缺少列 in_scope"),
        ("complaint_id,in_scope,codes,unit\n", "没有一行标注"),
        ("", "空"),
        ("complaint_id,in_scope,codes,unit\na,0,,,,,x\n", "第 2 行"),
    ],
)
def test_a_table_that_is_none_is_refused(site: SitePaths, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "标注.csv").write_text(content, "utf-8")
    with pytest.raises(UsageError, match=words):
        read_labels(site, tmp_path / "标注.csv")


def test_kept_labels_are_masked_private_and_the_same_when_taken_in_twice(site: SitePaths, tmp_path: Path) -> None:
    row = {**GOOD, "诉求人": "欧阳小芳", "text": "我叫欧阳小芳，电话13800138000，交警态度恶劣。"}
    file = table(tmp_path, row)
    assert import_labels(site, [file]) == 1
    assert import_labels(site, [file]) == 1
    (kept,) = site.labels.iterdir()
    text = kept.read_text("utf-8")
    assert "欧阳小芳" not in text
    assert "13800138000" not in text
    assert "交警态度恶劣" in text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(site.labels.stat().st_mode) == 0o700


def test_workbooks_with_chinese_headings_are_read_alike(site: SitePaths, tmp_path: Path) -> None:
    headings = {
        "complaint_id": "诉求编号",
        "title": "标题",
        "text": "内容",
        "in_scope": "是否纳入",
        "codes": "小类",
        "unit": "单位类型",
    }
    rows = labelled_rows(8)
    pd.DataFrame(rows).assign(in_scope=lambda f: f["in_scope"].astype(int)).rename(columns=headings).to_excel(
        tmp_path / "标注.xlsx", index=False
    )
    one = read_labels(site, tmp_path / "标注.xlsx")
    pd.testing.assert_frame_equal(one, read_labels(site, table(tmp_path, *rows)))


def test_a_damaged_kept_file_is_named_with_its_line(site: SitePaths, tmp_path: Path) -> None:
    import_labels(site, [table(tmp_path, GOOD)])
    (kept,) = site.labels.iterdir()
    kept.write_text(kept.read_text("utf-8") + "{}\n", "utf-8")
    with pytest.raises(SettingsError, match=r"jsonl:2 有误"):
        kept_labels(site.labels, SCHEME)


REVIEWS = """
CREATE TABLE complaints (complaint_id VARCHAR, title VARCHAR, text VARCHAR);
INSERT INTO complaints VALUES ('a', '标题', '交警骂人'), ('b', NULL, '乱罚款'), ('c', '', '路灯坏了'),
    ('d', '', '改过的文字'), ('e', '', '有争议'), ('f', '', '裁定过');
CREATE TABLE reviews (review_id VARCHAR, complaint_id VARCHAR, text_digest VARCHAR, decision VARCHAR, codes VARCHAR,
    unit_kind VARCHAR, reviewer VARCHAR, is_final BOOLEAN, reviewed_on DATE, recorded_at TIMESTAMP);
INSERT INTO reviews
SELECT v.review_id, v.complaint_id, sha256(coalesce(c.title, '') || chr(10) || coalesce(v.text, c.text)),
    v.decision, v.codes, v.unit_kind, v.reviewer, v.is_final, make_date(2026, 11, v.day),
    make_timestamp(2026, 11, 30, 0, 0, 0)
FROM (VALUES
    ('1', 'a', NULL, 'in_scope', 'rigid.mechanical;rough.attitude', '交警', '甲', FALSE, 1),
    ('2', 'a', NULL, 'in_scope', 'rigid.mechanical;rough.attitude', '交警', '乙', FALSE, 2),
    ('3', 'b', NULL, 'out_of_scope', '', NULL, '甲', FALSE, 1),
    ('4', 'b', NULL, 'in_scope', 'profit_driven.arbitrary_fine', '城管', '甲', FALSE, 2),
    ('5', 'c', NULL, 'out_of_scope', '', NULL, '乙', FALSE, 1),
    ('6', 'd', '从前的文字', 'out_of_scope', '', NULL, '乙', FALSE, 1),
    ('7', 'e', NULL, 'out_of_scope', '', NULL, '甲', FALSE, 1),
    ('8', 'e', NULL, 'in_scope', 'rough.attitude', '交警', '乙', FALSE, 1),
    ('9', 'f', NULL, 'out_of_scope', '', NULL, '甲', FALSE, 3),
    ('10', 'f', NULL, 'in_scope', 'rough.attitude', '交警', '丙', TRUE, 2)
) AS v(review_id, complaint_id, text, decision, codes, unit_kind, reviewer, is_final, day)
JOIN complaints c USING (complaint_id);
ALTER TABLE reviews ADD COLUMN reason VARCHAR DEFAULT '';
ALTER TABLE reviews ADD COLUMN source VARCHAR DEFAULT 'workbook';
ALTER TABLE reviews ADD COLUMN source_file VARCHAR;
ALTER TABLE reviews ADD COLUMN source_row BIGINT;
ALTER TABLE reviews ADD COLUMN run_id VARCHAR;
"""


def snapshot(site: SitePaths, script: str) -> None:
    site.processed.mkdir(parents=True)
    with duckdb.connect(str(site.snapshot)) as connection:
        connection.execute(script)


def test_reviews_that_hold_for_the_present_text_are_labels_and_go_before_files(site: SitePaths, tmp_path: Path) -> None:
    snapshot(site, REVIEWS)
    found = reviewed_labels(site, SCHEME).set_index("complaint_id")
    assert found["codes"].to_dict() == {
        "a": ("rigid.mechanical", "rough.attitude"),
        "b": ("profit_driven.arbitrary_fine",),
        "c": (),
        "f": ("rough.attitude",),
    }
    assert found["unit"].to_dict() == {"a": "交警", "b": "城管", "c": "", "f": "交警"}
    import_labels(site, [table(tmp_path, {**GOOD, "complaint_id": "z", "text": "乱罚款"}, {**GOOD, "text": "新的"})])
    together = site_labels(site, SCHEME).set_index("text")["codes"].to_dict()
    assert together["乱罚款"] == ("profit_driven.arbitrary_fine",)
    assert together["新的"] == ("rough.attitude",)
    assert len(together) == 5


def test_a_snapshot_without_reviews_gives_texts_only(site: SitePaths, tmp_path: Path) -> None:
    snapshot(site, REVIEWS.split("CREATE TABLE reviews")[0])
    assert reviewed_labels(site, SCHEME).empty
    bare = {name: GOOD[name] for name in ("complaint_id", "in_scope", "codes", "unit")}
    assert read_labels(site, table(tmp_path, bare))[["title", "text"]].to_numpy().tolist() == [["标题", "交警骂人"]]
    with pytest.raises(UsageError, match="编号也不在台账里"):
        read_labels(site, table(tmp_path, {**bare, "complaint_id": "unknown"}))


def test_labels_in_another_order_are_the_same_labels() -> None:
    rows = pd.DataFrame(labelled_rows(8)).assign(
        codes=lambda f: f["codes"].map(lambda c: tuple(filter(None, c.split(";"))))
    )
    one, other = (SiteLabels(distinct(frame), 1.0) for frame in (rows, rows.iloc[::-1]))
    assert one.sha256 == other.sha256
    assert one.sha256 != SiteLabels(distinct(rows.iloc[1:]), 1.0).sha256


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "complaint_id": st.sampled_from(["", "a", "b", "c", "=1", "\n"]),
                "in_scope": st.sampled_from(["0", "1", "", "1.0", "𝟏"]),
                "codes": st.sampled_from(
                    ["", "rough.attitude", "rough.attitude;;", ";", "nix", "rough.attitude,rigid.one_size"]
                ),
                "unit": st.sampled_from(["", "交警", "警"]),
                "title": st.text(max_size=3),
                "text": st.sampled_from(["", " ", "甲", "乙", "\u200b"]),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_accepted_is_sound_whatever_comes(rows: list[dict[str, str]]) -> None:
    numbers = list(range(2, len(rows) + 2))
    labels, faults = check_labels(pd.DataFrame(rows, dtype=object), numbers, no_labels(), no_labels(), SCHEME)
    assert len({fault.number for fault in faults}) == len(faults)
    assert {fault.number for fault in faults} <= set(numbers)
    bad = {fault.number - 2 for fault in faults}
    sound = labels[[i not in bad for i in range(len(labels))]]
    assert sound["complaint_id"].is_unique
    for row in sound.itertuples(index=False):
        assert row.complaint_id
        assert set(row.codes) <= set(SCHEME.sub_problems)
        assert bool(row.codes) == bool(row.unit)
        assert (row.title + row.text).strip()


def test_the_command_refuses_with_code_2_and_keeps_nothing(tmp_path: Path) -> None:
    file = table(tmp_path, GOOD, {**GOOD, "complaint_id": "b\nc", "unit": "？", "text": "保密的话"})
    done = hotline("train", "--labels", file, env={"HOTLINE_HOME": str(tmp_path)})
    assert done.returncode == 2
    error = done.stderr.decode()
    assert error.startswith("错误：标注文件")
    assert "第 3 行（编号 b c）“unit”" in error
    assert "保密的话" not in error
    assert not (tmp_path / "data" / "labels").exists()
