"""Where the bytes of an engine come from, and what its header tells when they are refused.

The header is read only to explain a refusal: the library alone decides what it runs.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from trtx_sys._ffi import ffi

from .._core.errors import EngineError, InvalidArgumentError, file_error

if TYPE_CHECKING:
    from .._core.library import Version
    from .._core.types import Source

_MAGIC = b"vtrt"


class Blob(NamedTuple):
    """Host memory for a native call; valid inside `open_blob` only."""

    pointer: Any
    size: int
    #: How messages call it.
    label: str


@contextmanager
def open_blob(source: Source, what: str, least: int, name: str) -> Iterator[Blob]:
    """Give a call access to bytes, without a copy.

    Parameters
    ----------
    source
        A path (``str`` or ``os.PathLike``), which is mapped into memory, a `HostMemory`, or any contiguous buffer.
    what
        What it should hold, for messages: ``"engine"``.
    least
        Fewer bytes than these cannot be right.
    name
        The caller's argument, for messages.

    Raises
    ------
    EngineError
        If a file cannot be read, or if there are too few bytes.
    InvalidArgumentError
        If the source is of another kind.
    """
    from .._core.host_memory import HostMemory

    if isinstance(source, (str, os.PathLike)):
        with _open_file(source, what, least) as blob:
            yield blob
    elif isinstance(source, HostMemory):
        with _open_buffer(source.view(), what, name) as view:  # which stays when the memory is closed meanwhile
            blob = view._replace(label="HostMemory")
            _check_size(blob, what, least)
            yield blob
    else:
        with _open_buffer(source, what, name) as blob:
            _check_size(blob, what, least)
            yield blob


@contextmanager
def _open_buffer(source: Any, what: str, name: str) -> Iterator[Blob]:
    kind = type(source).__name__
    try:
        view = ffi.from_buffer("char[]", source)
    except TypeError:
        raise InvalidArgumentError._of_type(
            f"{name} is {kind}, no {what}; allowed is a path, a HostMemory, or bytes and anything else with the buffer "
            "protocol"
        ) from None
    except (BufferError, ValueError) as error:
        raise InvalidArgumentError(f"{name} is a {kind} whose bytes cannot be used as they lie: {error}") from None
    with view:
        yield Blob(view, len(view), kind)


@contextmanager
def _open_file(path: str | os.PathLike[str], what: str, least: int) -> Iterator[Blob]:
    label = f"file {os.fspath(path)!r}"
    try:
        # A FIFO would block in open(), so look first.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise EngineError(f"{what} from {label} is not a regular file")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            _check_size(Blob(None, size, label), what, least)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise file_error(EngineError, f"{what} from {label} cannot be read: {reason}", error) from error
    with mapped, ffi.from_buffer("char[]", mapped) as view:
        yield Blob(view, len(view), label)


def _check_size(blob: Blob, what: str, least: int) -> None:
    if not blob.size:
        raise EngineError(f"{what} from {blob.label} is empty")
    if blob.size < least:
        raise EngineError(f"{what} from {blob.label} has {blob.size} bytes; the header alone takes {least}")


def explain(blob: Blob, version: Version, *, malformed: bool) -> str:
    """Say what the header of a refused engine shows; empty where that is nothing."""
    head = bytes(ffi.buffer(blob.pointer, min(blob.size, 28)))
    if not head.startswith(_MAGIC) or len(head) < 28:
        return "These bytes are no TensorRT-RTX engine." if malformed else ""
    said = int.from_bytes(head[16:24], "little")
    if said > blob.size:
        return f"The engine is truncated: its header tells of {said} bytes, and {blob.label} has {blob.size}."
    if said < blob.size:
        return f"The engine is damaged: its header tells of {said} bytes, and {blob.label} has {blob.size}."
    built_by = tuple(head[24:28])
    if built_by[:3] != version[:3] or built_by[3] != version.build & 0xFF:
        return (
            f"The engine was built by TensorRT-RTX {'.'.join(map(str, built_by))} and {version} is loaded: engines run "
            "only on the exact version that built them, so build it again."
        )
    return ""
