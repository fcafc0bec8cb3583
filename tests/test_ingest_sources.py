"""columns.toml: the six sources, what clashes, and a new platform by data alone."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from analysis.contracts import COMPLAINTS
from analysis.errors import SettingsError
from analysis.ingest.sources import CANONICAL_COLUMNS, PRIVATE_COLUMNS, load_sources, spellings
from tests.ingest_files import SOURCES, csv_text, intake_of

SHIPPED = files("analysis.codebook").joinpath("columns.toml").read_text(encoding="utf-8")


def _site(directory: Path, change: Callable[[str], str]) -> Path:
    changed = change(SHIPPED)
    assert changed != SHIPPED
    (directory / "columns.toml").write_text(changed, encoding="utf-8")
    return directory


def test_the_six_sources_have_their_prefixes() -> None:
    assert {s.source_code: s.id_prefix for s in SOURCES.source} == {
        "hotline_12345": "H",
        "hotline_12328": "L",
        "rednet_petition": "T",
        "people_voice": "B",
        "xiangwen": "X",
        "public_call": "J",
    }


def test_canonical_columns_belong_to_the_contract() -> None:
    private = {*PRIVATE_COLUMNS, "quarantine_id"}
    assert set(CANONICAL_COLUMNS) - private <= set(COMPLAINTS.column_names)
    assert not private & set(COMPLAINTS.column_names)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace('id_prefix = "L"', 'id_prefix = "HL"'), "开头"),
        (lambda t: t.replace('id_prefix = "L"', 'id_prefix = "l"'), "大写"),
        (lambda t: t.replace('id_prefix = "L"', 'id_prefix = "B"'), "重复"),
        (lambda t: t.replace("\nplace = [", "\nspot = ["), "规范字段"),
        (lambda t: t.replace('"标题", "诉求标题"', '"标题", "诉求内容"'), "同时指"),
        (lambda t: t.replace('"总数"', '"总数("'), "正则"),
        (lambda t: t.replace("is_id_required", "needs_id"), "有误"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, change: Callable[[str], str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_sources(_site(tmp_path, change))


def test_spellings_do_not_matter() -> None:
    assert spellings("＊ 受理\n时间：") == ("受理时间",)
    assert spellings("联系电话（必填）") == ("联系电话(必填)", "联系电话")
    assert spellings("(1)") == ("(1)",)


_NEW_PLATFORM = """
[[source]]
source_code = "county_app"
name = "某县掌上办"
id_prefix = "ZS"
file_kinds = ["posts"]
hints = ["掌上办"]
platform_names = ["掌上办"]
required_headings = []
is_default = false
is_id_required = true
headings = { native_id = ["流水码"], text = ["爆料内容"], received_at = ["爆料时刻"] }
"""


def test_a_new_platform_is_added_by_data_alone(tmp_path: Path) -> None:
    sources = load_sources(_site(tmp_path, lambda text: text + _NEW_PLATFORM))
    content = csv_text(("流水码", "爆料时刻", "爆料内容", "心情"), ("0001", "2024年1月2日", "路口标线不清", "差"))
    intake = intake_of(tmp_path / "raw", "posts/掌上办2024.csv", content, sources)
    found = intake.candidates.iloc[0]
    assert (found["source_code"], found["id_prefix"], found["native_id"]) == ("county_app", "ZS", "0001")
    assert any("心情" in note for note in intake.notes)
    shipped = intake_of(tmp_path / "raw", "posts/掌上办2024.csv", content)
    assert shipped.rejects["reason_code"].to_list() == ["no_header"]
