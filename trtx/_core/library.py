"""The native library: loaded on first use, one in a process."""

from __future__ import annotations

import os
import threading
from typing import NamedTuple

import trtx_sys
from trtx_sys._ffi import ffi, lib
from trtx_sys._find import ENVIRONMENT, FAKE

from .errors import LibraryError, file_error, text
from .process import refuse_after_fork
from .public import public
from .values import check_path

__all__ = ["Version", "library_path", "library_version", "load_library"]

_lock = threading.Lock()
_loaded: set[str] = set()
_is_fake: bool | None = None


@public
class Version(NamedTuple):
    """Version of the native library: 1.6.1.120 is ``Version(1, 6, 1, 120)``."""

    major: int
    minor: int
    patch: int
    build: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


@public
def load_library(path: str | os.PathLike[str] | None = None) -> str:
    """Load the TensorRT-RTX library now, instead of on first use.

    Parameters
    ----------
    path
        The library's file or its folder. Without it, these are searched in order: ``TRTX_LIBRARY``,
        ``TENSORRT_RTX_ROOT/lib``, the pip package ``tensorrt_rtx_libs``, the system's loader.

    Returns
    -------
    str
        Path of the library that is loaded.

    Raises
    ------
    LibraryError
        If none is found, if it is older than 1.5 or of another kind, or if this process has loaded another one. Also a
        `FileNotFoundError` where there is nothing at the path.
    InvalidArgumentError
        If the path is of a wrong kind.
    """
    if path is not None:
        check_path(path)
    refuse_after_fork()  # before the lock, which nobody may be left to release
    with _lock:
        _load("core", path)
    return library_path()


def require_library() -> None:
    """Load the library unless that has been done."""
    if "core" not in _loaded:
        load_library()
    refuse_after_fork()


def require_onnx_parser() -> None:
    """Load the parser library, and the main one before it, unless that has been done."""
    require_library()
    with _lock:
        if "parser" not in _loaded:
            _load("parser", None)


def is_fake() -> bool:
    """Whether the library is the fake one of ``csrc/fake``; before one is loaded, whether ``TRTX_LIBRARY`` names it."""
    global _is_fake
    if _is_fake is None and "core" in _loaded:
        import ctypes

        # By what is in it: its file may have another name.
        _is_fake = hasattr(ctypes.CDLL(library_path()), "trtx_fake_live_count")
    if _is_fake is None:
        named = os.environ.get(ENVIRONMENT, "")
        return named == "fake" or os.path.basename(named) == FAKE
    return _is_fake


def _load(kind: str, path: str | os.PathLike[str] | None) -> None:
    if kind in _loaded and path is None:
        return
    try:
        (trtx_sys.load if kind == "core" else trtx_sys.load_onnx_parser)(path)
    except trtx_sys.LibraryNotFoundError as error:
        missing = _missing(path)
        failed = LibraryError(str(error)) if missing is None else file_error(LibraryError, str(error), missing)
        failed.status = getattr(error, "status", 0)
        raise failed from None
    _loaded.add(kind)


def _missing(path: str | os.PathLike[str] | None) -> OSError | None:
    """What the operating system says of a path that is not there."""
    if path is not None:
        try:
            os.stat(path)
        except OSError as error:
            return error
    return None


@public
def library_version() -> Version:
    """Version of the native library, which is loaded if need be.

    Raises
    ------
    LibraryError
        If it cannot be loaded.
    """
    require_library()
    version = ffi.new("trtx_version *")
    lib.trtx_library_version(version)
    return Version(version.major, version.minor, version.patch, version.build)


@public
def library_path() -> str:
    """Path of the native library, which is loaded if need be.

    Raises
    ------
    LibraryError
        If it cannot be loaded.
    """
    if "core" not in _loaded:
        require_library()
    result = ffi.new("const char **")
    lib.trtx_library_path(result)
    return text(result[0])
