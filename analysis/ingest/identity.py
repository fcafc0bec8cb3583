"""Identity without personal data: keyed digests of complainants, ids of complaints that came without one."""

import hmac
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd

from analysis.errors import SettingsError
from analysis.ingest.masking.rules import load_name_rules
from analysis.site import KEY_ITSELF_VARIABLE
from analysis.text import fold

KEY_BYTES = 32
COMPLAINANT_KEY_LENGTH = 20
CONTENT_ID_LENGTH = 12

_PRIVATE_FILE, _PRIVATE_DIRECTORY = 0o600, 0o700
_OTHERS = 0o077
_HEX_KEY = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}\n?")
_MOBILE = re.compile(r"(?:0086|86|0)?(1[3-9]\d{9})")
_SPLIT = re.compile(r"[/、,;|\n或和及]+|(?<=\d) +(?=(?:\+?86)?1[3-9]\d{9}(?!\d))")
_SHORTEST_LANDLINE = 7
_FIELD_MARK = "\x1f"
_CONTENT = ("source_code", "title", "text", "received_at")
_COMPLAINANT = ("complainant_name", "complainant_phone", "complainant_account", "source_code")


@dataclass(frozen=True)
class KeyRing:
    """The site's first key, for ids, seals and digests, and those that came after it, for digests alone.

    A digest goes through all of them in turn. What was stored before a key came is passed through it as it is, so that
    nobody's phone is needed to know an earlier complainant again.
    """

    first: bytes
    later: tuple[bytes, ...] = ()

    def digest_of(self, digest: str | None) -> str | None:
        """Return what a digest made by the first key is by all of them."""
        for key in self.later:
            digest = None if digest is None else rotated(digest, key)
        return digest


def rotated(digest: str, key: bytes) -> str:
    """Return what a stored digest is by one more key."""
    return _digest(key, "rotated", digest)[:COMPLAINANT_KEY_LENGTH]


def load_key_ring(path: Path, rotation_count: int, *, may_create: bool) -> KeyRing:
    """Return the site's keys.

    Args:
        path: where the first lies; the later ones lie beside it, as `<name>.2` and so on.
        rotation_count: how many keys came after the first.
        may_create: see `load_or_create_key`.

    Raises:
        SettingsError: see `load_or_create_key`; also of a later key, which is never made anew.
    """
    first = load_or_create_key(path, may_create=may_create)
    numbers = range(2, rotation_count + 2)
    return KeyRing(first, tuple(_load_or_create_file(_later(path, number), may_create=False) for number in numbers))


def next_key(path: Path, rotation_count: int) -> bytes:
    """Return the key that comes after those in use; it is made, unless a rotation that was killed left it there."""
    return _load_or_create_file(_later(path, rotation_count + 2), may_create=True)


def _later(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def load_or_create_key(path: Path, *, may_create: bool) -> bytes:
    """Return the key that digests are made with; create it on the first call.

    The file holds 32 random bytes in hex, readable by its owner only; HOTLINE_KEY may hold them in its place. It must
    outlive the database: with another key, nobody would be known as the same complainant any more.

    Args:
        path: where the key lies.
        may_create: no digest was made yet, so that a missing key may be made anew.

    Raises:
        SettingsError: the key is missing and must not be made anew, the file is not a key, others can read it,
            it can be neither read nor created, or the environment holds another one.
    """
    given = os.environ.get(KEY_ITSELF_VARIABLE)
    if given is None:
        return _load_or_create_file(path, may_create=may_create)
    key = _key_in(given, f"环境变量 {KEY_ITSELF_VARIABLE}")
    if path.exists() and _load_or_create_file(path, may_create=False) != key:
        raise SettingsError(f"环境变量 {KEY_ITSELF_VARIABLE} 与密钥文件 {path} 里的密钥不同。请只留以前一直用的一个。")
    return key


def _load_or_create_file(path: Path, *, may_create: bool) -> bytes:
    try:
        if not path.exists():
            if not may_create:
                raise SettingsError(
                    f"密钥文件 {path} 不见了，而台账里已有诉求；换用新的密钥会使以前的反映人和帖子无法再识别。"
                    "请从备份恢复该文件，或用环境变量 HOTLINE_KEY_FILE 指明它现在的位置。"
                )
            _create_key(path)
        if path.stat().st_mode & _OTHERS:
            raise SettingsError(f"密钥文件 {path} 的权限过宽，其他用户可以读取。请执行 chmod 600 {path} 后重试。")
        content = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise SettingsError(f"密钥文件 {path} 无法读取或创建：{error.strerror}。请检查路径和权限。") from error
    return _key_in(content, f"密钥文件 {path}")


def _key_in(content: str, where: str) -> bytes:
    if not _HEX_KEY.fullmatch(content):
        what = "是空的" if not content.strip() else "不是 64 位十六进制数"
        raise SettingsError(f"{where} {what}。请从备份恢复；换用新的密钥会使以前的反映人无法再识别为同一人。")
    return bytes.fromhex(content.strip())


def _create_key(path: Path) -> None:
    """Write a new key under a private name first, then give it its own; whoever comes second keeps the first's."""
    path.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def purpose_key(key: bytes, purpose: str) -> bytes:
    """Return a key for another purpose, from which neither the site's key nor any digest can be told.

    Args:
        key: from `load_or_create_key`.
        purpose: what it is for; another purpose has another key.
    """
    return hmac.digest(key, _FIELD_MARK.join(("purpose", purpose)).encode(), "sha256")


def complainant_key(
    key: bytes, name: str | None, phone: str | None, account: str | None, source_code: str = ""
) -> str | None:
    """Return the digest by which a repeat complainant is known, or None where nothing tells one.

    By phone where there is one (the first mobile of the field, else its first number), whatever platform or
    name it comes with; else by account on its platform. A name alone tells nobody apart: the same name
    must not make one complainant of many.

    Args:
        key: from `load_or_create_key`.
        name: as written; taken for a phone or nothing.
        phone: as written, may hold several numbers; one with digits starred out counts for none.
        account: as written; an account that is a mobile number counts as the phone.
        source_code: the platform that `account` belongs to.
    """
    number = _phone_number(phone) or _mobile_number(account) or _mobile_number(name)
    if number:
        return _digest(key, "phone", number)[:COMPLAINANT_KEY_LENGTH]
    alias = "".join(fold(account or "").split()).casefold()
    if not alias or alias in _generic_names():
        return None
    return _digest(key, "account", source_code, alias)[:COMPLAINANT_KEY_LENGTH]


def content_id(key: bytes, source_code: str, title: str | None, text: str, received_at: datetime | None) -> str:
    """Return the id of a post that came without one: the same words at the same time are the same post.

    White space and the width of characters make no difference.
    """
    words = ["".join(fold(value or "").split()) for value in (title, text)]
    moment = "" if received_at is None or pd.isna(received_at) else pd.Timestamp(received_at).isoformat()
    return _digest(key, "content", source_code, *words, moment)[:CONTENT_ID_LENGTH]


def add_identity(candidates: pd.DataFrame, ring: KeyRing) -> pd.DataFrame:
    """Return `candidates` with complaint_id and complainant_key; to be called before masking.

    Args:
        candidates: columns source_code, id_prefix, native_id, title, text, received_at and those of the
            complainant (complainant_name, complainant_phone, complainant_account), each possibly None.
        ring: from `load_key_ring`.
    """
    rows = list(candidates.astype(object).where(candidates.notna(), None).to_dict("records"))
    ids = [
        row["id_prefix"] + (row["native_id"] or content_id(ring.first, *(row[name] for name in _CONTENT)))
        for row in rows
    ]
    keys = [ring.digest_of(complainant_key(ring.first, *(row[name] for name in _COMPLAINANT))) for row in rows]
    return candidates.assign(
        complaint_id=pd.Series(ids, index=candidates.index, dtype=object),
        complainant_key=pd.Series(keys, index=candidates.index, dtype=object),
    )


def _phone_number(field: str | None) -> str | None:
    """Return the number of a phone field that a complainant is known by."""
    numbers = []
    for part in _SPLIT.split(_folded(field)):
        digits = re.sub(r"\D", "", part)
        mobile = _MOBILE.fullmatch(digits)
        if mobile:
            return mobile[1]
        if "*" not in part and len(digits) >= _SHORTEST_LANDLINE:
            numbers.append(digits.removeprefix("0086") if digits.startswith("0086") else digits)
    return numbers[0] if numbers else None


def _mobile_number(field: str | None) -> str | None:
    match = _MOBILE.fullmatch(re.sub(r"[\s+-]", "", _folded(field)))
    return match[1] if match else None


def _folded(field: str | None) -> str:
    return "".join(c for c in fold(field or "") if c.isprintable() or c == "\n").strip()


@cache
def _generic_names() -> frozenset[str]:
    return frozenset(load_name_rules().keep.generic_complainants)


def _digest(key: bytes, domain: str, *values: str) -> str:
    """Return the digest of `values`; a value of one domain never has that of another's."""
    return hmac.digest(key, _FIELD_MARK.join((domain, *values)).encode("utf-8", "surrogatepass"), "sha256").hex()
