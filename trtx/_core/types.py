"""What public signatures take where a plain name would say too little or too much.

For type checkers alone: nothing here is imported at run time, as numpy would come with it. The checks that decide are
those of `values` and `arrays`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol, SupportsFloat, SupportsIndex

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

from trtx_sys._enums_gen import DataType

from .host_memory import HostMemory


class TorchDType(Protocol):
    """A dtype of torch, which is not imported here."""

    @property
    def is_floating_point(self) -> bool: ...
    @property
    def is_complex(self) -> bool: ...


#: A type of elements.
AnyDType = DataType | npt.DTypeLike | TorchDType

#: True or False. There is no protocol for it: numpy's bool is the only other one that is taken.
Bool = bool | np.bool_

#: A real number: also of numpy and ml_dtypes, and a Decimal or a Fraction.
Number = SupportsFloat | SupportsIndex

#: What has its bytes in one piece. numpy's arrays stand apart, as their stubs do not always tell of the buffer.
BytesLike = Buffer | npt.NDArray[Any]

#: Where an engine or a cache comes from.
Source = str | os.PathLike[str] | HostMemory | BytesLike


class HasDLPack(Protocol):
    """An array of another library. What its method takes differs from one to the next."""

    @property
    def __dlpack__(self) -> Callable[..., object]: ...


class HasArrayInterface(Protocol):
    """An array of another library, in the older way."""

    @property
    def __array_interface__(self) -> object: ...


#: An array that has its element type with it; lists have none, and are refused.
Array = npt.NDArray[Any] | np.generic | HasDLPack | HasArrayInterface | Buffer
