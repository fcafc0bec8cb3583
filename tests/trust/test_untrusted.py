"""Files that a site may change, changed by somebody who means harm: each is refused, and no code ever runs."""

import json
import random
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docx import Document
from docx.oxml.ns import qn

from analysis.assist.prompt import load_prompt
from analysis.classify.cues import load_cues
from analysis.classify.model_store import CARD_FILE, MODEL_FILE, read_model, write_model
from analysis.classify.registry import CURRENT_FILE, Registry
from analysis.codebook import read_codebook_bytes
from analysis.codebook.function_words import load_function_words
from analysis.codebook.look_back import load_look_back
from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import SITE_FILE, load_settings
from analysis.errors import HotlineError, SettingsError
from analysis.exchange.places import load_coarse_places
from analysis.figures.charts import Chart
from analysis.ingest.masking.rules import load_masking_rules, load_name_rules
from analysis.ingest.sources import load_sources
from analysis.ledger.deadlines import load_deadlines
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.likelihood import load_judge
from analysis.ledger.likeness import load_reader
from analysis.ledger.themes import load_themes
from analysis.ledger.working_days import load_calendar
from analysis.report.content import Content, build_content
from analysis.report.template import TEMPLATE, write_template
from analysis.report.word import word_report
from analysis.segment.jieba_segmenter import LEXICON, parse_lexicon
from tests.test_classify_model import ARRAYS, rewrite
from tests.test_report import edition
from tests.test_report_word import add_part, own
from tests.trust.tally import Tally

_SCHEME = load_scheme()
LOADERS: dict[str, Callable[[Path], object]] = {
    "actors.toml": lambda folder: load_cues(_SCHEME, folder),
    "assistant_prompt.toml": lambda folder: load_prompt(_SCHEME, folder),
    "coarse_places.toml": load_coarse_places,
    "columns.toml": load_sources,
    "cues.toml": lambda folder: load_cues(_SCHEME, folder),
    "deadlines.toml": lambda folder: load_deadlines(_SCHEME, folder),
    "function_words.toml": load_function_words,
    "holidays.toml": load_calendar,
    LEXICON: lambda folder: parse_lexicon(read_codebook_bytes(LEXICON, folder)),
    "life_cycle.toml": load_life_cycle,
    "look_back.toml": load_look_back,
    "masking.toml": load_masking_rules,
    "masking_names.toml": load_name_rules,
    "same_matter.toml": load_reader,
    "same_matter_weights.toml": load_judge,
    "scheme.toml": load_scheme,
    "themes.toml": lambda folder: load_themes(_SCHEME, folder),
    "units.toml": load_units,
    SITE_FILE: load_settings,
}
_MOST_UNPACKED = 100_000
_SPRUNG = "已执行"
_CODE = (
    "__import__('pathlib').Path('{trap}').touch()",
    "!!python/object/apply:pathlib.Path.touch ['{trap}']",
    "$(touch {trap})",
    "{{ cycler.__init__.__globals__.os.system('touch {trap}') }}",
    "{0.__class__.__mro__}%(a)s%n",
    "(",
    "(?P<a>x)(?P<a>y)",
    "=cmd|' /C touch {trap}'!A0",
    "\x1b[31m\u202e",
)
"""What stands in place of a text: code of several kinds, and what breaks a regular expression."""
_BROKEN = (
    b"",
    b"\x00",
    b"\xff\xfe[review]",
    b"import os\nos.system('touch x')\n",
    b"!!python/object/apply:os.system ['touch x']",
    b"\x80\x04\x95cposix\nsystem\n(S'touch x'\ntR.",
    b"a = " + b"[" * 20_000,
    b"a." * 1_000 + b"a = 1",
    b"a = " + b"9" * 5_000,
    b"PK\x03\x04",
    b'{"review": 1}',
    b"review = 1\n",
    b"[review]\nversion = 1\n",
    b"[review]\n" * 2,
    b'[review]\n__class__ = "x"\n',
    b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
)


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    return tmp_path / _SPRUNG


def _outcome(load: Callable[[], object]) -> str:
    """Return how a file was taken: used, refused in one line, or in a way that must not be."""
    try:
        load()
    except HotlineError as refusal:
        words = str(refusal)
        return "refused" if "\n" not in words and words.endswith("。") else f"told badly: {words!r}"
    except OSError as error:
        return f"OSError {error}"
    except Exception as error:
        return f"{type(error).__name__} {error}"
    return "used"


@pytest.mark.promise("untrusted")
def test_what_is_no_codebook_is_refused(tmp_path: Path, trap: Path, tally: Tally) -> None:
    for name, load in LOADERS.items():
        for content in _BROKEN:
            (tmp_path / name).write_bytes(content)
            outcome = _outcome(lambda load=load: load(tmp_path))
            may_be_empty = name in (SITE_FILE, LEXICON) and not content
            tally.count(outcome == ("used" if may_be_empty else "refused"), f"{name} {content[:20]!r}: {outcome}")
        (tmp_path / name).unlink()
    assert not trap.exists()


@pytest.mark.promise("untrusted")
def test_a_changed_codebook_is_refused_or_only_data(
    tmp_path: Path, trap: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    chance = random.Random(18)
    for name, load in LOADERS.items():
        if name == LEXICON:
            continue
        source = files("analysis").joinpath("defaults.toml") if name == SITE_FILE else None
        text = source.read_text("utf-8") if source else read_codebook_bytes(name).decode()
        for _ in range(times(6, 150)):
            content = tomllib.loads(text)
            what, must_fail = _change(content, chance, trap)
            (tmp_path / name).write_text(_toml(content), encoding="utf-8")
            outcome = _outcome(lambda load=load: load(tmp_path))
            is_fine = outcome == "refused" or (outcome == "used" and not must_fail)
            tally.count(is_fine and not trap.exists(), f"{name} {what}: {outcome}")
        (tmp_path / name).unlink()


def _change(content: dict[str, Any], chance: random.Random, trap: Path) -> tuple[str, bool]:
    """Change one thing in a codebook; return what, and whether it must be refused."""
    *inside, last = chance.choice([*_places(content)])
    holder: Any = content
    for step in inside:
        holder = holder[step]
    value, where = holder[last], ".".join(map(str, [*inside, last]))
    kinds = ["unknown", "table", "nested", *(["code"] * 3 if isinstance(value, str) else [])]
    match chance.choice(kinds):
        case "unknown":
            content["__reduce__"] = f"touch {trap}"
            return "unknown key", True
        case "table":
            holder[last] = {"__class__": "os.system", "args": [f"touch {trap}"]}
            return f"{where} is a table", True
        case "nested":
            holder[last] = [[[[value]]]]
            return f"{where} is nested", True
    holder[last] = chance.choice(_CODE).replace("{trap}", str(trap))
    return f"{where} is code", False


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths to all plain values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))
    else:
        yield path


def _toml(value: Any) -> str:
    """Return a value as TOML, tables inside of tables inline."""
    return "".join(f"{json.dumps(key)} = {_inline(inner)}\n" for key, inner in value.items())


def _inline(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {_inline(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case date():
            return value.isoformat()
        case _:
            return json.dumps(value)


@pytest.mark.promise("untrusted")
def test_a_changed_model_is_refused_or_the_same(
    tmp_path: Path, trap: Path, tally: Tally, times: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.classify.model_store._LARGEST", _MOST_UNPACKED)
    write_model(tmp_path, ARRAYS, {"model_id": "m"})
    sound = {name: (tmp_path / name).read_bytes() for name in (MODEL_FILE, CARD_FILE)}
    chance = random.Random(18)
    for number in range(times(200, 5_000)):
        name = MODEL_FILE if number % 5 else CARD_FILE
        content = bytearray(sound[name])
        for _ in range(chance.choice((1, 1, 3, 20))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if not number % 7:
            del content[chance.randrange(len(content)) :]
        (tmp_path / name).write_bytes(content)
        outcome = _outcome(lambda: _require_same(tmp_path))
        tally.count(outcome in ("refused", "used"), f"{name} {number}: {outcome}")
        (tmp_path / name).write_bytes(sound[name])
    for what, changes in _traps(sound[MODEL_FILE], trap).items():
        rewrite(tmp_path / MODEL_FILE, changes)
        outcome = _outcome(lambda: read_model(tmp_path))
        tally.count(outcome == "refused" and not trap.exists(), f"{what}: {outcome}")
        (tmp_path / MODEL_FILE).write_bytes(sound[MODEL_FILE])


def _require_same(folder: Path) -> None:
    arrays, _ = read_model(folder)
    assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())


def _traps(model: bytes, trap: Path) -> dict[str, Mapping[str, bytes]]:
    """Return changes to the parts of a model file, each of which would do harm where it was believed."""

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (trap,)

    with zipfile.ZipFile(BytesIO(model)) as parts:
        schema = json.loads(parts.read("schema.json"))
    member = schema["content"]["weights"]["file"]
    pickled, huge = BytesIO(), BytesIO()
    np.save(pickled, np.array([Trap()], dtype=object), allow_pickle=True)
    np.lib.format.write_array_header_1_0(huge, {"descr": "<f8", "fortran_order": False, "shape": (10**13,)})

    def as_schema(**changes: object) -> dict[str, bytes]:
        content = schema["content"] | {"weights": schema["content"]["weights"] | changes}
        return {"schema.json": json.dumps(schema | {"content": content}).encode()}

    nodes = ("FunctionNode", "ObjectNode", "MethodNode", "ReduceNode", "TypeNode", "OperatorFuncNode", "JsonNode")
    return {
        "a pickle": {member: pickled.getvalue()},
        "more than memory": {member: huge.getvalue()},
        "a bomb": {"more.npy": bytes(_MOST_UNPACKED)},
        "another file": as_schema(file="../../etc/passwd"),
        "objects": as_schema(type="json"),
        "deep": {"schema.json": b"[" * 100_000},
        "no schema": {"schema.json": b"null"},
        **{node: as_schema(__loader__=node, __module__="posix", __class__="system") for node in nodes},
    }


@pytest.mark.promise("untrusted")
def test_a_changed_note_of_the_model_in_use_is_refused(tmp_path: Path, tally: Tally) -> None:
    named = [json.dumps({"model_id": name, "learned": None}).encode() for name in ("../../x", "m\n", 3, None)]
    for note in (b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff", *named):
        (tmp_path / CURRENT_FILE).write_bytes(note)
        outcome = _outcome(lambda: Registry(tmp_path).in_use())
        tally.count(outcome == "refused", f"{note[:20]!r}: {outcome}")


@pytest.fixture(scope="module")
def content() -> Content:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chart, "png", lambda *_, **__: b"")
        return replace(build_content(edition()), pictures=[])


_ASKING = (
    "{{ nothing }}",
    "{{ title.__class__.__mro__ }}",
    "{{ title.__init__.__globals__ }}",
    "{{ ''.__class__.__base__.__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.system('touch TRAP') }}",
    "{{ lipsum.__globals__['os'].popen('touch TRAP') }}",
    "{{ self._TemplateReference__context }}",
    "{{ '%s' | attr('__class__') }}",
    "{{ '{0.__class__}'.format(title) }}",
    "{{ ['__class__'] | map('attr', title) | first.mro() }}",
    "{% include '/etc/passwd' %}",
    "{% import '/etc/passwd' as a %}",
    "{% extends 'file:///etc/passwd' %}",
    "{{ range(10 ** 9) | list }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 'a' * 10 ** 10 }}",
    "{% for x in %}",
    "{{ title.format_map }}{{ 1 / 0 }}",
    "{% do news.clear() %}",
)
_FIELDS = ("DDEAUTO cmd.exe calc", "INCLUDETEXT http://a.example/x", "includepicture /etc/passwd", "LINK Excel.Sheet x")
_PARTS = {
    "word/vbaProject.bin": "x",
    "word/vbaData.xml": "<a/>",
    "word/activeX/activeX1.xml": "<a/>",
    "word/embeddings/oleObject1.bin": "x",
    "word/_rels/other.xml.rels": '<Relationship Target="http://a" TargetMode="External"/>',
    "word/_rels/more.xml.rels": "<Relationship Target='file:///etc/passwd' TargetMode = 'External'/>",
}


@pytest.mark.promise("untrusted")
def test_a_template_that_does_more_than_fill_in_is_refused(
    content: Content, tmp_path: Path, trap: Path, tally: Tally
) -> None:
    def try_template(what: str) -> None:
        outcome = _outcome(lambda: word_report(content, tmp_path))
        tally.count(outcome == "refused" and not trap.exists(), f"{what}: {outcome}")

    for asking in _ASKING:
        own(tmp_path, asking.replace("TRAP", str(trap)))
        try_template(asking)
    for name, inside in _PARTS.items():
        add_part(tmp_path, name, inside)
        try_template(name)
    for field in _FIELDS:
        document = Document(str(write_template(tmp_path / TEMPLATE)))
        run = document.add_paragraph().add_run()
        for part in (field[:4], field[4:]):
            instruction = run._r.makeelement(qn("w:instrText"), {})
            instruction.text = part
            run._r.append(instruction)
        document.save(str(tmp_path / TEMPLATE))
        try_template(field)
    for data in (b"", b"%PDF-1.7", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        (tmp_path / TEMPLATE).write_bytes(data)
        try_template(repr(data))


@pytest.mark.promise("untrusted")
def test_a_template_reads_no_file(content: Content, tmp_path: Path, tally: Tally) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden-word", encoding="utf-8")
    write_template(tmp_path / TEMPLATE)
    with zipfile.ZipFile(tmp_path / TEMPLATE) as parts:
        body = parts.read("word/document.xml")
    for entity in (f'SYSTEM "{secret.as_uri()}"', f'PUBLIC "a" "{secret.as_uri()}"'):
        head, _, rest = body.partition(b"?>")
        text = head + f"?><!DOCTYPE w [<!ENTITY e {entity}>]>".encode() + rest.replace(b"<w:t>", b"<w:t>&e;", 1)
        rewrite(tmp_path / TEMPLATE, {"word/document.xml": text})
        try:
            with zipfile.ZipFile(BytesIO(word_report(content, tmp_path))) as parts:
                tally.count(all(b"hidden-word" not in parts.read(name) for name in parts.namelist()), entity)
        except SettingsError:
            tally.count(True, entity)
