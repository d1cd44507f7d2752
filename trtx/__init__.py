"""Python bindings for NVIDIA TensorRT-RTX.

Build an engine (no GPU needed): `Logger`, `Builder`, `NetworkDefinition` or `OnnxParser`, `BuilderConfig`,
`HostMemory`. Run it: `Runtime`, `CudaEngine`, `ExecutionContext`. Failures are exceptions below `Error`.

Importing this package loads neither the native library nor numpy nor CUDA, and its own modules only when a name of
theirs is first used: a program that runs engines need not pay for what builds them.
"""

from __future__ import annotations

import importlib
from typing import Any

from ._names_gen import MODULES, NAMES
from ._version import __version__ as __version__


def _refuse_subinterpreter() -> None:
    """Raise in a subinterpreter: callbacks find no way into it, and its end would end those of the others."""
    for name in ("_interpreters", "_xxsubinterpreters"):  # since Python 3.13, and before
        try:
            interpreters = importlib.import_module(name)
        except ImportError:
            continue
        if interpreters.get_current() != interpreters.get_main():
            raise ImportError(
                "trtx works in the main interpreter only: the native library and its callbacks belong to the whole "
                "process. Use threads, or processes of the 'spawn' method, instead of a subinterpreter"
            )
        return


_refuse_subinterpreter()

#: Where each public name is loaded from.
_PLACES = {name: module for module, names in NAMES.items() for name in names}

__all__ = ["__version__", *MODULES, *_PLACES]


def __getattr__(name: str) -> Any:
    if name in MODULES:
        try:
            return importlib.import_module(f"{__name__}.{name}")
        except ImportError as error:  # a package that it needs is missing
            raise AttributeError(str(error)) from error  # prompts that complete names take nothing else
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_hint(name)}")
    value = getattr(importlib.import_module(place), name)
    globals()[name] = value  # found without this function from now on
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _hint(name: str) -> str:
    """What to use instead of a name of NVIDIA's package that is missing here."""
    hint = importlib.import_module(f"{__name__}._core.hints").NAMES.get(name)
    if hint is None and name.startswith("I") and name[1:].removesuffix("V2") in _PLACES:
        hint = f"use trtx.{name[1:].removesuffix('V2')}"
    return f"; {hint}" if hint else ""
