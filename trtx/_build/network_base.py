"""The machinery of a network: how its calls are made, and how its tensors and layers become Python objects.

Short calls keep the GIL, so calls of several threads never meet in the library. What may change between two steps of
Python are the objects: a tensor may be removed after its pointer was read. The network counts removals, and whoever
has pointers at hand compares the count in the very step that uses them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from trtx_sys._ffi import ffi, lib

from .._core.error_recorder import RecordsErrors
from .._core.errors import ClosedError, Error, InvalidArgumentError, NetworkError
from .._core.pending import pending
from .._core.shut import Native, shut_class
from .._core.values import check_sequence, reject_type
from .accessors_gen import NetworkAccessors
from .layer import Layer
from .layers_gen import LAYER_CLASSES
from .tensor import Tensor
from .weights import Weights, as_weights, check_type, to_native

if TYPE_CHECKING:
    from .builder import Builder

L = TypeVar("L", bound=Layer)
N = TypeVar("N", bound=Native)

_NO_WEIGHTS = ffi.NULL
_LAYER_RESULT = ffi.typeof("trtx_layer **")
_TENSOR_RESULT = ffi.typeof("trtx_tensor **")
_TENSOR_POINTER = ffi.typeof("trtx_tensor *")
_TENSOR_POINTERS = ffi.typeof("trtx_tensor *[]")
_C_DATA: Any = type(ffi.NULL)
_get_type = lib.trtx_layer_get_type
_layer_class = LAYER_CLASSES.get
_new = ffi.new
_make: Callable[[type[Any]], Any] = object.__new__
_reference = weakref.ref


class NetworkBase(NetworkAccessors, RecordsErrors):
    """Calls of a network, and the objects that it owns."""

    __slots__ = ("_removals", "_results", "_wrappers")

    _error = NetworkError
    _is_shared = True
    _set_error_recorder: ClassVar[Any] = lib.trtx_network_definition_set_error_recorder
    _get_error_recorder: ClassVar[Any] = lib.trtx_network_definition_get_error_recorder

    #: Python objects of native tensors and layers, by pointer: the same native object is the same Python object.
    _wrappers: dict[Any, weakref.ref[Native]]
    #: How many tensors have been removed.
    _removals: int
    #: Memory for results of calls that add layers, while no call has it: made once, not for every layer.
    _results: list[Any]

    def _prepare(self, pointer: Any) -> None:
        self._wrappers = {}
        self._removals = 0
        self._results = []

    @property
    def _builder(self) -> Builder:
        return self._parents[0]  # type: ignore[return-value]

    # Calls

    def _change(self, what: str, function: Callable[..., int], subject: Native, *arguments: Any) -> None:
        """Make a call that changes the network, or a tensor or layer of it; its pointer is the first argument.

        Parameters
        ----------
        subject
            The network, or a part of it.
        *arguments
            Native values; pointers of tensors among them were checked by `_own`.
        """
        status = self._call(what, function, *arguments, subject=subject)
        if status or pending:
            self._check(status, what)

    def _add(
        self,
        what: str,
        function: Callable[..., int],
        kind: type[L],
        *arguments: Any,
        keep: dict[str, Any] | None = None,
    ) -> L:
        """Add a layer and wrap it.

        What is to be kept for the layer, by the names of its settings, is kept before the call: an interrupt or an
        exception of the logger may come out of that with a layer that nobody knows.
        """
        if keep is not None:
            return self._add_with_weights(what, function, kind, *arguments, keep=keep)
        results = self._results
        result = results.pop() if results else _new(_LAYER_RESULT)
        # The first branch is what _call comes to in the end, without a look around: networks have more of these calls
        # than of any other.
        if not (self._removals or self._notes):
            status = function(self._ptr, *arguments, result)
        else:
            status = self._call(what, function, *arguments, result)
        if status or pending:
            self._check(status, what)
        pointer = result[0]
        results.append(result)
        # A new layer has no object yet, unless another thread was faster.
        layer = _make(kind)
        layer._ptr, layer._network = pointer, self
        reference = _reference(layer)
        noted = self._wrappers.setdefault(pointer, reference)
        return layer if noted is reference else self._wrap(kind, pointer, noted)

    def _add_with_weights(
        self, what: str, function: Callable[..., int], kind: type[L], *arguments: Any, keep: dict[str, Any]
    ) -> L:
        place = object()
        self._keep[place] = keep
        result = _new(_LAYER_RESULT)
        try:
            status = self._call(what, function, *arguments, result)
        except Error:  # no call was made
            self._keep.pop(place, None)
            raise
        if status:
            self._keep.pop(place, None)
        self._check(status, what)
        pointer = result[0]
        layer = self._wrap(kind, pointer)
        self._keep.update(((pointer, name), value) for name, value in keep.items() if value is not None)
        self._keep.pop(place, None)
        return layer

    def _add_tensor(self, what: str, function: Callable[..., int], *arguments: Any) -> Tensor:
        """Make a call that adds an input, and wrap it."""
        result = _new(_TENSOR_RESULT)
        removals = self._removals
        self._check(self._call(what, function, *arguments, result), what)
        tensor = self._tensor(result[0])
        if removals != self._removals and tensor not in [self._input(i) for i in range(self.num_inputs)]:
            tensor.__class__ = shut_class(Tensor)  # another thread was fast enough to remove it
        return tensor

    def _input(self, index: int) -> Tensor | None:
        return self._tensor_of(self, lib.trtx_network_definition_get_input, index)

    def _call(self, what: str, function: Callable[..., int], *arguments: Any, subject: Any = None) -> int:
        """Make a short call that must not meet a long one, nor find a tensor removed whose pointer it has."""
        native = self if subject is None else subject
        while True:
            removals = self._removals
            if removals:
                self._check_still_there(arguments)
            self._refuse_change(what)
            # No thread comes between this look and the call of C: there is neither a call nor a jump.
            if removals == self._removals and not self._notes:
                _ = self._ptr  # a part has its pointer still when the network is closed
                return function(native._ptr, *arguments)

    def _check_still_there(self, arguments: tuple[Any, ...]) -> None:
        """Raise where a tensor among native arguments has been removed since its pointer was read."""
        for argument in arguments:
            if isinstance(argument, _C_DATA):
                kind = ffi.typeof(argument)
                pointers = [argument] if kind is _TENSOR_POINTER else []
                if kind.kind == "array" and kind.item is _TENSOR_POINTER:
                    pointers = list(argument)
                for pointer in pointers:
                    tensor = self._known(pointer)
                    if pointer and (tensor is None or tensor.is_closed):
                        raise ClosedError("a tensor was removed from its network while it was about to be used")

    # Objects

    def _known(self, pointer: Any) -> Any:
        """The living object of a native one, if there is one."""
        reference = self._wrappers.get(pointer)
        return None if reference is None else reference()

    def _wrap(self, kind: type[N], pointer: Any, noted: weakref.ref[Native] | None = None) -> N:
        """Make the Python object of a native one that has none; gives that of another thread, if that was faster.

        Parameters
        ----------
        noted
            What is noted for the pointer: an object that has gone, if there was one.
        """
        native: N = _make(kind)
        native._ptr = pointer
        native._network = self  # type: ignore[attr-defined]
        reference: weakref.ref[Native] = _reference(native)
        wrappers = self._wrappers
        while noted is not reference:
            if noted is not None:
                known = noted()
                if known is not None:
                    return known  # type: ignore[return-value]
                try:
                    # No thread comes between the look and the store, as neither is a call.
                    if wrappers[pointer] is noted:
                        wrappers[pointer] = reference
                        return native
                except KeyError:  # a tensor that was just removed
                    pass
            noted = wrappers.setdefault(pointer, reference)
        return native

    def _tensor(self, pointer: Any) -> Tensor:
        """The one object of a native tensor."""
        noted = self._wrappers.get(pointer)
        if noted is None:
            tensor: Tensor = _make(Tensor)
            tensor._ptr, tensor._network = pointer, self  # type: ignore[assignment]
            reference: weakref.ref[Native] = _reference(tensor)
            noted = self._wrappers.setdefault(pointer, reference)
            if noted is reference:
                return tensor
        known: Any = noted()
        return self._wrap(Tensor, pointer, noted) if known is None else known

    def _layer(self, pointer: Any) -> Layer:
        """The one object of a native layer, of the class of its kind."""
        noted = self._wrappers.get(pointer)
        known: Any = None if noted is None else noted()
        if known is not None:
            return known  # type: ignore[no-any-return]
        _ = self._ptr
        return self._wrap(_layer_class(_get_type(pointer), Layer), pointer, noted)

    def _tensor_of(self, subject: Native, getter: Callable[..., Any], *arguments: Any) -> Tensor | None:
        """The tensor that a getter of the network, or of a part of it, gives."""
        while True:
            removals = self._removals
            _ = self._ptr
            pointer = getter(subject._ptr, *arguments)
            tensor = self._tensor(pointer) if pointer else None
            if removals == self._removals:
                return tensor
            # It may have been removed before it had an object.

    # Arguments

    def _own(self, tensor: Any, name: str) -> Any:
        """Pointer of a tensor of this very network; the library crashes on one of another network."""
        if tensor.__class__ is Tensor and tensor._network is self:
            return tensor._ptr
        if not isinstance(tensor, Tensor):
            reject_type(name, tensor, "a trtx.Tensor of this network")
        if not tensor._is_shut and tensor._network is self:  # of a derived class, as in `trtx.compat`
            return tensor._ptr
        try:
            shown = tensor.name
        except ClosedError as error:
            raise ClosedError(f"{name} cannot be used: {error}") from None
        raise InvalidArgumentError(
            f"{name} is the tensor {shown!r} of another network; allowed is a tensor of this one"
        )

    def _own_list(self, tensors: Any, name: str) -> tuple[Any, int]:
        """Pointers of a sequence of tensors as an array, and their number."""
        items = check_sequence(tensors, name, "a sequence of trtx.Tensor")
        pointers = [self._own(tensor, f"{name}[{i}]") for i, tensor in enumerate(items)]
        if not pointers:
            raise InvalidArgumentError(f"{name} is empty; at least one tensor is needed")
        return ffi.new(_TENSOR_POINTERS, pointers), len(pointers)

    def _weights(self, values: Any, name: str, like: Tensor | None = None) -> tuple[Any, Weights | None]:
        """Native weights, and what must be kept for them until the network goes; None stands for no weights."""
        if values is None:
            return _NO_WEIGHTS, None
        weights = as_weights(values, name)
        if like is not None:
            check_type(weights, name, like)
        return to_native(weights), weights
