"""The machinery of a network: how its calls are made, and how its tensors and layers become Python objects."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from trtx_sys._ffi import ffi, lib

from . import _readers
from ._errors import InvalidArgumentError, NetworkError, text
from ._handle import Handle, Native, has_pointer, take_pointer
from ._layer import Layer
from ._layers_gen import LAYER_CLASSES
from ._pending import pending
from ._tensor import Tensor
from ._values import check_sequence
from ._weights import Weights, as_weights, check_type, to_native

if TYPE_CHECKING:
    from ._builder import Builder

L = TypeVar("L", bound=Layer)
T = TypeVar("T")

_NO_WEIGHTS = ffi.NULL
_make: Callable[[type[Any]], Any] = object.__new__
_reference = weakref.ref


#: Seconds that a call waits for the turn of another thread's, unless that one says that it takes long.
_PATIENCE = 0.05
_NAP = 0.0001


class NetworkBase(Handle):
    """Calls of a network, one at a time, and the objects that it owns.

    The library computes shapes and types when they are asked for, and moves its lists when something is added. So calls
    that read take the turn too. They are short and wait for each other; what takes long, such as parsing, is refused to
    others at once. A build takes long and changes nothing that has been given: calls that only look that up may run
    beside it.
    """

    __slots__ = ("_added", "_beside", "_readable", "_wrappers")

    _destroy = lib.trtx_network_definition_destroy
    _error = NetworkError

    #: Python objects of native tensors and layers, by pointer: the same native object is the same Python object.
    _wrappers: dict[Any, weakref.ref[Native]]
    #: Layers that were added and are not in _wrappers yet: few are ever looked up, so that costs less.
    _added: list[weakref.ref[Native]]
    #: Names of the calls that hold the turn and let others read.
    _readable: list[str]
    #: One item for each call that reads without the turn.
    _beside: list[None]

    def _setup(self, pointer: Any, *parents: Handle) -> None:
        self._wrappers, self._added, self._readable, self._beside = {}, [], [], []
        super()._setup(pointer, *parents)
        # Who holds the turn also has the memory for the results of calls: it is made once, not for every layer.
        self._turn = [(ffi.new("trtx_layer **"), ffi.new("trtx_tensor **"))]

    @property
    def _builder(self) -> Builder:
        return self._parents[0]  # type: ignore[return-value]

    def _index_added(self) -> None:
        """Put the layers that were added where they are looked up."""
        while self._added:
            reference = self._added.pop()
            layer = reference()
            if layer is not None and has_pointer(layer):
                self._wrappers[layer._ptr] = reference

    def _dependents(self) -> list[Native]:
        self._index_added()
        return [native for reference in list(self._wrappers.values()) if (native := reference()) is not None]

    def _before_destroy(self) -> None:
        self._empty_wrappers()

    def _disown(self) -> None:
        self._empty_wrappers()
        super()._disown()

    def _empty_wrappers(self) -> None:
        self._index_added()
        wrappers, self._wrappers = self._wrappers, {}
        for reference in wrappers.values():
            native = reference()
            if native is not None:
                take_pointer(native)

    # Calls

    def _await_turn(self, what: str) -> Any:
        """Get the turn, which another call has; short ones are waited for.

        Raises
        ------
        BusyError
            If that call takes long, or runs further down on this very thread.
        ClosedError
            If the network is closed meanwhile.
        """
        deadline = time.monotonic() + (_readers.LIMIT if what == "close" else _PATIENCE)
        user = _readers.call_beneath([self])
        while has_pointer(self) and not self._users:
            if user is not None or time.monotonic() > deadline:
                raise self._in_use(what, user or _readers.call_of_another([self]) or "another call") from None
            time.sleep(_NAP)
            try:
                return self._turn.pop()
            except IndexError:
                pass
        raise self._busy_error(what) from None

    def _await_read(self, what: str) -> Any:
        """Get the turn for a call that reads; None where it may read without, and is noted as one that does."""
        deadline = time.monotonic() + _PATIENCE
        beneath = has_pointer(self) and _readers.call_beneath([self])
        while has_pointer(self):
            self._beside.append(None)
            if self._readable or beneath:
                return None
            self._beside.pop()
            try:
                return self._turn.pop()
            except IndexError:
                pass
            if time.monotonic() > deadline:
                break
            time.sleep(_NAP)
        raise self._busy_error(what) from None

    @contextmanager
    def _exclusive_but_readable(self, what: str) -> Iterator[Any]:
        """Like `_exclusive`, for a long call that only reads."""
        with self._exclusive(what) as token:
            self._readable.append(what)
            try:
                yield token
            finally:
                self._readable.remove(what)
                deadline = time.monotonic() + _readers.LIMIT  # a getter takes microseconds
                while self._beside and time.monotonic() < deadline:
                    time.sleep(_NAP)

    def _read(self, what: str, function: Callable[..., T], *arguments: Any) -> T:
        """Make a call that reads the network, or a tensor or layer of it."""
        try:
            token = self._turn.pop()
        except IndexError:
            token = self._await_read(what)
        try:
            return function(*arguments)
        finally:
            if token is None:
                self._beside.pop()
            else:
                self._turn.append(token)

    def _alone(self, what: str, function: Callable[..., T], *arguments: Any) -> T:
        """Make a call that nothing may run beside: it changes the network, or goes through it as a build does."""
        try:
            token = self._turn.pop()
        except IndexError:
            token = self._await_turn(what)
        try:
            return function(*arguments)
        finally:
            self._turn.append(token)

    def _read_text(self, what: str, function: Any, pointer: Any) -> str:
        """Make a call that gives a string of the library's, which the next change may free."""
        return self._read(what, lambda: text(function(pointer)))

    def _ask(self, what: str, function: Callable[..., int], *arguments: Any) -> None:
        """Make a call that reads, and can fail."""
        self._read(what, self._checked, what, function, *arguments)

    def _change(self, what: str, function: Any, *arguments: Any) -> None:
        """Make a call that changes the network, or a tensor or layer of it."""
        self._alone(what, self._checked, what, function, *arguments)

    def _checked(self, what: str, function: Callable[..., int], *arguments: Any) -> None:
        _ = self._ptr
        status = function(*arguments)
        if status or pending:
            self._check(status, what)

    def _tensor_of(self, function: Any, *arguments: Any) -> Tensor | None:
        """The tensor that a call gives; for calls that have the turn, so that it is not removed meanwhile."""
        pointer = function(*arguments)
        return self._tensor(pointer) if pointer else None

    def _add(self, what: str, function: Callable[..., int], kind: type[L], *arguments: Any) -> L:
        """Add a layer and wrap it."""
        try:
            token = self._turn.pop()
        except IndexError:
            token = self._await_turn(what)
        try:
            out = token[0]
            status = function(self._ptr, *arguments, out)
            if status or pending:
                self._check(status, what)
            pointer = out[0]
        finally:
            self._turn.append(token)
        layer: L = _make(kind)
        layer._ptr = pointer
        layer._network = self  # type: ignore[assignment]
        self._added.append(_reference(layer))
        return layer

    def _add_tensor(self, what: str, function: Any, *arguments: Any) -> Tensor:
        """Make a call that adds a tensor, and wrap it."""
        try:
            token = self._turn.pop()
        except IndexError:
            token = self._await_turn(what)
        try:
            out = token[1]
            status = function(*arguments, out)
            if status or pending:
                self._check(status, what)
            return self._tensor(out[0])
        finally:
            self._turn.append(token)

    # Objects

    def _tensor(self, pointer: Any) -> Tensor:
        """The one object of a native tensor."""
        reference = self._wrappers.get(pointer)
        known = None if reference is None else reference()
        return self._new_tensor(pointer) if known is None else known  # type: ignore[return-value]

    def _new_tensor(self, pointer: Any) -> Tensor:
        tensor: Tensor = _make(Tensor)
        tensor._ptr = pointer
        tensor._network = self  # type: ignore[assignment]
        self._wrappers[pointer] = _reference(tensor)
        return tensor

    def _layer(self, pointer: Any) -> Layer:
        """The one object of a native layer, of the class of its kind."""
        if self._added:
            self._index_added()
        reference = self._wrappers.get(pointer)
        if reference is not None:
            known = reference()
            if known is not None:
                return known  # type: ignore[return-value]
        layer: Layer = _make(LAYER_CLASSES.get(lib.trtx_layer_get_type(pointer), Layer))
        layer._ptr = pointer
        layer._network = self  # type: ignore[assignment]
        self._wrappers[pointer] = _reference(layer)
        return layer

    def _own(self, tensor: Any, name: str) -> Any:
        """Pointer of a tensor of this very network; the library crashes on one of another network."""
        if tensor.__class__ is Tensor and tensor._network is self:
            return tensor._ptr
        if not isinstance(tensor, Tensor):
            raise InvalidArgumentError(f"{name} is {type(tensor).__name__}; allowed is a trtx.Tensor of this network")
        # Reading the name makes a closed tensor say that first.
        raise InvalidArgumentError(
            f"{name} is the tensor {tensor.name!r} of another network; allowed is a tensor of this one"
        )

    def _own_list(self, tensors: Any, name: str) -> tuple[Any, int]:
        """Pointers of a sequence of tensors as an array, and their number."""
        items = check_sequence(tensors, name, "a sequence of trtx.Tensor")
        pointers = [self._own(tensor, f"{name}[{i}]") for i, tensor in enumerate(items)]
        if not pointers:
            raise InvalidArgumentError(f"{name} is empty; at least one tensor is needed")
        return ffi.new("trtx_tensor *[]", pointers), len(pointers)

    def _weights(self, values: Any, name: str, like: Tensor | None = None) -> tuple[Any, Weights | None]:
        """Native weights, and what must be kept for them; None stands for no weights."""
        if values is None:
            return _NO_WEIGHTS, None
        weights = as_weights(values, name)
        if like is not None:
            check_type(weights, name, like)
        return to_native(weights), weights

    def _keep_weights(self, layer: Layer, **weights: Weights | None) -> None:
        """Keep values until the network goes: the library reads them when the engine is built."""
        for name, values in weights.items():
            if values is not None:
                self._keep[(layer._ptr, name)] = values
