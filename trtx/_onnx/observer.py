"""`RefitterObserver`: is told which initializers of a model feed which weights of an engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from trtx_sys._enums_gen import DataType, RefitTransformKind
from trtx_sys._ffi import ffi

from .._core.accessors import Members
from .._core.callbacks import Callback, trampoline
from .._core.errors import text
from .._core.public import public

__all__ = ["RefitRecord", "RefitterObserver"]

_TRANSFORMS, _DATA_TYPES = Members(RefitTransformKind), Members(DataType)


@public
@dataclasses.dataclass(frozen=True)
class RefitRecord:
    """Where the values of named weights come from in an ONNX model (``RefitRecord``); it outlives the call.

    Attributes
    ----------
    trt_name : str
        Name of the weights, as of `Refitter.get_all_weights`.
    kind : RefitTransformKind
        What makes them of the sources.
    onnx_dtype : int
        Type of the sources, a number of ``onnx.TensorProto.DataType``.
    trt_dtype : DataType
        Type of the weights.
    count : int
        Number of their elements.
    source_onnx_names : tuple of str
        Initializers of the model, or the output of the node that holds the values.
    epsilon : float
        What a batch normalization that is folded adds to the variance; else without a meaning.
    fixed_data : bytes
        Values that the model itself fixes; empty where the sources have them.
    """

    trt_name: str
    kind: RefitTransformKind
    onnx_dtype: int
    trt_dtype: DataType
    count: int
    source_onnx_names: tuple[str, ...]
    epsilon: float
    fixed_data: bytes


@public
class RefitterObserver(Callback):
    """Is told of each weight that `OnnxParserRefitter` refits (``IRefitterObserver``, TensorRT-RTX 1.6).

    Derive from it, and assign an object to `OnnxParserRefitter.refit_observer`; a function that takes a record will do
    as well. An exception comes out of the call that refits.
    """

    __slots__ = ()

    _native: ClassVar[str] = "refitter_observer"
    _methods: ClassVar[tuple[str, ...]] = ("on_refittable_weight",)
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = (("on_refittable_weight",),)
    _function: ClassVar[str | None] = "on_refittable_weight"

    def on_refittable_weight(self, record: RefitRecord) -> None:
        """New values for a weight were found (``IRefitterObserver::onRefittableWeight``).

        Parameters
        ----------
        record : RefitRecord
        """


#: What is taken for an observer.
Observer = RefitterObserver | Callable[[RefitRecord], object]


@trampoline("trtx_py_refitter_observer_on_refittable_weight")
def _on_refittable_weight(observer: RefitterObserver, record: Any) -> None:
    names = record.source_onnx_names
    fixed = (
        bytes(ffi.buffer(ffi.cast("char *", record.fixed_data), record.fixed_data_size)) if record.fixed_data else b""
    )
    observer.on_refittable_weight(
        RefitRecord(
            text(record.trt_name),
            _TRANSFORMS[record.kind],
            record.onnx_dtype,
            _DATA_TYPES[record.trt_dtype],
            record.count,
            tuple(text(names[index]) for index in range(record.nb_sources)) if names else (),
            record.epsilon,
            fixed,
        )
    )
