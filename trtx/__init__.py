"""Python bindings for NVIDIA TensorRT-RTX.

Build an engine (no GPU needed): `Logger`, `Builder`, `NetworkDefinition` or `OnnxParser`, `BuilderConfig`,
`HostMemory`. Run it: `Runtime`, `CudaEngine`, `ExecutionContext`. Failures are exceptions below `Error`. Importing this
package loads neither the native library nor numpy nor CUDA; that happens on first use.
"""

from trtx_sys import _enums_gen
from trtx_sys._enums_gen import *  # noqa: F403

from ._builder import Builder
from ._builder_config import BuilderConfig
from ._engine import CudaEngine, SerializationConfig
from ._engine_inspector import EngineInspector
from ._engine_tensors import TensorInfo
from ._errors import (
    BuilderError,
    BusyError,
    ClosedError,
    CudaError,
    EngineError,
    Error,
    ExecutionError,
    InvalidArgumentError,
    LibraryError,
    Message,
    NetworkError,
    OutOfMemoryError,
    ParserError,
    RefitError,
    UnsupportedError,
)
from ._execution_context import ExecutionContext
from ._host_memory import HostMemory
from ._layer import Layer
from ._layers_gen import *  # noqa: F403
from ._layers_gen import __all__ as _layer_names
from ._library import Version, library_path, library_version, load_library
from ._logger import Logger
from ._network import NetworkDefinition
from ._onnx_parser import OnnxParser, ParserErrorInfo
from ._optimization_profile import OptimizationProfile
from ._progress_monitor import ProgressMonitor
from ._runtime import EngineValidityReport, Runtime
from ._runtime_config import RuntimeCache, RuntimeConfig
from ._tensor import Tensor
from ._version import __version__
from ._weights import Weights

__all__ = [
    "Builder",
    "BuilderConfig",
    "BuilderError",
    "BusyError",
    "ClosedError",
    "CudaEngine",
    "CudaError",
    "EngineError",
    "EngineInspector",
    "EngineValidityReport",
    "Error",
    "ExecutionContext",
    "ExecutionError",
    "HostMemory",
    "InvalidArgumentError",
    "Layer",
    "LibraryError",
    "Logger",
    "Message",
    "NetworkDefinition",
    "NetworkError",
    "OnnxParser",
    "OptimizationProfile",
    "OutOfMemoryError",
    "ParserError",
    "ParserErrorInfo",
    "ProgressMonitor",
    "RefitError",
    "Runtime",
    "RuntimeCache",
    "RuntimeConfig",
    "SerializationConfig",
    "Tensor",
    "TensorInfo",
    "UnsupportedError",
    "Version",
    "Weights",
    "__version__",
    "library_path",
    "library_version",
    "load_library",
    *_enums_gen.__all__,
    *_layer_names,
]
