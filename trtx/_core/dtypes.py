"""Short names of element types, and what goes with them, as users of NVIDIA's package know them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trtx_sys._enums_gen import DataType

from .arrays import itemsize_bits, numpy_dtype
from .keywords import also_named
from .public import public
from .values import Shape, check_enum, check_shape

if TYPE_CHECKING:
    import numpy as np

__all__ = [
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
]

float32 = DataType.FLOAT
float16 = DataType.HALF
bfloat16 = DataType.BF16
int64 = DataType.INT64
int32 = DataType.INT32
int8 = DataType.INT8
uint8 = DataType.UINT8
fp8 = DataType.FP8
int4 = DataType.INT4
fp4 = DataType.FP4
e8m0 = DataType.E8M0


@public
@also_named(trt_type="dtype")
def nptype(dtype: DataType) -> type[np.generic]:
    """Get numpy's scalar type, such as `numpy.float32`; for bfloat16 and the small floats and integers, ml_dtypes'.

    Parameters
    ----------
    dtype : DataType

    Returns
    -------
    type
        Numpy takes it wherever it takes a dtype.

    Raises
    ------
    InvalidArgumentError
        If it is no `DataType`.
    UnsupportedError
        If the type is one of ml_dtypes, and that package is not installed.

    Notes
    -----
    In an array, an element of a type of four bits has a byte of its own; TensorRT-RTX packs two to a byte: see
    `nbytes`.
    """
    kind: type[np.generic] = numpy_dtype(check_enum(DataType, dtype, "dtype")).type
    return kind


@public
@also_named(iterable="shape")
def volume(shape: Shape) -> int:
    """Get the number of elements of a shape; 1 for that of a scalar, ``()``.

    Parameters
    ----------
    shape : sequence of int
        At most eight dimensions, none of which is -1.

    Raises
    ------
    InvalidArgumentError
        If it is no shape, or one that is still open.
    """
    return math.prod(check_shape(shape, "shape"))


@public
def nbytes(shape: Shape, dtype: DataType) -> int:
    """Get the size in bytes of a tensor, as TensorRT-RTX reads and writes it in the format LINEAR.

    Parameters
    ----------
    shape : sequence of int
        As for `volume`.
    dtype : DataType
        Types of four bits are packed, two elements to a byte.

    Raises
    ------
    InvalidArgumentError
        If an argument is of a wrong kind.
    """
    return (volume(shape) * itemsize_bits(check_enum(DataType, dtype, "dtype")) + 7) // 8
