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

if TYPE_CHECKING:  # what type checkers see; "as" says that a name is for others to use
    from trtx_sys._enums_gen import *

    from . import cuda as cuda
    from . import diagnostics as diagnostics
    from ._builder import Builder as Builder
    from ._builder_config import BuilderConfig as BuilderConfig
    from ._dtypes import *
    from ._engine import CudaEngine as CudaEngine
    from ._engine import SerializationConfig as SerializationConfig
    from ._engine_inspector import EngineInspector as EngineInspector
    from ._engine_tensors import TensorInfo as TensorInfo
    from ._errors import *
    from ._execution_context import ExecutionContext as ExecutionContext
    from ._host_memory import HostMemory as HostMemory
    from ._layer import Layer as Layer
    from ._layers_gen import *
    from ._library import Version as Version
    from ._library import library_path as library_path
    from ._library import library_version as library_version
    from ._library import load_library as load_library
    from ._logger import Logger as Logger
    from ._network import NetworkDefinition as NetworkDefinition
    from ._onnx_child import check_onnx_model as check_onnx_model
    from ._onnx_parser import OnnxParser as OnnxParser
    from ._onnx_report import ModelSupport as ModelSupport
    from ._onnx_report import ParserErrorInfo as ParserErrorInfo
    from ._onnx_report import Subgraph as Subgraph
    from ._optimization_profile import OptimizationProfile as OptimizationProfile
    from ._progress_monitor import ProgressMonitor as ProgressMonitor
    from ._runtime import EngineValidityReport as EngineValidityReport
    from ._runtime import Runtime as Runtime
    from ._runtime_config import RuntimeCache as RuntimeCache
    from ._runtime_config import RuntimeConfig as RuntimeConfig
    from ._tensor import Tensor as Tensor
    from ._weights import Weights as Weights

#: Where each name lives.
_MODULES = {
    "_builder": ("Builder",),
    "_builder_config": ("BuilderConfig",),
    "_dtypes": (
        "bfloat16",
        "e8m0",
        "float16",
        "float32",
        "fp4",
        "fp8",
        "int4",
        "int8",
        "int32",
        "int64",
        "nbytes",
        "nptype",
        "uint8",
        "volume",
    ),
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

if not TYPE_CHECKING:  # a list that type checkers cannot follow would hide all names from them
    __all__ = ["__version__", "cuda", "diagnostics", *_PLACES]

#: Names of NVIDIA's package that are missing here, and what to use.
_INSTEAD = {
    **dict.fromkeys(("Dims", "Dims2", "Dims3", "Dims4", "DimsHW"), "shapes are tuples of int"),
    **dict.fromkeys(
        (
            "IDebugListener",
            "IErrorRecorder",
            "IGpuAllocator",
            "IGpuAsyncAllocator",
            "IOutputAllocator",
            "IProfiler",
            "IStreamReaderV2",
            "OnnxParserRefitter",
            "Profiler",
            "Refitter",
        ),
        "trtx does not have it yet; trtx_sys binds it",
    ),
    "ILogger": "trtx.Logger takes a function, as its sink",
    "Permutation": "a permutation is a tuple of int",
    "bool": "use trtx.DataType.BOOL",
    "get_plugin_registry": "TensorRT-RTX has no plugins",
    "init_libnvinfer_plugins": "TensorRT-RTX has no plugins",
}


def _find(name: str) -> Any:
    if name in ("cuda", "diagnostics"):
        return importlib.import_module(f"{__name__}.{name}")
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_hint(name)}")
    value = getattr(importlib.import_module(place), name)
    globals()[name] = value  # found without this function from now on
    return value


if not TYPE_CHECKING:  # else every name would be known to type checkers, the misspelt ones too
    __getattr__ = _find


def _hint(name: str) -> str:
    hint = _INSTEAD.get(name)
    if hint is None and name.startswith("I") and name[1:] in _PLACES:
        hint = f"use trtx.{name[1:]}"
    return f"; {hint}" if hint else ""


def __dir__() -> list[str]:
    return sorted({*globals(), "cuda", "diagnostics", *_PLACES})
