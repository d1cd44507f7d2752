"""The machinery of a network: how its calls are made, and how its tensors and layers become Python objects."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from trtx_sys._ffi import ffi, lib

from .._core import readers as _readers
from .._core.errors import InvalidArgumentError, NetworkError, text
from .._core.handle import Handle
from .layer import Layer
from .layers_gen import LAYER_CLASSES
from .._core.native import Native, closed_error, has_pointer, take_pointer
from .._core.pending import pending
from .tensor import Tensor
from .._core.turns import Queue, Token, Use, Waiter
from .._core.values import check_sequence
from .weights import Weights, as_weights, check_type, to_native

if TYPE_CHECKING:
    from .builder import Builder

L = TypeVar("L", bound=Layer)
N = TypeVar("N", bound=Native)
T = TypeVar("T")

#: Where a network keeps its native ONNX parser.
ONNX_PARSER = "onnx_parser"

_NO_WEIGHTS = ffi.NULL
_get_type = lib.trtx_layer_get_type
_make: Callable[[type[Any]], Any] = object.__new__
_reference = weakref.ref
_replacing = threading.RLock()


#: Seconds after which a call that waits looks around.
_NAP = 0.001
#: Seconds to wait for the turn in user code that a call of the same network led to, such as a signal handler.
_PATIENCE_ABOVE = 0.5


class NetworkBase(Handle):
    """Calls of a network, one at a time, and the objects that it owns.

    The library computes shapes and types when they are asked for, and moves its lists when something is added. So calls
    that read take the turn too. They are short and wait for each other, in the order in which they come; beside what
    takes long, such as parsing, others are refused at once. A build takes long and changes nothing that has been given:
    calls that only look that up may run beside it.
    """

    __slots__ = ("_added", "_beside", "_free", "_queue", "_readable", "_was_looked_into", "_wrappers")

    _destroy = lib.trtx_network_definition_destroy
    _error = NetworkError

    #: Python objects of native tensors and layers, by pointer: the same native object is the same Python object.
    _wrappers: dict[Any, weakref.ref[Native]]
    #: Of what was added and is not in _wrappers yet: few are ever looked up, so that costs less. Grows under the turn.
    _added: list[weakref.ref[Native]]
    #: Whether a call has read the network in the middle of another, where it may have met what that was adding.
    _was_looked_into: bool
    #: Names of the calls that hold the turn and let others read.
    _readable: list[str]
    #: One item for each call that reads without the turn.
    _beside: list[None]
    #: The turn while nobody waits for it, and what takes its place otherwise.
    _free: list[Token]
    _queue: Queue

    def _setup(self, pointer: Any, *parents: Handle) -> None:
        self._wrappers, self._added, self._readable, self._beside = {}, [], [], []
        self._was_looked_into = False
        super()._setup(pointer, *parents)
        assert isinstance(self._turn, list)
        self._free = self._turn
        self._queue = Queue(self._free)

    def _token_value(self, pointer: Any) -> Any:
        # Memory for the results of calls: it is made once, not for every layer.
        return ffi.new("trtx_layer **"), ffi.new("trtx_tensor **")

    @property
    def _builder(self) -> Builder:
        return self._parents[0]  # type: ignore[return-value]

    def _index_added(self) -> None:
        """Put what was added where it is looked up, for calls that have the turn, or read beside a build."""
        for reference in list(self._added):
            native = reference()
            if native is not None and has_pointer(native) and self._known(native._ptr) is None:
                self._wrappers[native._ptr] = reference
        self._added.clear()

    def _known(self, pointer: Any) -> Any:
        """The living object of a native one, if there is one that is looked up."""
        reference = self._wrappers.get(pointer)
        return None if reference is None else reference()

    def _dependents(self) -> list[Native]:
        # Without touching the lists: closing looks here while other threads may still add.
        references = [*self._wrappers.copy().values(), *list(self._added)]
        return [native for reference in references if (native := reference()) is not None]

    def _before_destroy(self) -> None:
        self._empty_wrappers()

    def _let_go(self) -> None:
        parser = self._keep.get(ONNX_PARSER)
        if parser is not None:
            parser.destroy()  # not left to its finalizer, in which an interrupt would be lost
        super()._let_go()

    def _disown(self) -> None:
        self._empty_wrappers()
        super()._disown()

    def _empty_wrappers(self) -> None:
        for native in self._dependents():
            take_pointer(native)
        self._wrappers, self._added = {}, []

    # Calls

    def _await_turn(self, what: str) -> Token:
        """Get the turn, which another call has, or raise why not."""
        token = self._await(what)
        assert token is not None
        return token

    def _await_read(self, what: str) -> Token | None:
        """Get the turn for a call that reads; None where it may read without, and is noted as one that does."""
        return self._await(what, reads=True)

    def _await(self, what: str, *, reads: bool = False) -> Token | None:
        """Wait for a turn behind the calls that wait already.

        Raises
        ------
        BusyError
            If a call that takes long has it, or one further down on this very thread.
        ClosedError
            If the network is closed meanwhile.
        """
        if not has_pointer(self):
            raise closed_error(self) from None
        self._end_leftovers()
        beneath = self._turn_beneath()
        if beneath and reads:
            self._was_looked_into = True
            self._beside.append(None)
            return None
        if beneath:
            raise self._in_use(what, beneath) from None
        # A call beneath may just have taken the turn: then nobody gives it back while this waits.
        limit = _PATIENCE_ABOVE if _readers.call_beneath([self]) else _readers.LIMIT
        deadline = time.monotonic() + limit
        queue, waiter = self._queue, Waiter()
        token = None
        queue.waiting.append(waiter)
        try:
            while has_pointer(self):
                if reads:
                    self._beside.append(None)  # before the look, so that the end of a build sees it
                    if self._readable:
                        return None
                    self._beside.pop()
                if self._users and self._uses():
                    break
                self._turn = queue
                try:
                    token = self._free.pop()  # given back before the queue was there
                    return token
                except IndexError:
                    pass
                if waiter.ready.acquire(timeout=_NAP):
                    token = waiter.token
                    return token
                if queue.has_lost(waiter):
                    queue.waiting.appendleft(waiter)
                if time.monotonic() > deadline:
                    raise self._in_use(what, _readers.call_of_another([self]) or "another call") from None
        finally:
            late = queue.withdraw(waiter)
            if late is not None and token is None:
                self._turn.append(late)
            if not queue.waiting and has_pointer(self):
                self._turn = self._free
        raise self._busy_error(what) from None

    def _turn_beneath(self) -> str | None:
        """Name of a call on this thread that has the turn, and led to the user code that runs now."""
        own = threading.get_ident()
        for use in self._uses():
            if use.thread == own:
                return use.what
        return _readers.call_beneath([self], having="token")

    @contextmanager
    def _exclusive_but_readable(self, what: str) -> Iterator[Any]:
        """Like `_exclusive`, for a long call that only reads."""
        with ExitStack() as stack:
            token = self._take_turn(what)
            stack.callback(self._give_turn, token)
            stack.callback(self._await_readers)
            # Before it is known to take long, so that no reader is refused.
            self._readable.append(what)
            stack.callback(self._readable.remove, what)
            stack.callback(Use(what, self).end)
            yield token.value

    def _give_turn(self, token: Token) -> None:
        self._turn.append(token)

    def _await_readers(self) -> None:
        """Wait for those who read without the turn: getters, which take microseconds."""
        deadline = time.monotonic() + _readers.LIMIT
        while self._beside and time.monotonic() < deadline:
            if _readers.call_of_another([self]) is None:
                self._beside.clear()  # what an interrupt left
            time.sleep(_NAP)

    def _read(self, what: str, function: Callable[..., T], *arguments: Any) -> T:
        """Make a call that reads the network, or a tensor or layer of it."""
        try:
            token: Token | None = self._turn.pop()
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

    def _hand_over_alone(self, what: str, key: Any, value: Any, function: Any, *arguments: Any) -> None:
        """Make a call that hands over what the network must keep alive."""
        self._alone(what, self._checked, what, self._hand_over, key, value, function, *arguments)

    def _checked(self, what: str, function: Callable[..., int], *arguments: Any) -> None:
        _ = self._ptr
        status = function(*arguments)
        if status or pending:
            self._check(status, what)

    def _tensor_of(self, function: Any, *arguments: Any) -> Tensor | None:
        """The tensor that a call gives; for calls that have the turn, so that it is not removed meanwhile."""
        pointer = function(*arguments)
        return self._tensor(pointer) if pointer else None

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
        place = object()
        if keep:
            self._keep[place] = keep
        try:
            token = self._turn.pop()
        except IndexError:
            token = self._await_turn(what)
        try:
            out = token.value[0]
            status = function(self._ptr, *arguments, out)
            if status or pending:
                if status:
                    self._keep.pop(place, None)
                self._check(status, what)
            pointer = out[0]
            layer: L = _make(kind)
            layer._ptr = pointer
            layer._network = self  # type: ignore[assignment]
            layer._output = None
            self._added.append(_reference(layer))
            if self._was_looked_into:
                layer = self._first_object(layer)
        finally:
            self._turn.append(token)
        if keep:
            self._keep.update(((pointer, name), value) for name, value in keep.items() if value is not None)
            del self._keep[place]
        return layer

    def _first_object(self, layer: L) -> L:
        """The object of a layer that was just added.

        Signal handlers and finalizers run between the call that adds it and the making of its object. They may read the
        network, and then they made the first one.
        """
        self._was_looked_into = False
        layer = self._known(layer._ptr) or layer
        if layer._output is not None:
            layer._output = self._known(layer._output._ptr) or layer._output
        return layer

    def _add_tensor(self, what: str, function: Any, *arguments: Any) -> Tensor:
        """Make a call that adds a tensor, and wrap it."""
        try:
            token = self._turn.pop()
        except IndexError:
            token = self._await_turn(what)
        try:
            out = token.value[1]
            status = function(*arguments, out)
            if status or pending:
                self._check(status, what)
            return self._tensor(out[0])
        finally:
            self._turn.append(token)

    # Objects

    def _tensor(self, pointer: Any) -> Tensor:
        """The one object of a native tensor."""
        if self._added:
            self._index_added()
        known: Tensor | None = self._known(pointer)
        return self._new_tensor(pointer) if known is None else known

    def _new_tensor(self, pointer: Any) -> Tensor:
        tensor: Tensor = _make(Tensor)
        tensor._ptr = pointer
        tensor._network = self  # type: ignore[assignment]
        return self._enter(pointer, tensor)

    def _enter(self, pointer: Any, native: N) -> N:
        """Note the Python object of a native one; gives that of another thread, beside a build, if that was faster."""
        reference: weakref.ref[Native] = _reference(native)
        while True:
            noted = self._wrappers.setdefault(pointer, reference)
            if noted is reference:
                return native
            known = noted()
            if known is not None:
                return known  # type: ignore[return-value]
            # The object that was there has gone, and one of several gets its place.
            if self._beside:
                with _replacing:
                    if self._wrappers.get(pointer) is noted:
                        self._wrappers[pointer] = reference
                        return native
            elif self._wrappers[pointer] is noted:  # who has the turn is alone, but for signal handlers
                self._wrappers[pointer] = reference
                return native

    def _new_layer(self, pointer: Any) -> Layer:
        """The object of a native layer that has none yet, of the class of its kind."""
        layer: Layer = _make(LAYER_CLASSES.get(_get_type(pointer), Layer))
        layer._ptr = pointer
        layer._network = self  # type: ignore[assignment]
        layer._output = None
        return self._enter(pointer, layer)

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
        """Native weights, and what must be kept for them until the network goes; None stands for no weights."""
        if values is None:
            return _NO_WEIGHTS, None
        weights = as_weights(values, name)
        if like is not None:
            check_type(weights, name, like)
        return to_native(weights), weights
