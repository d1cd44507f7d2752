"""Finds and loads the native libraries.

Five steps, in order; each is a function from a `Search` to a path or nothing, and each notes where it looked, so that
a miss can tell every place and the next action.
"""

from __future__ import annotations

import importlib.machinery
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ._ffi import ffi, lib

ENVIRONMENT = "TRTX_LIBRARY"
SDK_ENVIRONMENT = "TENSORRT_RTX_ROOT"
#: ``own`` gives the fake library its own parser, which knows one model, also where NVIDIA's is installed.
FAKE_PARSER_ENVIRONMENT = "TRTX_FAKE_PARSER"


class Names(NamedTuple):
    """What the files are called on a system: by kind of library, ``core`` and ``parser``."""

    #: For messages, and what the system's loader is asked for where files have names without a version.
    shown: dict[str, str]
    #: Expressions for the file names; the group is the version.
    files: dict[str, str]
    fake: str
    #: Folders of an SDK with libraries in them.
    sdk: tuple[str, ...]
    #: Whether every name has the version in it, so that the system's loader cannot be asked without one.
    has_version: bool


LINUX = Names(
    {"core": "libtensorrt_rtx.so.1", "parser": "libtensorrt_onnxparser_rtx.so.1"},
    {
        "core": r"libtensorrt_rtx\.so(?:\.(1(?:\.\d+)*))?",
        "parser": r"libtensorrt_onnxparser_rtx\.so(?:\.(1(?:\.\d+)*))?",
    },
    "libtrtx_fake.so",
    ("lib",),
    has_version=False,
)
WINDOWS = Names(
    {"core": "tensorrt_rtx_1_*.dll", "parser": "tensorrt_onnxparser_rtx_1_*.dll"},
    # In any case of letters, but not the import libraries (.lib), which bear the same name.
    {"core": r"(?i:tensorrt_rtx_(1_\d+)\.dll)", "parser": r"(?i:tensorrt_onnxparser_rtx_(1_\d+)\.dll)"},
    "trtx_fake.dll",
    ("bin", "lib"),
    has_version=True,
)
NAMES = WINDOWS if sys.platform == "win32" else LINUX
#: File name of the fake library on this system.
FAKE = NAMES.fake

TITLES = {"core": "the TensorRT-RTX library", "parser": "the ONNX parser library of TensorRT-RTX"}


class LibraryNotFoundError(OSError):
    """No native library was found, or it cannot be loaded."""


class Found(NamedTuple):
    """A library, and the step that found it."""

    path: str
    found_via: str


class Search:
    """One search: what for, and where it has looked so far."""

    def __init__(self, kind: str, explicit: str | os.PathLike[str] | None = None, beside: str | None = None) -> None:
        self.kind = kind
        self.explicit = explicit
        self.beside = beside
        self.trail: list[str] = []

    def look(self, place: str, via: str, is_quiet: bool = False) -> str | None:
        """The library in a folder, or a file itself; a quiet look leaves no trail."""
        if os.path.isfile(place):
            return place
        try:
            entries = os.listdir(place)
        except OSError:
            if not is_quiet:
                self.trail.append(f"{via}: {place}: no such file or folder")
            return None
        named = [match for entry in entries if (match := re.fullmatch(NAMES.files[self.kind], entry))]
        if named:
            return os.path.join(place, max(named, key=self._rank)[0])
        if not is_quiet:
            self.trail.append(f"{via}: {place}: no {NAMES.shown[self.kind]} in it")
        return None

    def _rank(self, match: re.Match[str]) -> tuple[bool, bool, list[int]]:
        """Best last: the name that programs are linked to, then one without a version, then the newest."""
        version = match[1]
        return (
            match[0] == NAMES.shown[self.kind],
            version is None,
            [int(part) for part in re.findall(r"\d+", version or "")],
        )


def _explicit(search: Search) -> Iterator[Found]:
    if search.explicit is not None:
        path = search.look(os.fspath(search.explicit), "the path given")
        if path is None:
            # Somebody asked for this one: another would be a surprise.
            raise _not_found(search)
        yield Found(path, "the path given")


def _environment(search: Search) -> Iterator[Found]:
    value = os.environ.get(ENVIRONMENT)
    if not value:
        search.trail.append(f"{ENVIRONMENT}: not set")
        return
    if value == "fake":
        fake = os.path.join(os.path.dirname(os.path.abspath(__file__)), FAKE)
        if not os.path.isfile(fake):
            # As by "make demo".
            how = "in the source folder, build it with: python setup.py build_ext --inplace"
            search.trail.append(f"{ENVIRONMENT}=fake: {fake} was not built with this installation; {how}")
            raise _not_found(search)
        yield Found(fake, f"{ENVIRONMENT}=fake")
        return
    path = search.look(value, ENVIRONMENT)
    if path is None:
        raise _not_found(search)
    yield Found(path, ENVIRONMENT)


def _beside_core(search: Search) -> Iterator[Found]:
    """The parser that was delivered with the loaded library; any other might be of another version, and crash."""
    if search.beside is None:
        search.trail.append("beside the loaded library: none is loaded")
        return
    if os.path.basename(search.beside) == FAKE:
        if os.environ.get(ENVIRONMENT) == "fake" and os.environ.get(FAKE_PARSER_ENVIRONMENT) != "own":
            # NVIDIA's parser needs a library by the name that the fake has, and finds it loaded.
            yield from _sdk(search)
            yield from _pip(search)
        yield Found(search.beside, "the fake library, which is its own parser")
        return
    path = search.look(os.path.dirname(search.beside), "beside the loaded library")
    if path is not None:
        yield Found(path, "beside the loaded library")


def _sdk(search: Search) -> Iterator[Found]:
    value = os.environ.get(SDK_ENVIRONMENT)
    if not value:
        search.trail.append(f"{SDK_ENVIRONMENT}: not set")
        return
    for folder in NAMES.sdk:
        path = search.look(os.path.join(value, folder), SDK_ENVIRONMENT)
        if path is not None:
            yield Found(path, SDK_ENVIRONMENT)
            return


def _pip(search: Search) -> Iterator[Found]:
    # Not imported: its __init__ loads every library it has and swallows the errors.
    spec = importlib.machinery.PathFinder.find_spec("tensorrt_rtx_libs")
    if spec is None or not spec.submodule_search_locations:
        search.trail.append("pip package tensorrt_rtx_libs: not installed")
        return
    for place in spec.submodule_search_locations:
        path = search.look(place, "pip package tensorrt_rtx_libs")
        if path is not None:
            yield Found(path, "pip package tensorrt_rtx_libs")
            return


def _system(search: Search) -> Iterator[Found]:
    if not NAMES.has_version:
        yield Found(NAMES.shown[search.kind], "the system's loader")
        return
    # NVIDIA's instructions put the SDK's folder there. The loader of Windows would need the version in the name.
    for place in filter(None, os.environ.get("PATH", "").split(os.pathsep)):
        path = search.look(place, "PATH", is_quiet=True)
        if path is not None:
            yield Found(path, "PATH")
            return
    search.trail.append(f"PATH: no {NAMES.shown[search.kind]} in any of its folders")


STEPS = {
    "core": (_explicit, _environment, _sdk, _pip, _system),
    "parser": (_explicit, _beside_core),
}


def _candidates(search: Search) -> Iterator[Found]:
    for step in STEPS[search.kind]:
        yield from step(search)


def _first(search: Search) -> Found:
    for found in _candidates(search):
        return found
    raise _not_found(search)


def find(path: str | os.PathLike[str] | None = None) -> Found:
    """Find the TensorRT-RTX library without loading it.

    The order is: the path given (a file or its folder), ``TRTX_LIBRARY`` (likewise, or ``fake``),
    ``TENSORRT_RTX_ROOT/lib`` (on Windows ``bin`` too), the pip package ``tensorrt_rtx_libs``, the system's loader (on
    Windows the folders of ``PATH``, as the names of the files have the version in them).
    """
    return _first(Search("core", path))


def find_onnx_parser(path: str | os.PathLike[str] | None = None) -> Found:
    """Find the ONNX parser library: at the path given, else beside the library that is loaded."""
    return _first(Search("parser", path, beside=_core_path()))


def load(path: str | os.PathLike[str] | None = None) -> Found:
    """Find and load the TensorRT-RTX library; once loaded, loading the same one again does nothing.

    Raises
    ------
    LibraryNotFoundError
        If it is nowhere, or cannot be used; the message lists every place tried and what to do.
    """
    return _load(Search("core", path), lib.trtx_load)


def load_onnx_parser(path: str | os.PathLike[str] | None = None) -> Found:
    """Find and load the ONNX parser library that was delivered with the loaded TensorRT-RTX library."""
    return _load(Search("parser", path, beside=_core_path()), lib.trtx_load_onnx_parser)


def _load(search: Search, function: Callable[[bytes], int]) -> Found:
    found = _first(search)
    status = function(os.fsencode(found.path))
    if status == lib.TRTX_OK:
        return found
    reason = lib.trtx_last_error().split(": ", 1)[-1]
    search.trail.append(f"{found.found_via}: {reason}")
    raise _not_found(search, status)


def _not_found(search: Search, status: int = 0) -> LibraryNotFoundError:
    title = TITLES[search.kind]
    if status in (lib.TRTX_VERSION_REFUSED, lib.TRTX_ALREADY_LOADED):
        first, advice = f"cannot use {title}", "Use TensorRT-RTX 1.5 or newer, one version in a process."
        if status == lib.TRTX_ALREADY_LOADED:
            advice = "One process can use one TensorRT-RTX library; use the loaded one, or another process."
    else:
        missing = status == 0 or search.trail[-1].startswith("the system's loader")
        first = f"cannot {'find' if missing else 'load'} {title}"
        advice = (
            "Install it with: pip install tensorrt-rtx-cu13-libs (or tensorrt-rtx-cu12-libs for CUDA 12), or name its "
            f"file or folder in {ENVIRONMENT}."
        )
    tried = "".join(f"\n  - {place}" for place in search.trail)
    error = LibraryNotFoundError(f"{first}. Tried:{tried}\n{advice}")
    error.status = status or lib.TRTX_LOAD_FAILED  # type: ignore[attr-defined]
    return error


def _core_path() -> str | None:
    result = ffi.new("const char **")
    return os.fsdecode(ffi.string(result[0])) if lib.trtx_library_path(result) == lib.TRTX_OK else None


def get_include() -> str:
    """Folder of the C headers, for projects that vendor the shim."""
    return os.path.join(_csrc(), "include")


def get_source_dir() -> str:
    """Folder of the shim's sources."""
    return os.path.join(_csrc(), "src")


def _csrc() -> str:
    here = os.path.dirname(os.path.abspath(__file__))
    for place in (os.path.join(here, "csrc"), os.path.join(os.path.dirname(here), "csrc")):
        if os.path.isdir(place):
            return place
    raise LibraryNotFoundError(f"the shim's sources are not part of this installation (looked in {here})")
