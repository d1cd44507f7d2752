"""`Refitter`: new weights for an engine that was built to be refitted.

The library copies nothing when it is given weights: it notes where they are, and reads them when the engine is
refitted. So the refitter keeps every array until it gets another one for the same weights, or is closed.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn

from trtx_sys._enums_gen import DataType, TensorLocation, WeightsRole
from trtx_sys._ffi import ffi, lib

from .. import cuda
from .._build.weights import Weights, as_weights, from_native, to_native
from .._core import pending as _pending
from .._core.calls import new_place
from .._core.error_recorder import RecordsErrors
from .._core.errors import Error, InvalidArgumentError, RefitError, failure, text
from .._core.logger import Logger
from .._core.public import public
from .._core.values import check_enum, check_text, reject
from .accessors_gen import RefitterAccessors
from .engine import CudaEngine
from .flight import Flight
from .refit_weights import native_weights, refuse_placeholder

if TYPE_CHECKING:
    from .._core.types import Array

__all__ = ["Refitter"]


@public
class Refitter(RefitterAccessors, RecordsErrors):
    """Replaces weights of an engine (``IRefitter``).

    Give new values with `set_weights` or `set_named_weights`, until `get_missing` and `get_missing_weights` name none,
    then call `refit_cuda_engine`.

    Parameters
    ----------
    engine : CudaEngine
        An engine that was built with `BuilderFlag.REFIT`, `BuilderFlag.REFIT_IDENTICAL` or
        `BuilderFlag.REFIT_INDIVIDUAL`, or without its weights (`BuilderFlag.STRIP_PLAN`).
    logger : Logger, optional
        Gets the refitter's messages; by default the logger of the engine's runtime.

    Raises
    ------
    InvalidArgumentError
        If an argument is of a wrong kind.
    RefitError
        If the engine cannot be refitted.

    Notes
    -----
    A refitter keeps its engine and its logger alive; closing the engine closes it first. It serves one thread at a
    time; others get `BusyError`.

    Arrays on the host are not copied: the library reads them where they lie, when the engine is refitted. They are kept
    alive, and must not change, until that has been done. The refitter lets them go when other values are set for the
    same weights, with `unset_named_weights`, or when it is closed.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ("_flights",)

    _error = RefitError
    _set_error_recorder: ClassVar[Any] = lib.trtx_refitter_set_error_recorder
    _get_error_recorder: ClassVar[Any] = lib.trtx_refitter_get_error_recorder
    #: Asynchronous refits that may be under way, with the values that they read.
    _flights: list[Flight]

    def __init__(self, engine: CudaEngine, logger: Logger | None = None) -> None:
        if not isinstance(engine, CudaEngine):
            reject("engine", engine, "a trtx.CudaEngine")
        _ = engine._ptr
        if logger is None:
            logger = _logger_of(engine)
        elif not isinstance(logger, Logger):
            reject("logger", logger, "a trtx.Logger, or None for the one of the engine's runtime")
        self._targets = tuple(dict.fromkeys((*engine._targets, *logger._targets)))
        place = new_place("trtx_refitter")
        try:
            self._check(engine._long("Refitter()", lib.trtx_refitter_create, logger, place), "create")
        except RefitError as error:
            if engine.refittable:
                raise
            # Not asked before: engines that are to get the same weights again say False too.
            raise RefitError(
                "Refitter(): engine cannot be refitted; allowed is one that was built with BuilderFlag.REFIT, "
                f"REFIT_IDENTICAL, REFIT_INDIVIDUAL or STRIP_PLAN: {error}",
                status=error.status,
                messages=error.messages,
            ) from error
        self._take(place, engine, logger)

    def _prepare(self, pointer: Any) -> None:
        self._flights = []

    def _how_to_make(self) -> str:
        return "Call trtx.Refitter(engine, logger)."

    def _details(self) -> str:
        return f"of {self.engine!r}"

    def _let_go(self) -> None:
        for flight in getattr(self, "_flights", ()):  # without, it never got a native object
            flight.leave()  # the GPU may be reading still
        super()._let_go()

    @property
    def engine(self) -> CudaEngine:
        """The engine that is refitted, and kept alive."""
        _ = self._ptr
        return self._parents[0]  # type: ignore[return-value]

    @property
    def logger(self) -> Logger:
        """The logger that it was made with. (``IRefitter::getLogger``)"""
        _ = self._ptr
        return self._parents[1]  # type: ignore[return-value]

    # New values

    def set_weights(self, layer_name: str, role: WeightsRole, weights: Weights | Array) -> Literal[True]:
        """Give new values to the weights that a layer has in a role (``IRefitter::setWeights``).

        Parameters
        ----------
        layer_name : str
        role : WeightsRole
        weights : Weights or array-like
            As many elements of the same type as the layer has, on the host.

        Raises
        ------
        InvalidArgumentError
            If an argument is of a wrong kind.
        RefitError
            If there are no such weights to refit, or if they have another type or number.
        """
        encoded = check_text(layer_name, "layer_name")
        role = check_enum(WeightsRole, role, "role")
        values = as_weights(weights, "weights")
        refuse_placeholder(values)
        function, what = lib.trtx_refitter_set_weights, f"set_weights({layer_name!r}, {role.name})"
        status = self._give((layer_name, role), values, function, encoded, role, to_native(values))
        if status:
            self._fail_with(what, lambda: self._unknown_role(layer_name, role))
        self._check(status, what)
        return True

    def _unknown_role(self, layer_name: str, role: WeightsRole) -> str:
        known = list(zip(*self.get_all(), strict=True))
        if (layer_name, role) in known:
            return ""
        roles = [found.name for name, found in known if name == layer_name]
        if roles:
            return f"the layer has weights to refit in other roles: {', '.join(roles)}"
        return f"this layer has no weights to refit: {_no_such(layer_name, [name for name, _ in known])}"

    def set_named_weights(
        self, name: str, weights: Weights | Array | Any, location: TensorLocation | None = None
    ) -> Literal[True]:
        """Give new values to named weights, from the host or from the GPU.

        (``IRefitter::setNamedWeights``)

        Parameters
        ----------
        name : str
            One of `get_all_weights`: of a parsed model, the name of its initializer.
        weights : Weights, array-like, or device memory
            As many elements of the same type as `get_weights_prototype` says. On the host, anything that is taken for
            weights; bytes (uint8) are taken as they are. On the GPU, what `trtx.cuda.device_address` takes: a
            `cuda.core` ``Buffer``, an array of torch or CuPy, or the address.
        location : TensorLocation, optional
            Where they are; by default, what the object itself tells. An address needs ``TensorLocation.DEVICE``.

        Raises
        ------
        InvalidArgumentError
            If an argument is of a wrong kind, if there are no weights of this name to refit, or if the values have
            another type or number, or lie elsewhere.
        RefitError
            If TensorRT-RTX refuses the values.

        Notes
        -----
        Memory of the GPU must hold its values before the engine is refitted: for values that a stream is still writing,
        wait for it, or refit on that stream.
        """
        if location is not None:
            location = check_enum(TensorLocation, location, "location")
        encoded, prototype = self._prototype(name, "name")
        place, native, owner = native_weights(weights, prototype, location)
        what = f"set_named_weights({name!r})"
        if place is TensorLocation.HOST:
            status = self._give(name, owner, lib.trtx_refitter_set_named_weights, encoded, native)
        else:
            function = lib.trtx_refitter_set_named_weights_with_location
            status = self._give(name, owner, function, encoded, native, place)
        self._check(status, what)
        return True

    def _give(self, key: Any, owner: Any, function: Callable[..., int], *arguments: Any) -> int:
        """Tell the library of values, which are kept until there are others."""
        self._land()
        former = self._keep.get(key)
        status = self._hand_over(key, owner, self._long, "set weights", function, *arguments)
        if not status and former is not None and former is not owner:
            for flight in self._flights:
                flight.keep(former)
        return status

    def unset_named_weights(self, weights_name: str) -> Literal[True]:
        """Take back the values that were given to named weights, and let go of them (``IRefitter::unsetNamedWeights``).

        Parameters
        ----------
        weights_name : str

        Raises
        ------
        InvalidArgumentError
            If there are no weights of this name to refit.
        RefitError
            If they were given no values.
        """
        encoded, _ = self._prototype(weights_name, "weights_name")
        what = f"unset_named_weights({weights_name!r})"
        status = self._long("unset_named_weights", lib.trtx_refitter_unset_named_weights, encoded)
        if not status:
            former = self._keep.pop(weights_name, None)
            for flight in self._flights:
                flight.keep(former)
        else:
            self._fail_with(what, lambda: "it has no values for them now")
        self._check(status, what)
        return True

    # Refitting

    def refit_cuda_engine(self) -> Literal[True]:
        """Put the new values into the engine, and wait for it (``IRefitter::refitCudaEngine``).

        No run of the engine may be under way on the GPU. Values of the host may be changed or dropped afterwards, once
        they are unset or the refitter is closed.

        Raises
        ------
        RefitError
            If values are missing (the message names them), or if TensorRT-RTX cannot refit the engine.
        BusyError
            If the engine or a context of it is in use.
        """
        what = "refit_cuda_engine"
        status = self._long(what, lib.trtx_refitter_refit_cuda_engine, alone=self.engine._tree())
        if status:
            self._fail_with(what, self._missing)
        self._check(status, what)
        self._land()
        return True

    def refit_cuda_engine_async(self, stream_handle: Any) -> Literal[True]:
        """Put the new values into the engine on a stream, without waiting for it (``IRefitter::refitCudaEngineAsync``).

        Parameters
        ----------
        stream_handle
            What `trtx.cuda.stream_handle` takes. Run the engine on the same stream, or wait for it first.

        Raises
        ------
        RefitError
            If values are missing (the message names them), or if TensorRT-RTX cannot refit the engine.
        InvalidArgumentError
            If ``stream_handle`` is no stream.
        BusyError
            If the engine or a context of it is in use.

        Notes
        -----
        Values must not change before the stream has come so far. They are kept alive until then, also where they are
        replaced or the refitter is closed meanwhile.
        """
        stream = cuda.stream_handle(stream_handle, "stream_handle")
        what = "refit_cuda_engine_async"
        self._land()
        # Before the call, out of which an interrupt may come.
        flight = Flight(stream, self._keep.values())
        self._flights.append(flight)
        status = self._long(what, lib.trtx_refitter_refit_cuda_engine_async, stream, alone=self.engine._tree())
        flight.begin()
        if status:
            self._flights.remove(flight)
            flight.leave()
            self._fail_with(what, self._missing)
        self._check(status, what)
        return True

    def _land(self) -> None:
        """Let go of what asynchronous refits have read."""
        self._flights[:] = [flight for flight in self._flights if not flight.is_over()]

    def _missing(self) -> str:
        """What is missing, which the library does not always say."""
        lines = self.get_missing_weights()
        lines = lines or [f"{layer}: {role.name}" for layer, role in zip(*self.get_missing(), strict=True)]
        return f"values are missing for {_few(lines)}" if lines else ""

    def _fail_with(self, what: str, explain: Callable[[], str]) -> NoReturn:
        """Raise for the native call that has just failed, with what more can be found out."""
        error = failure(RefitError, f"Refitter.{what}")
        try:
            if type(error) is RefitError and not _pending.pending:
                try:
                    more = explain()
                except Error:  # the library answers no more: its first words will have to do
                    more = ""
                error.args = (f"{error}; {more}" if more else str(error),)
            _pending.raise_pending(error, *self._targets)
        finally:
            del error  # see raise_pending
        raise AssertionError("unreachable")

    # Questions

    def get_missing(self) -> tuple[list[str], list[WeightsRole]]:
        """Layers and roles that need values too, as others were given that go with them (``IRefitter::getMissing``).

        Returns
        -------
        layer_names : list of str
        roles : list of WeightsRole
            One for each of the names.

        Raises
        ------
        RefitError
            If the library cannot tell.
        """
        return self._roles("get_missing", lib.trtx_refitter_get_missing)

    def get_all(self) -> tuple[list[str], list[WeightsRole]]:
        """Layers and roles of all weights that can be refitted (``IRefitter::getAll``).

        Returns
        -------
        layer_names : list of str
        roles : list of WeightsRole
            One for each of the names.

        Raises
        ------
        RefitError
            If the library cannot tell.
        """
        return self._roles("get_all", lib.trtx_refitter_get_all)

    def get_missing_weights(self) -> list[str]:
        """Names of weights that need values too, as others were given that go with them.

        (``IRefitter::getMissingWeights``)

        Raises
        ------
        RefitError
            If the library cannot tell.
        """
        return self._names("get_missing_weights", lib.trtx_refitter_get_missing_weights)

    def get_all_weights(self) -> list[str]:
        """Names of all named weights that can be refitted (``IRefitter::getAllWeights``).

        Raises
        ------
        RefitError
            If the library cannot tell.
        """
        return self._names("get_all_weights", lib.trtx_refitter_get_all_weights)

    def _roles(self, what: str, function: Callable[..., int]) -> tuple[list[str], list[WeightsRole]]:
        found: tuple[list[str], list[WeightsRole]] = ([], [])

        def read(pointer: Any) -> int:
            count = ffi.new("int32_t *")
            status = function(pointer, 0, ffi.NULL, ffi.NULL, count)
            if status or count[0] <= 0:
                return status
            names, roles = ffi.new("const char *[]", count[0]), ffi.new("trtx_weights_role[]", count[0])
            status = function(pointer, count[0], names, roles, count)
            if not status:
                found[0].extend(text(name) for name in names)
                found[1].extend(WeightsRole(role) for role in roles)
            return status

        self._check(self._long(what, read), what)
        return found

    def _names(self, what: str, function: Callable[..., int]) -> list[str]:
        found: list[str] = []

        def read(pointer: Any) -> int:
            count = ffi.new("int32_t *")
            status = function(pointer, 0, ffi.NULL, count)
            if status or count[0] <= 0:
                return status
            names = ffi.new("const char *[]", count[0])
            status = function(pointer, count[0], names, count)
            if not status:
                found.extend(text(name) for name in names)
            return status

        self._check(self._long(what, read), what)
        return found

    def get_named_weights(self, weights_name: str) -> Weights:
        """The values that were given to named weights (``IRefitter::getNamedWeights``).

        Parameters
        ----------
        weights_name : str

        Returns
        -------
        Weights
            Those of the host themselves; for values on the GPU, a placeholder with their type and number. Without
            elements where none were given.

        Raises
        ------
        InvalidArgumentError
            If there are no weights of this name to refit.
        """
        encoded, prototype = self._prototype(weights_name, "weights_name")
        native = ffi.new("trtx_weights *")
        status = lib.trtx_refitter_get_named_weights(self._ptr, encoded, native)
        try:
            self._check(status, f"get_named_weights({weights_name!r})")
        except RefitError:  # the name is right, so it says that none were given
            return Weights._make(prototype.dtype, None, 0, None)
        kept = self._keep.get(weights_name)
        if isinstance(kept, Weights) and native.values:
            return kept
        if native.values and self.get_weights_location(weights_name) is TensorLocation.HOST:
            return from_native(native)
        return Weights._make(DataType(native.type), None, max(native.count, 0), None)

    def get_weights_location(self, weights_name: str) -> TensorLocation:
        """Whether the values that were given to named weights are on the host or on the GPU.

        (``IRefitter::getWeightsLocation``)

        Parameters
        ----------
        weights_name : str

        Raises
        ------
        InvalidArgumentError
            If there are no weights of this name to refit.
        RefitError
            If none were given.
        """
        encoded, _ = self._prototype(weights_name, "weights_name")
        result = ffi.new("trtx_tensor_location *")
        status = lib.trtx_refitter_get_weights_location(self._ptr, encoded, result)
        self._check(status, f"get_weights_location({weights_name!r})")
        return TensorLocation(result[0])

    def get_weights_prototype(self, weights_name: str) -> Weights:
        """Type and number that values of named weights must have (``IRefitter::getWeightsPrototype``).

        Parameters
        ----------
        weights_name : str

        Returns
        -------
        Weights
            A placeholder: ``dtype`` and ``count``, without values.

        Raises
        ------
        InvalidArgumentError
            If there are no weights of this name to refit.
        """
        return self._prototype(weights_name, "weights_name")[1]

    def _prototype(self, name: str, argument: str) -> tuple[bytes, Weights]:
        """The native form of the name of weights that can be refitted, and what they are like."""
        encoded = check_text(name, argument, empty=False)
        native = ffi.new("trtx_weights *")
        if self._notes:
            self._refuse_change("get_weights_prototype")  # a refit changes what is asked for
        status = lib.trtx_refitter_get_weights_prototype(self._ptr, encoded, native)
        if status or native.count <= 0:
            error = failure(RefitError, f"Refitter.get_weights_prototype({name!r})") if status else None
            try:
                known = self.get_all_weights()
                if name not in known:
                    more = _no_such(name, known)
                    error = InvalidArgumentError(f"{argument} is {name!r}, which names no weights to refit; {more}")
                _pending.raise_pending(error, *self._targets)
            finally:
                del error  # see raise_pending
        self._check(0, "get_weights_prototype")
        return encoded, Weights._make(DataType(native.type), None, native.count, None)

    # Memory

    def release_refit_resources(self) -> Literal[True]:
        """Free what refitting needs beside the engine; the next refit makes it anew.

        (``IRefitter::releaseRefitResources``, TensorRT-RTX 1.7)

        Raises
        ------
        UnsupportedError
            If the loaded library is older than 1.7.
        RefitError
            If TensorRT-RTX cannot do so.
        BusyError
            If the engine or a context of it is in use.
        """
        what = "release_refit_resources"
        status = self._long(what, lib.trtx_refitter_release_refit_resources, alone=self.engine._tree())
        self._check(status, what)
        return True


def _logger_of(engine: CudaEngine) -> Logger:
    runtime = engine._parents[0]
    return next(parent for parent in runtime._parents if isinstance(parent, Logger))


def _no_such(name: str, known: list[str]) -> str:
    """What somebody may have meant by a name that is not known."""
    if not known:
        return "there are none"
    near = difflib.get_close_matches(name, known, 3, 0.6)
    return f"did you mean {_few(near)}?" if near else f"allowed are {_few(sorted(set(known)))}"


def _few(names: list[str]) -> str:
    more = len(names) - 8
    return ", ".join(map(repr, names[:8])) + (f" and {more} more" if more > 0 else "")
