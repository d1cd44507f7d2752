"""Python bindings for NVIDIA TensorRT-RTX.

Build an engine (no GPU needed): `Logger`, `Builder`, `NetworkDefinition` or `OnnxParser`, `BuilderConfig`,
`HostMemory`. Run it: `Runtime`, `CudaEngine`, `ExecutionContext`. Failures are exceptions below `Error`.

Importing this package loads neither the native library nor numpy nor CUDA, and its own modules only when a name of
theirs is first used: a program that runs engines need not pay for what builds them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._exports_gen import ENUMS, LAYERS
from ._version import __version__


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

if TYPE_CHECKING:
    from trtx_sys._enums_gen import *

    from . import cuda, diagnostics
    from ._builder import Builder
    from ._builder_config import BuilderConfig
    from ._engine import CudaEngine, SerializationConfig
    from ._engine_inspector import EngineInspector
    from ._engine_tensors import TensorInfo
    from ._errors import *
    from ._execution_context import ExecutionContext
    from ._host_memory import HostMemory
    from ._layer import Layer
    from ._layers_gen import *
    from ._library import Version, library_path, library_version, load_library
    from ._logger import Logger
    from ._network import NetworkDefinition
    from ._onnx_child import check_onnx_model
    from ._onnx_parser import OnnxParser
    from ._onnx_report import ModelSupport, ParserErrorInfo, Subgraph
    from ._optimization_profile import OptimizationProfile
    from ._progress_monitor import ProgressMonitor
    from ._runtime import EngineValidityReport, Runtime
    from ._runtime_config import RuntimeCache, RuntimeConfig
    from ._tensor import Tensor
    from ._weights import Weights

#: Where each name lives.
_MODULES = {
    "_builder": ("Builder",),
    "_builder_config": ("BuilderConfig",),
    "_engine": ("CudaEngine", "SerializationConfig"),
    "_engine_inspector": ("EngineInspector",),
    "_engine_tensors": ("TensorInfo",),
    "_errors": (
        "BuilderError",
        "BusyError",
        "ClosedError",
        "CudaError",
        "EngineError",
        "Error",
        "ExecutionError",
        "InvalidArgumentError",
        "LibraryError",
        "Message",
        "NetworkError",
        "OutOfMemoryError",
        "ParserError",
        "RefitError",
        "UnsupportedError",
    ),
    "_execution_context": ("ExecutionContext",),
    "_host_memory": ("HostMemory",),
    "_layer": ("Layer",),
    "_layers_gen": LAYERS,
    "_library": ("Version", "library_path", "library_version", "load_library"),
    "_logger": ("Logger",),
    "_network": ("NetworkDefinition",),
    "_onnx_child": ("check_onnx_model",),
    "_onnx_parser": ("OnnxParser",),
    "_onnx_report": ("ModelSupport", "ParserErrorInfo", "Subgraph"),
    "_optimization_profile": ("OptimizationProfile",),
    "_progress_monitor": ("ProgressMonitor",),
    "_runtime": ("EngineValidityReport", "Runtime"),
    "_runtime_config": ("RuntimeCache", "RuntimeConfig"),
    "_tensor": ("Tensor",),
    "_weights": ("Weights",),
}
_PLACES = {name: f"{__name__}.{module}" for module, names in _MODULES.items() for name in names}
_PLACES.update((name, "trtx_sys._enums_gen") for name in ENUMS)

__all__ = ["__version__", "cuda", "diagnostics", *_PLACES]


def __getattr__(name: str) -> Any:
    if name in ("cuda", "diagnostics"):
        return importlib.import_module(f"{__name__}.{name}")
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(place), name)
    globals()[name] = value  # found without this function from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
