"""Codebook files: prepared once while they stay the same, again once they change."""

from pathlib import Path

from analysis.codebook import kept_while_unchanged, read_codebook_bytes

_NAME = "lexicon.txt"


def test_a_loader_works_once_for_each_content(tmp_path: Path) -> None:
    loads: list[tuple[str, Path | None]] = []

    @kept_while_unchanged(_NAME)
    def load(kind: str, directory: Path | None = None) -> tuple[str, bytes]:
        loads.append((kind, directory))
        return kind, read_codebook_bytes(_NAME, directory)

    (tmp_path / _NAME).write_bytes(b"1")
    assert load("a", tmp_path) is load("a", tmp_path)
    assert load("b", directory=tmp_path) == ("b", b"1")
    assert loads == [("a", tmp_path), ("b", tmp_path)]
    assert load("a") is load("a", None)
    (tmp_path / _NAME).write_bytes(b"2")
    assert load("a", tmp_path) == ("a", b"2")
    assert len(loads) == 4


def test_what_is_kept_does_not_grow(tmp_path: Path) -> None:
    @kept_while_unchanged(_NAME)
    def load(directory: Path) -> list[bytes]:
        return [read_codebook_bytes(_NAME, directory)]

    (tmp_path / _NAME).write_bytes(b"first")
    first = load(tmp_path)
    for number in range(10):
        (tmp_path / _NAME).write_bytes(b"%d" % number)
        assert load(tmp_path) == [b"%d" % number]
    (tmp_path / _NAME).write_bytes(b"first")
    assert load(tmp_path) == first
    assert load(tmp_path) is not first
