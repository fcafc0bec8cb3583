"""Complainants with canaries in all their words, and the search for these in everything that a site has written."""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

import duckdb

from analysis.ingest.masking.patterns import any_of
from tests.supervised_site import SAID
from tests.trust.numbers import planted

_SURNAMES = ("欧阳", "司徒", "诸葛", "慕容", "皇甫", "尉迟", "令狐", "上官")
_GIVEN = "霖煜琰珩骞翊瑾昶澍熠钰沅湉菁荃蔚岚峥嵘铮"
_HEAD = "受理编号,登记时间,来电人,来电号码,家庭住址,标题,工单内容\n"


@dataclass(frozen=True)
class Canary:
    """A complainant: id of the complaint, and every string by which somebody could know the person."""

    complaint_id: str
    words: tuple[str, ...]


def plant(raw: Path, count: int, seed: int = 20261129) -> list[Canary]:
    """Write `count` complaints, each with its person's details in fields and text: nine tickets in ten, else posts."""
    rng = Random(seed)
    numbers = {kind: planted(kind, count, seed + 1) for kind in ("phone", "identity", "plate", "card")}
    rows, posts, canaries = [], [], []
    for n in range(count):
        name = rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, 2))
        phone = "19" + "".join(rng.choice("0123456789") for _ in range(9))
        home = f"{rng.randint(31, 99)}栋{rng.randint(5, 9)}单元{rng.randint(11, 33)}0{rng.randint(1, 8)}室"
        account = "wxid_" + "".join(rng.choice("abcdefghjkmnpqrstuvwxyz0123456789") for _ in range(14))
        title, said, _, _ = SAID[n % len(SAID)]
        told = [numbers[kind][n] for kind in numbers]
        private = (
            f"我叫{name}，电话{phone}，家住星光小区{home}，加微信{account}。"
            + "".join(f"{number.text}\n" for number in told)
            + f"联系人{' '.join(name)}，{phone[:3]} {phone[3:7]} {phone[7:]}，{name[:2]}先生。"
        )
        text = f"{said}{private}" if n % 2 else f"{private}{said}"
        day = f"2026年{1 + n % 9}月{1 + n % 28}日 8时{n % 60}分"
        if n % 10:
            complaint_id = f"{26030001 + n}"
            fields = (complaint_id, day, name, phone, f"长沙市芙蓉区星光小区{home}", f"{title}（{name}）", text)
            rows.append(",".join(f'"{field.replace(chr(34), chr(34) * 2)}"' for field in fields))
        else:
            complaint_id = f"网{n}"
            posts.append(
                {"标题": f"{title}，{phone}", "时间": f"2026-0{1 + n % 9}-01 11:04", "地区": "芙蓉区", "正文": text}
            )
        plain = (name, " ".join(name), phone, f"{phone[:3]} {phone[3:7]} {phone[7:]}", home, account)
        canaries.append(Canary(complaint_id, (*plain, *(number.secret for number in told if len(number.secret) > 7))))
    for kind in ("tickets", "posts"):
        (raw / kind).mkdir(parents=True, exist_ok=True)
    (raw / "tickets" / "12345工单.csv").write_text(_HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    lines = "".join(json.dumps(post, ensure_ascii=False) + "\n" for post in posts)
    (raw / "posts" / "湘问投诉直通车.jsonl").write_text(lines, encoding="utf-8")
    return canaries


class Search:
    """Looks for all canaries at once, in text and in bytes, in every encoding in which programs write them."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        words = {word for canary in canaries for word in canary.words}
        written = words | {escape(word) for word in words} | {json.dumps(word)[1:-1] for word in words}
        self._text = re.compile(any_of(written))
        # As bytes: one character of latin-1 a byte, so that the same trie serves.
        coded = {word.encode(code).decode("latin-1") for word in written for code in ("utf-8", "utf-16-le", "gb18030")}
        self._bytes = re.compile(any_of(coded))

    def in_text(self, text: str) -> set[str]:
        """Return the canaries that stand in the text."""
        return set(self._text.findall(text))

    def in_bytes(self, data: bytes) -> set[str]:
        """Return the canaries that stand in the bytes, and in the members of an archive."""
        found = set(self._bytes.findall(data.decode("latin-1")))
        if zipfile.is_zipfile(BytesIO(data)):
            with zipfile.ZipFile(BytesIO(data)) as archive:
                for member in archive.namelist():
                    found |= self.in_bytes(archive.read(member)) | set(self._bytes.findall(member))
        return found


def files(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def cells(database: Path) -> Iterator[tuple[str, str]]:
    """Yield (table, all its cells as text) of a database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, table in names:
            rows = connection.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()
            yield table, "\n".join(str(value) for row in rows for value in row)
