"""`RefitterObserver`: is told which initializers of a model feed which weights of an engine."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable
from typing import Any

from trtx_sys._enums_gen import DataType, RefitTransformKind
from trtx_sys._ffi import ffi, lib

from .._core.accessors import Members
from .._core.callbacks import Target, trampoline
from .._core.calls import new_place
from .._core.errors import InvalidArgumentError, ParserError, failure, text
from .._core.public import public
from .._core.values import reject

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
class RefitterObserver:
    """Is told of each weight that `OnnxParserRefitter` refits (``IRefitterObserver``, TensorRT-RTX 1.6).

    Derive from it, and assign an object to `OnnxParserRefitter.refit_observer`; a function that takes a record will do
    as well. An exception comes out of the call that refits.
    """

    __slots__ = ("__dict__", "__weakref__")

    def on_refittable_weight(self, record: RefitRecord) -> None:
        """New values for a weight were found (``IRefitterObserver::onRefittableWeight``).

        Parameters
        ----------
        record : RefitRecord
        """


#: What is taken for an observer.
Observer = RefitterObserver | Callable[[RefitRecord], object]

_METHOD = "on_refittable_weight"


class Bridge:
    """The native observer of a Python one; it must be kept as long as the library may call it."""

    __slots__ = ("_payload", "observer", "place", "target")

    def __init__(self, observer: Observer) -> None:
        #: What the user gave.
        self.observer = observer
        #: Owner of the exceptions that it raises.
        self.target = Target(_function_of(observer))
        self._payload = ffi.new_handle(self.target)
        callbacks = ffi.new("trtx_refitter_observer_callbacks *")
        callbacks.on_refittable_weight = lib.trtx_py_refitter_observer_on_refittable_weight
        self.place = new_place("trtx_refitter_observer")
        if lib.trtx_refitter_observer_create(callbacks, self._payload, self.place):
            raise failure(ParserError, "OnnxParserRefitter.refit_observer")


def _function_of(observer: Any) -> Callable[[RefitRecord], object]:
    if isinstance(observer, RefitterObserver):
        function = observer.on_refittable_weight
        if getattr(function, "__func__", None) is RefitterObserver.on_refittable_weight:
            # Nobody wants to be told nothing: the method has another name by mistake.
            own = [name for kind in type(observer).__mro__ for name in vars(kind) if kind.__module__ != "trtx"]
            near = difflib.get_close_matches(_METHOD, own, 1, 0.6)
            hint = f" (did you mean it by {near[0]!r}?)" if near else ""
            raise InvalidArgumentError(
                f"refit_observer is a {type(observer).__name__} without a method {_METHOD} of its own{hint}"
            )
        return function
    if isinstance(observer, type) or not callable(observer):
        reject("refit_observer", observer, "a trtx.RefitterObserver, a function that takes a record, or None")
    return observer  # type: ignore[no-any-return]


@trampoline("trtx_py_refitter_observer_on_refittable_weight")
def _on_refittable_weight(function: Callable[[RefitRecord], object], record: Any) -> None:
    names = record.source_onnx_names
    fixed = (
        bytes(ffi.buffer(ffi.cast("char *", record.fixed_data), record.fixed_data_size)) if record.fixed_data else b""
    )
    function(
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
