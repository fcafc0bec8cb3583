"""Keeps a model on disk: arrays in a skops file, everything a reader wants to know in card.json."""

import hashlib
import json
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.classify.atomic import replace_file
from analysis.errors import HotlineError

MODEL_FILE = "model.skops"
CARD_FILE = "card.json"

Arrays = dict[str, npt.NDArray[Any]]
_RETRAIN = "请运行 hotline train 重新训练"

_LARGEST = 1 << 30
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    MemoryError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""Whatever comes of a file that is none of ours: each part of it is read by code that expects its own kind."""
_MODE = 0o644
"""The model holds words of invented texts only; every account of the machine may judge with it."""


def arrays_digest(arrays: Arrays) -> str:
    """Return one SHA-256 of all arrays with their names, types and shapes."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def write_model(directory: Path, arrays: Arrays, card: dict[str, Any]) -> dict[str, Any]:
    """Write both files, each replaced in one step; return the card with the digest of the arrays added."""
    from skops.io import dumps  # takes seconds to import and only training needs it

    directory.mkdir(parents=True, exist_ok=True)
    complete = {**card, "arrays_sha256": arrays_digest(arrays)}
    replace_file(directory / MODEL_FILE, dumps(arrays), _MODE)
    replace_file(directory / CARD_FILE, (json.dumps(complete, ensure_ascii=False, indent=1) + "\n").encode(), _MODE)
    return complete


def read_card(directory: Path) -> dict[str, Any]:
    """Return the card of the model.

    Raises:
        HotlineError: there is no card, or it cannot be read.
    """
    path = directory / CARD_FILE
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise HotlineError(f"{directory} 里没有模型（缺少 {CARD_FILE}），{_RETRAIN}。") from error
    except (OSError, ValueError, RecursionError) as error:
        raise HotlineError(f"模型说明 {path} 读不出来，{_RETRAIN}。") from error
    if not isinstance(card, dict):
        raise HotlineError(f"模型说明 {path} 的格式不对，{_RETRAIN}。")
    return card


def read_model(directory: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return arrays and card.

    The skops file must hold a dictionary of plain arrays; anything else (an object, a function, an array of
    objects) is refused unread. Reading the arrays here, not through skops, spares the import of scikit-learn.

    Raises:
        HotlineError: a file is missing, damaged, holds anything but arrays, or does not belong to the card.
    """
    card = read_card(directory)
    path = directory / MODEL_FILE
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = _read_arrays(archive)
    except FileNotFoundError as error:
        raise HotlineError(f"{directory} 里没有模型（缺少 {MODEL_FILE}），{_RETRAIN}。") from error
    except _UNREADABLE as error:
        raise HotlineError(f"模型文件 {path} 已损坏或含有不可信的内容，{_RETRAIN}。") from error
    if arrays_digest(arrays) != card.get("arrays_sha256"):
        raise HotlineError(f"模型文件 {path} 与 {CARD_FILE} 对不上，可能被改动，{_RETRAIN}。")
    return arrays, card


def _read_arrays(archive: zipfile.ZipFile) -> Arrays:
    if sum(part.file_size for part in archive.infolist()) > _LARGEST:
        raise ValueError("unpacks to more than any model")
    schema = json.loads(archive.read("schema.json"))
    _expect(schema, "DictNode", "builtins", "dict")
    arrays = {}
    for name, node in schema["content"].items():
        _expect(node, "NdArrayNode", "numpy", "ndarray")
        if node["type"] != "numpy":
            raise ValueError(f"{name} is not a plain array")
        arrays[name] = np.load(BytesIO(archive.read(node["file"])), allow_pickle=False)
    return arrays


def _expect(node: dict[str, Any], loader: str, module: str, name: str) -> None:
    if (node["__loader__"], node["__module__"], node["__class__"]) != (loader, module, name):
        raise ValueError("untrusted type")
