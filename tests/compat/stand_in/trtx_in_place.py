"""A pytest plugin: `trtx.compat` under all names that Polygraphy's tests import."""

import enum

import trtx
import trtx.compat

trtx.compat.install(tensorrt=True)
# Modules of Polygraphy's tests name these while they are collected; TensorRT-RTX has not had them since 1.5.
trtx.PreviewFeature.PROFILE_SHARING_0806 = trtx.PreviewFeature.ALIASED_PLUGIN_IO_10_03
for name in ("CUBLAS", "CUBLAS_LT", "CUDNN"):
    setattr(trtx.TacticSource, name, trtx.TacticSource.JIT_CONVOLUTIONS)
trtx.compat.QuantizationFlag = enum.IntEnum("QuantizationFlag", {"CALIBRATE_BEFORE_FUSION": 0})
