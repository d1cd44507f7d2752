"""A pytest plugin: NVIDIA's package under all names that Polygraphy's tests import."""

import enum
import importlib
import sys

try:
    package = importlib.import_module("tensorrt_rtx")
except ImportError:
    package = importlib.import_module("tensorrt_rtx_bindings")
    sys.modules["tensorrt_rtx"] = package
sys.modules["tensorrt"] = package
# Modules of Polygraphy's tests name these while they are collected; TensorRT-RTX has not had them since 1.5.
package.PreviewFeature.PROFILE_SHARING_0806 = package.PreviewFeature.ALIASED_PLUGIN_IO_10_03
for name in ("CUBLAS", "CUBLAS_LT", "CUDNN"):
    setattr(package.TacticSource, name, package.TacticSource.JIT_CONVOLUTIONS)
package.QuantizationFlag = enum.IntEnum("QuantizationFlag", {"CALIBRATE_BEFORE_FUSION": 0})
