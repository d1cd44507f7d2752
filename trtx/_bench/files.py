"""Arrays in files: ``.npz``, ``.npy``, folders of ``.npy``, and raw bytes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from .._core.errors import InvalidArgumentError
from .._core.files import save

if TYPE_CHECKING:
    import numpy.typing as npt


class Raw(NamedTuple):
    """Bytes of a file that says neither type nor shape."""

    path: str
    data: bytes


def read_inputs(specifications: Iterable[str]) -> dict[str, Any]:
    """Read what ``--input`` names, before the model is known.

    Parameters
    ----------
    specifications : iterable of str
        Each ``NAME=FILE`` for one input, or a ``.npz`` file or a folder of ``.npy`` files for several, or one file for
        a model of one input.

    Returns
    -------
    dict of str to array or Raw
        With the name ``""`` for a file that says none: see `give_name`.

    Raises
    ------
    InvalidArgumentError
        If a file is none of these, or an input is named twice.
    OSError
        If a file cannot be read.
    """
    found: dict[str, Any] = {}
    for specification in specifications:
        name, path = _split(specification)
        for key, value in _read(name, path).items():
            if key in found:
                what = f"the input {key!r} twice" if key else "two files without a name: write NAME=FILE"
                raise InvalidArgumentError(f"--input gives {what}")
            found[key] = value
    return found


def _split(specification: str) -> tuple[str, str]:
    """Name and path; no name where the whole is a path. Names of ONNX, and paths, may have a ``=`` too."""
    if os.path.exists(specification) or "=" not in specification:
        return "", specification
    places = [place for place, character in enumerate(specification) if character == "="]
    place = next((place for place in places if os.path.exists(specification[place + 1 :])), places[0])
    return specification[:place], specification[place + 1 :]


def _read(name: str, path: str) -> dict[str, Any]:
    if path.endswith(".npz") or (not name and os.path.isdir(path)):
        arrays = read_arrays(path)
        if not name:
            return dict(arrays)
        if name not in arrays and len(arrays) != 1:
            raise InvalidArgumentError(f"{path!r} has no array {name!r}; it has {', '.join(map(repr, arrays))}")
        return {name: arrays.get(name, next(iter(arrays.values())))}
    if path.endswith(".npy"):
        return {name: _load_npy(path)}
    return {name: Raw(path, Path(path).read_bytes())}


def give_name(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Give a file without a name that of the model's one input.

    Raises
    ------
    InvalidArgumentError
        If the model has several.
    """
    known, found = list(names), dict(given)
    if "" in found:
        if len(known) != 1:
            raise InvalidArgumentError(
                f"--input FILE says no name, and the model has {len(known)} inputs: write NAME=FILE, of "
                f"{', '.join(map(repr, known))}"
            )
        if known[0] in found:
            raise InvalidArgumentError(f"--input gives the input {known[0]!r} twice")
        found[known[0]] = found.pop("")
    return found


def read_arrays(path: str, only: str | None = None) -> dict[str, npt.NDArray[Any]]:
    """Arrays by name: of a ``.npz`` file, a folder of ``.npy`` files, or one ``.npy`` file.

    Parameters
    ----------
    path : str
    only : str, optional
        The name of the array of a ``.npy`` file, which does not say one.

    Raises
    ------
    InvalidArgumentError
        If the file is damaged, of another kind, or has what only ``pickle`` could read.
    OSError
        If it cannot be read.
    """
    import numpy as np

    if os.path.isdir(path):
        files = sorted(Path(path).glob("*.npy"))
        if not files:
            raise InvalidArgumentError(f"the folder {path!r} has no .npy files")
        return {unquote(file.stem): _load_npy(str(file)) for file in files}
    if path.endswith(".npy"):
        if only is None:
            raise InvalidArgumentError(f"{path!r} has one array without a name; the model has several: give a .npz")
        return {only: _load_npy(path)}
    if not path.endswith(".npz"):
        os.stat(path)
        raise InvalidArgumentError(f"{path!r} is of no known kind; allowed are .npz, .npy, and folders of .npy files")
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            if not hasattr(archive, "files"):
                raise ValueError("it has one array, and no names: call it .npy")
            return {name: archive[name] for name in archive.files}
    except OSError:
        raise
    except Exception as error:  # of zipfile, zlib, numpy
        raise InvalidArgumentError(f"{path!r} cannot be read as .npz: {error}") from error


def _load_npy(path: str) -> npt.NDArray[Any]:
    import numpy as np

    try:
        with open(path, "rb") as file:
            array: npt.NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
            if file.read(1):
                raise ValueError("there are more bytes than its header says")
            return array
    except OSError:
        raise
    except Exception as error:
        raise InvalidArgumentError(f"{path!r} cannot be read as .npy: {error}") from error


def is_folder(path: str) -> bool:
    """Whether arrays are saved into a folder of that name, and not into one file."""
    return os.path.isdir(path) or path.endswith(("/", os.sep)) or not os.path.splitext(path)[1]


def check_target(path: str, count: int = 1) -> None:
    """Refuse a place where arrays cannot be saved, before anything is computed.

    Raises
    ------
    InvalidArgumentError
        If its kind is unknown, or cannot hold so many arrays.
    FileNotFoundError
        If the folder that it is to be in is not there.
    """
    if is_folder(path):
        return
    if not path.endswith((".npz", ".npy")):
        raise InvalidArgumentError(f"{path!r} is of no known kind; allowed are .npz, .npy, and a folder")
    if path.endswith(".npy") and count != 1:
        raise InvalidArgumentError(f"{path!r} holds one array, and there are {count}: name a .npz or a folder")
    os.stat(os.path.dirname(path) or ".")


def write_arrays(path: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Save arrays by name; each file is whole or not there.

    In a folder, a character of a name that file names cannot have stands as ``%2F``; `read_arrays` reads it back.
    """
    import numpy as np

    check_target(path, len(arrays))
    if is_folder(path):
        os.makedirs(path, exist_ok=True)
        for name, array in arrays.items():
            save(os.path.join(path, f"{quote(name, safe=' ()+,;=@[]')}.npy"), _npy(array))
    elif path.endswith(".npy"):
        save(path, _npy(next(iter(arrays.values()))))
    else:
        # Not np.savez, whose own arguments are names that an array cannot have.
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)
        save(path, memory.getbuffer())


def _npy(array: npt.NDArray[Any]) -> memoryview:
    import numpy as np

    memory = io.BytesIO()
    np.lib.format.write_array(memory, array, allow_pickle=False)
    return memory.getbuffer()
