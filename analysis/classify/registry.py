"""The models of a site: each kept in a directory of its own, and which one is in use."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from analysis.classify.atomic import replace_file
from analysis.classify.labels import SiteLabels, keep_labels, label_file, read_label_file
from analysis.classify.model_store import CARD_FILE, MODEL_FILE, Arrays, read_model, write_model
from analysis.codebook.scheme import Scheme
from analysis.errors import HotlineError

CURRENT_FILE = "current.json"
_LABELS_FOLDER = "labels"
_MODEL_ID = re.compile(r"m-[0-9a-f]{12}")
_READABLE = 0o644


@dataclass(frozen=True)
class Learned:
    """The site's labels that a model learned from, by which it can be built again."""

    sha256: str
    weight: float
    guessed: "Learned | None" = None


@dataclass(frozen=True)
class InUse:
    """The note of the model in use; it tells how to build the model again even where its own files are gone."""

    model_id: str
    learned: Learned | None


@dataclass(frozen=True)
class Entry:
    """One model of the list. Its card is empty and `fault` says why, where it cannot be read."""

    model_id: str
    card: dict[str, Any]
    trained_at: datetime | None
    is_in_use: bool
    fault: str = ""


class Registry:
    """A directory of models.

    Layout: `<model_id>/model.skops` and `card.json`; `current.json`, the model in use; `labels/`, private, the sets of
    labels that models learned from. A model's own directory holds no word of a site and can be handed on.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def directory_of(self, model_id: str) -> Path:
        """Return where a model lies.

        Raises:
            HotlineError: this is no id of a model, or there is none of this id.
        """
        directory = self.root / model_id
        if not _MODEL_ID.fullmatch(model_id) or not directory.is_dir():
            raise HotlineError(f"没有模型“{model_id[:40]}”。用 hotline models 查看有哪些。")
        return directory

    def in_use(self) -> InUse | None:
        """Return the note of the model in use; None before the first training.

        Raises:
            HotlineError: the note cannot be read.
        """
        path = self.root / CURRENT_FILE
        try:
            note = json.loads(path.read_text(encoding="utf-8"))
            model_id = note["model_id"]
            if not _MODEL_ID.fullmatch(model_id):
                raise ValueError("not an id")
            return InUse(model_id, _learned(note["learned"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise HotlineError(f"{path} 读不出来。请用 hotline models use 编号 指定在用的模型。") from error

    def read(self, model_id: str) -> tuple[Arrays, dict[str, Any]]:
        """Return arrays and card of a model.

        Raises:
            HotlineError: there is none of this id, or it is damaged, was changed, or is another one.
        """
        arrays, card = read_model(self.directory_of(model_id))
        if card.get("model_id") != model_id:
            raise HotlineError(f"{self.root / model_id} 里放的是另一个模型，不能使用。请移走这个目录。")
        return arrays, card

    def add(self, arrays: Arrays, card: dict[str, Any], labels: SiteLabels | None) -> dict[str, Any]:
        """Keep a model, and the labels it learned from; return its card."""
        for name in (MODEL_FILE, CARD_FILE):  # a model of an earlier program, which kept but one
            (self.root / name).unlink(missing_ok=True)
        while labels is not None:
            keep_labels(self.root / _LABELS_FOLDER, labels.texts)
            labels = labels.guessed
        return write_model(self.root / str(card["model_id"]), arrays, card)

    def use(self, model_id: str) -> dict[str, Any]:
        """Put a model in use, in one step; return its card.

        Raises:
            HotlineError: see `read`.
        """
        _, card = self.read(model_id)
        learned = _learned(card.get("site_labels"))
        note = {"model_id": model_id, "learned": learned and asdict(learned)}
        replace_file(self.root / CURRENT_FILE, (json.dumps(note, indent=1) + "\n").encode(), _READABLE)
        return card

    def labels_of(self, card: dict[str, Any], scheme: Scheme) -> SiteLabels | None:
        """Return the labels that the model of a card learned from; see `learned_labels`."""
        return self.learned_labels(_learned(card.get("site_labels")), scheme)

    def learned_labels(self, learned: Learned | None, scheme: Scheme) -> SiteLabels | None:
        """Return the labels that a model learned from; None for one that knows the corpus only.

        Raises:
            HotlineError: they are gone or were changed.
            SettingsError: they do not fit the codebook.
        """
        if learned is None:
            return None
        path = label_file(self.root / _LABELS_FOLDER, learned.sha256)
        if not path.is_file():
            raise HotlineError(f"模型学过的标注 {path} 不见了。请恢复备份，或执行 hotline train --force 重新训练。")
        guessed = self.learned_labels(learned.guessed, scheme)
        labels = SiteLabels(read_label_file(path, scheme), learned.weight, guessed)
        if labels.sha256 != learned.sha256:
            raise HotlineError(f"模型学过的标注 {path} 被改动过。请恢复备份，或执行 hotline train --force 重新训练。")
        return labels

    def entries(self) -> Iterator[Entry]:
        """Yield all models, the newest first."""
        note = self._note_or_none()
        found = [d for d in self.root.glob("m-*") if d.is_dir() and _MODEL_ID.fullmatch(d.name)]
        times = {d: (d / MODEL_FILE).stat().st_mtime if (d / MODEL_FILE).is_file() else 0.0 for d in found}
        for directory in sorted(found, key=lambda d: (-times[d], d.name)):
            at = datetime.fromtimestamp(times[directory]).astimezone() if times[directory] else None
            is_in_use = note is not None and note.model_id == directory.name
            try:
                _, card = self.read(directory.name)
                yield Entry(directory.name, card, at, is_in_use)
            except HotlineError as error:
                yield Entry(directory.name, {}, at, is_in_use, str(error))

    def _note_or_none(self) -> InUse | None:
        try:
            return self.in_use()
        except HotlineError:  # the list is there to find the way out of this
            return None


def _learned(entry: dict[str, Any] | None) -> Learned | None:
    if entry is None:
        return None
    return Learned(str(entry["sha256"]), float(entry["weight"]), _learned(entry.get("guessed")))
