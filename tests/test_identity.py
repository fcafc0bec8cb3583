"""Digests know a repeat complainant, ids know a post again, and the key is nobody else's."""

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import SettingsError
from analysis.ingest.identity import KeyRing, add_identity, complainant_key, content_id, load_or_create_key

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))


def key_of(
    phone: str | None = None, account: str | None = None, name: str | None = None, source: str = "S"
) -> str | None:
    return complainant_key(KEY, name, phone, account, source)


def test_the_key_is_created_once_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "private" / "complainant.key"
    key = load_or_create_key(path, may_create=True)
    assert len(key) == 32
    assert load_or_create_key(path, may_create=True) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["complainant.key"], "no draft is left"


def test_two_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "k" / "complainant.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_or_create_key(path, may_create=True), range(16)))
    assert len(keys) == 1


def test_a_missing_key_is_not_made_anew_once_digests_exist(tmp_path: Path) -> None:
    path = tmp_path / "complainant.key"
    with pytest.raises(SettingsError, match="从备份恢复"):
        load_or_create_key(path, may_create=False)
    assert not path.exists()
    key = load_or_create_key(path, may_create=True)
    assert load_or_create_key(path, may_create=False) == key


def test_the_environment_can_hold_the_key_in_place_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "complainant.key"
    monkeypatch.setenv("HOTLINE_KEY", KEY.hex())
    assert load_or_create_key(path, may_create=False) == KEY
    assert not path.exists()
    for wrong in ("", "abc", KEY.hex()[:-1], f"{KEY.hex()} "):
        monkeypatch.setenv("HOTLINE_KEY", wrong)
        with pytest.raises(SettingsError, match="HOTLINE_KEY") as caught:
            load_or_create_key(path, may_create=True)
        assert wrong == "" or wrong not in str(caught.value)


def test_two_keys_that_differ_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "complainant.key"
    key = load_or_create_key(path, may_create=True)
    monkeypatch.setenv("HOTLINE_KEY", key.hex())
    assert load_or_create_key(path, may_create=False) == key
    monkeypatch.setenv("HOTLINE_KEY", OTHER_KEY.hex())
    with pytest.raises(SettingsError, match="不同"):
        load_or_create_key(path, may_create=False)


def test_a_wide_umask_does_not_matter(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = tmp_path / "k" / "complainant.key"
        load_or_create_key(path, may_create=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "complainant.key"
    load_or_create_key(path, may_create=True)
    path.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_or_create_key(path, may_create=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "空"),
        ("\n", "空"),
        ("abc", "十六进制"),
        ("g" * 64, "十六进制"),
        ("ab" * 33, "十六进制"),
        ("密钥", "十六进制"),
    ],
)
def test_a_damaged_key_is_refused_and_kept(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "complainant.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match=words):
        load_or_create_key(path, may_create=True)
    assert path.read_text(encoding="utf-8") == content


def test_a_folder_in_place_of_the_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "complainant.key").mkdir(mode=0o700)
    with pytest.raises(SettingsError, match="无法读取"):
        load_or_create_key(tmp_path / "complainant.key", may_create=True)


@pytest.mark.parametrize(
    "phone",
    [
        "13812345678", "138 1234 5678", "138-1234-5678", "+86 13812345678", "0086-13812345678",
        "８６１３８１２３４５６７８", "013812345678",
        "１３８１２３４５６７８", "13812345678/13987654321", "13812345678、0731-85123456",
        "0731-85123456,13812345678", "13812345678 13987654321",
        "138\u200b12345678", " 13812345678\n",
    ],
)  # fmt: skip
def test_all_spellings_of_a_phone_are_one_complainant(phone: str) -> None:
    assert key_of(phone) == key_of("13812345678")


def test_a_phone_tells_the_complainant_on_every_platform_and_under_every_name() -> None:
    known = key_of("13812345678")
    assert key_of("13812345678", account="abc", name="李小明", source="T") == known
    assert key_of(account="13812345678", source="T") == known


def test_a_landline_tells_as_well() -> None:
    assert key_of("0731-85123456") == key_of("（0731）85123456") != key_of("0731-85123457")


def test_an_account_tells_on_its_own_platform_only() -> None:
    assert key_of(account="ＡＢＣ 1") == key_of(account="abc1")
    assert key_of(account="abc1", source="T") != key_of(account="abc1", source="U")


@pytest.mark.parametrize("phone", [None, "", "无", "138****5678", "12345"])
@pytest.mark.parametrize("account", [None, "", " ", "匿名", "匿名网友"])
def test_a_name_alone_tells_nobody(phone: str | None, account: str | None) -> None:
    assert key_of(phone, account, name="李小明") is None


def test_digests_depend_on_the_key_and_show_nothing() -> None:
    digest = key_of("13812345678")
    assert digest is not None
    assert re.fullmatch(r"[0-9a-f]{20}", digest)
    assert digest != complainant_key(OTHER_KEY, None, "13812345678", None)
    assert key_of(account="13812345678x") != digest


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_field_gives_a_digest_or_nothing(phone: str, account: str) -> None:
    digest = key_of(phone, account)
    assert digest is None or re.fullmatch(r"[0-9a-f]{20}", digest)


def test_a_post_without_id_is_known_by_its_words_and_time() -> None:
    moment = pd.Timestamp("2023-11-05 08:00:00")
    known = content_id(KEY, "X", "标题", "正 文\n内容１", moment)
    assert re.fullmatch(r"[0-9a-f]{12}", known)
    assert content_id(KEY, "X", "标题", "正文内容1", moment.to_pydatetime()) == known
    others = [
        ("Y", "标题", "正文内容1", moment),
        ("X", None, "正文内容1", moment),
        ("X", "标题正", "文内容1", moment),
        ("X", "标题", "正文内容1", None),
    ]
    assert known not in {content_id(KEY, *other) for other in others}


def test_identity_is_added_to_candidates() -> None:
    frame = pd.DataFrame(
        {
            "source_code": ["hotline", "board", "board"],
            "id_prefix": ["H", "X", "X"],
            "native_id": ["20231105", None, None],
            "title": [None, "标题", "标题"],
            "text": ["甲", "乙", "乙"],
            "received_at": pd.to_datetime(["2023-11-05", "2023-11-06", "2023-11-06"]),
            "complainant_name": ["李小明", None, None],
            "complainant_phone": ["13812345678", None, None],
            "complainant_account": [None, "abc", None],
        },
        index=[3, 4, 5],
    )
    added = add_identity(frame, KeyRing(KEY))
    assert added["complaint_id"].iloc[0] == "H20231105"
    assert re.fullmatch(r"X[0-9a-f]{12}", added["complaint_id"].iloc[1])
    assert added["complaint_id"].iloc[1] == added["complaint_id"].iloc[2]
    assert added["complainant_key"].notna().tolist() == [True, True, False]
    assert list(added.index) == [3, 4, 5]
    assert add_identity(frame.iloc[:0], KeyRing(KEY)).empty
