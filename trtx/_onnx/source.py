"""Where ONNX models come from: bytes or files, checked before a native call sees them."""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from trtx_sys._enums_gen import OnnxErrorCode
from trtx_sys._ffi import ffi

from .._core.errors import Error, InvalidArgumentError, ParserError, file_error
from .._core.values import check_bool, check_path, reject_type
from .check import Initializer, check_model
from .report import ParserErrorInfo
from .shapes import OnnxStructureError

#: How engines begin: TensorRT-RTX's, and those of the fake library.
_ENGINE_MAGIC = (b"vtrt", b"TRTXFAKE")


def is_engine(data: Any) -> bool:
    """Whether bytes are an engine; an ONNX model else."""
    return bytes(memoryview(data)[:8]).startswith(_ENGINE_MAGIC)


class Model(NamedTuple):
    """A checked model, ready for a native call."""

    view: memoryview
    #: What messages call it.
    source: str
    #: Its path, absolute: external data may be read by a later call. None for a model that came as bytes.
    path: str | None
    #: Whether its external data may lie anywhere.
    outside: bool

    @property
    def arguments(self) -> tuple[Any, int, Any]:
        """What native calls take: bytes, their number, and the path."""
        path = ffi.NULL
        if self.path is not None:
            path = ffi.new("char[]", self.path.encode() if os.name == "nt" else os.fsencode(self.path))
        return ffi.from_buffer("char[]", self.view), len(self.view), path


def check(
    subject: str,
    view: memoryview,
    path: str | os.PathLike[str] | None,
    outside: object,
    initializers: dict[str, Initializer] | None = None,
) -> Model:
    """Check a model's structure, for the call that is the subject of messages."""
    allowed = check_bool(outside, "allow_outside_data")
    full = None if path is None else os.path.abspath(check_path(path))
    source = "the model" if path is None else f"the model {os.fspath(path)!r}"
    try:
        folder, real_folder = (None, None) if full is None else map(os.path.dirname, (full, os.path.realpath(full)))
        places = check_model(view, folder, initializers, allow_outside=allowed, real_folder=real_folder)
    except OnnxStructureError as error:
        raise refusal(subject, source, error) from None
    if places:
        patched = bytearray(view)
        for place in places:
            patched[place] = 0
        view = memoryview(patched)
    return Model(view, source, full, allowed)


def refusal(subject: str, source: str, error: OnnxStructureError) -> Error:
    """The exception for a model that the check refuses."""
    line = f"{subject}: {source} cannot be parsed: {error}"
    made = ParserError(line) if error.cause is None else file_error(ParserError, line, error.cause)
    if isinstance(made, ParserError):
        code = OnnxErrorCode.INVALID_GRAPH if error.node >= 0 else OnnxErrorCode.MODEL_DESERIALIZE_FAILED
        made.errors = (
            ParserErrorInfo(code, str(error), "", 0, "", error.node, error.node_name, error.node_operator, ()),
        )
    return made


def as_view(model: Any) -> memoryview:
    """The bytes of a model as they lie."""
    if isinstance(model, (str, os.PathLike)):
        reject_type("model", model, "the model's bytes (for a file, call parse_from_file)")
    if hasattr(model, "SerializeToString"):
        raise InvalidArgumentError(f"model is a {type(model).__name__}; allowed are bytes: model.SerializeToString()")
    try:
        view = memoryview(model)
    except (TypeError, ValueError, BufferError):  # also a released view, and numpy's types that are no bytes
        reject_type("model", model, "bytes, or anything else with the buffer protocol")
    if not view.c_contiguous:
        raise InvalidArgumentError(f"model is a {type(model).__name__} with gaps; allowed is a contiguous buffer")
    return view.cast("B")


@contextmanager
def map_file(subject: str, path: str | os.PathLike[str], kind: type[Error] = ParserError) -> Iterator[memoryview]:
    """Map a file into memory, and let go of it when the last view has gone; what is wrong with it raises ``kind``."""
    name = check_path(path)
    try:
        # A FIFO would block in open(), so look first.
        if not stat.S_ISREG(os.stat(name).st_mode):
            raise kind(f"{subject}: {name!r} is not a regular file")
        with open(name, "rb") as file:
            if not os.fstat(file.fileno()).st_size:
                raise kind(f"{subject}: the file {name!r} is empty")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise file_error(kind, f"{subject}: the file {name!r} cannot be read: {reason}", error) from error
    # Not closed here: an exception on its way may still hold views of it. It goes with the last one.
    yield memoryview(mapped)
