"""Whole tables are masked: candidates on their way into the ledger, and any table of the user's."""

import pandas as pd
import pytest

from analysis.codebook import read_codebook_bytes
from analysis.errors import SettingsError
from analysis.ingest.masking import load_masker, mask_candidates, mask_table
from tests.masking_samples import masker

PRIVATE = ["complainant_name", "complainant_phone", "complainant_account", "complainant_address"]


def candidates(**values: object) -> pd.DataFrame:
    row: dict[str, object] = {
        "native_id": "20231105000123",
        "title": "投诉民警王强",
        "text": "卜凡（机号85123456）说：民警王强态度恶劣，住3栋2单元501",
        "place": "黄兴路88号",
        "reply": "已致电卜凡13812345678",
        "district": "芙蓉区/马王堆街道",
        "handling_unit": "芙蓉区城管局",
        "native_category": "交通管理/违停",
        "satisfaction": "满意",
        "complainant_name": "卜凡",
        "complainant_phone": "13812345678、85123456",
        "complainant_account": None,
        "complainant_address": "阳光小区3栋2单元501",
    }
    return pd.DataFrame([row | values], index=[7]).astype(object)


def test_candidates_lose_private_columns_and_all_they_hold() -> None:
    before = candidates()
    masked = mask_candidates(before, masker())
    row = masked.iloc[0]
    assert not set(PRIVATE) & set(masked.columns)
    assert row["text"] == "〔姓名〕（机号〔电话〕）说：民警〔姓名〕态度恶劣，住〔住址〕"
    assert row["title"] == "投诉民警〔姓名〕"
    assert row["reply"] == "已致电〔姓名〕〔电话〕"
    assert row["place"] == "黄兴路88号"
    assert (row["district"], row["handling_unit"], row["satisfaction"]) == ("芙蓉区/马王堆街道", "芙蓉区城管局", "满意")
    assert list(masked.index) == [7]
    assert before.loc[7, "complainant_name"] == "卜凡", "the input is not changed"


def test_missing_cells_stay_missing() -> None:
    empty = dict.fromkeys([*PRIVATE, "title", "place", "reply", "handling_unit"])
    row = mask_candidates(candidates(**empty), masker()).iloc[0]
    assert row[["title", "place", "reply", "handling_unit"]].isna().all()
    assert "机号85123456" in row["text"], "nobody says that this is a phone"


def test_dirty_labels_are_masked() -> None:
    row = mask_candidates(candidates(handling_unit="城管局 经办人：李四 13812345678"), masker()).iloc[0]
    assert row["handling_unit"] == "城管局 经办人：〔姓名〕 〔电话〕"


def test_native_id_stays_even_where_it_looks_like_a_phone() -> None:
    assert mask_candidates(candidates(native_id="13812345678"), masker()).iloc[0]["native_id"] == "13812345678"


def test_an_empty_table_keeps_its_columns() -> None:
    masked = mask_candidates(candidates().iloc[:0], masker())
    assert list(masked.columns) == [c for c in candidates().columns if c not in PRIVATE]


def test_any_table_keeps_columns_rows_and_order() -> None:
    table = pd.DataFrame(
        {
            "工单编号": ["20231105000123", "13812345678"],
            "诉求人": ["卜凡", None],
            "联系电话": ["13812345678", " "],
            "内容": ["卜凡反映堵车", "请联系13987654321"],
            "备注": ["卜凡已回访", "工号1234"],
            "座机": ["85123456", None],
            "处理日期": ["2023-11-05", "20231106"],
        },
        dtype=object,
    )
    fields = {"工单编号": "native_id", "诉求人": "complainant_name", "联系电话": "complainant_phone", "内容": "text"}
    masked = mask_table(table, fields, masker())
    assert list(masked.columns) == list(table.columns)
    assert masked["工单编号"].tolist() == table["工单编号"].tolist()
    assert masked["诉求人"].tolist() == ["〔姓名〕", None]
    assert masked["联系电话"].tolist() == ["〔电话〕", " "]
    assert masked["内容"].tolist() == ["〔姓名〕反映堵车", "请联系〔电话〕"]
    assert masked["备注"].tolist() == ["〔姓名〕已回访", "工号〔警号〕"]
    assert masked["座机"].tolist() == ["〔电话〕", None]
    assert masked["处理日期"].tolist() == table["处理日期"].tolist()


def test_masking_a_masked_table_changes_nothing() -> None:
    table = pd.DataFrame({"姓名": ["卜凡"], "内容": ["卜凡的电话13812345678，姓名不公开"]}, dtype=object)
    fields = {"姓名": "complainant_name", "内容": "text"}
    masked = mask_table(table, fields, masker())
    pd.testing.assert_frame_equal(mask_table(masked, fields, masker()), masked)


@pytest.mark.parametrize(
    ("file", "broken", "key"),
    [
        ("masking.toml", "[review", "masking.toml"),
        ("masking.toml", 'review = "x"', "review"),
        ("masking_names.toml", "[surnames]\nbare = 1", "masking_names.toml"),
    ],
)
def test_a_broken_rule_file_of_the_site_is_named(tmp_path, file: str, broken: str, key: str) -> None:
    (tmp_path / file).write_text(broken, encoding="utf-8")
    with pytest.raises(SettingsError, match=key):
        load_masker(tmp_path)


def test_a_surname_stands_in_one_list_only(tmp_path) -> None:
    shipped = read_codebook_bytes("masking_names.toml").decode()
    (tmp_path / "masking_names.toml").write_text(shipped.replace('role = "', 'role = "王', 1), encoding="utf-8")
    with pytest.raises(SettingsError, match="姓氏重复"):
        load_masker(tmp_path)
