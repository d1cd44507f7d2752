"""`OnnxParserRefitter`: new weights for an engine from an ONNX model.

The native object does no more than to find the values and to tell them to the native refitter: what it read stays its
own, and the refitter reads it when the engine is refitted. So from the first such call on the refitter keeps the native
object alive, whatever becomes of the one of Python.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from trtx_sys._ffi import lib

from .._core import interruptible
from .._core import pending as _pending
from .._core.accessors import changed
from .._core.calls import new_place
from .._core.errors import ParserError
from .._core.library import require_onnx_parser
from .._core.logger import Logger
from .._core.public import public
from .._core.values import check_path, check_text, reject
from .._run.refitter import Refitter
from .accessors_gen import OnnxParserRefitterAccessors
from .check import Initializer
from .has_errors import HasErrors
from .initializers import initializer_bytes
from .observer import Observer, RefitterObserver
from .report import ParserErrorInfo, parser_error, read_refitter_errors
from .source import Model, as_view, check, map_file

if TYPE_CHECKING:
    from .._core.types import Array, Bool, BytesLike

__all__ = ["OnnxParserRefitter"]


@public
class OnnxParserRefitter(HasErrors, OnnxParserRefitterAccessors):
    """Takes new weights for an engine from an ONNX model (``nvonnxparser::IParserRefitter``).

    It gives a `Refitter` the values of a model that differs from the one that the engine was built from in the values
    of its initializers alone; `Refitter.refit_cuda_engine` puts them into the engine then.

    Parameters
    ----------
    refitter : Refitter
    logger : Logger, optional
        Gets the messages; by default the logger of the refitter.

    Raises
    ------
    InvalidArgumentError
        If an argument is of a wrong kind.
    LibraryError
        If the ONNX parser library cannot be loaded.

    Notes
    -----
    It keeps the refitter alive; closing the refitter closes it first. It may be closed, and the model's bytes may be
    dropped, before the engine is refitted: the refitter keeps what it needs until it is closed itself. Files of
    external data are mapped into memory: leave them alone until then.

    It serves one thread at a time, and nobody may use the refitter meanwhile; others get `BusyError`.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ("_initializers", "_read", "_source")

    _read_errors = staticmethod(read_refitter_errors)
    _clear_errors = lib.trtx_onnx_parser_refitter_clear_errors

    _error = ParserError
    #: The initializers of a loaded model, some of which must be supplied; None where none is loaded.
    _initializers: dict[str, Initializer] | None
    #: What the refitter reads of this object, and keeps: the native object, and values that were supplied.
    _read: list[object]
    #: What messages call the model that was read last.
    _source: str

    def __init__(self, refitter: Refitter, logger: Logger | None = None) -> None:
        if not isinstance(refitter, Refitter):
            reject("refitter", refitter, "a trtx.Refitter")
        _ = refitter._ptr
        if logger is None:
            logger = refitter.logger
        elif not isinstance(logger, Logger):
            reject("logger", logger, "a trtx.Logger, or None for the refitter's")
        require_onnx_parser()
        self._initializers, self._read, self._source = None, [], "the model"
        self._targets = tuple(dict.fromkeys((*refitter._targets, *logger._targets)))
        place = new_place("trtx_onnx_parser_refitter")
        function = lib.trtx_onnx_parser_refitter_create
        self._check(refitter._long("OnnxParserRefitter()", function, logger, place), "create")
        self._take(place, refitter, logger)

    def _how_to_make(self) -> str:
        return "Call trtx.OnnxParserRefitter(refitter, logger)."

    @property
    def refitter(self) -> Refitter:
        """The refitter that gets the values, and is kept alive."""
        _ = self._ptr
        return self._parents[0]  # type: ignore[return-value]

    # Refitting

    def refit_from_bytes(
        self, model: BytesLike, path: str | os.PathLike[str] | None = None, *, allow_outside_data: Bool = False
    ) -> Literal[True]:
        """Give the refitter the weights of a serialized model (``IParserRefitter::refitFromBytes``).

        Parameters
        ----------
        model : bytes-like
            The serialized ModelProto. It is not needed afterwards.
        path : str or os.PathLike, optional
            Where the model comes from; needed for models with external data.
        allow_outside_data : bool, default False
            As of `OnnxParser.parse`.

        Raises
        ------
        ParserError
            If the model is malformed, or does not fit the engine: the message lists every error, and ``errors`` has
            them as `ParserErrorInfo`.
        InvalidArgumentError
            If an argument is of a wrong kind.
        BusyError
            If the refitter is in use.
        """
        _ = self._ptr
        what = "refit_from_bytes"
        self._refit(what, check(f"OnnxParserRefitter.{what}", as_view(model), path, allow_outside_data))
        return True

    def refit_from_file(self, model: str | os.PathLike[str], *, allow_outside_data: Bool = False) -> Literal[True]:
        """Give the refitter the weights of a model in a file.

        (``IParserRefitter::refitFromBytes``, on the mapped file)

        Parameters
        ----------
        model : str or os.PathLike
            An ONNX file. Its external data must lie in the same folder.
        allow_outside_data : bool, default False
            As of `OnnxParser.parse`.

        Raises
        ------
        ParserError
            If the file cannot be read (it is an `OSError` too then), and as in `refit_from_bytes`.
        InvalidArgumentError, BusyError
            As in `refit_from_bytes`.
        """
        _ = self._ptr
        what = "refit_from_file"
        subject = f"OnnxParserRefitter.{what}"
        check_path(model, "model")
        with map_file(subject, model) as view:
            self._refit(what, check(subject, view, model, allow_outside_data))
        return True

    def _refit(self, what: str, model: Model) -> None:
        function = lib.trtx_onnx_parser_refitter_refit_from_bytes
        self._work(what, model.source, lambda: function(self._ptr, *model.arguments))

    def load_model_proto(
        self, model: BytesLike, path: str | os.PathLike[str] | None = None, *, allow_outside_data: Bool = False
    ) -> Literal[True]:
        """Read a model whose initializers are going to be supplied (``IParserRefitter::loadModelProto``).

        Call `load_initializer` next, for each, and then `refit_model_proto`.

        Parameters
        ----------
        model : bytes-like
            The serialized ModelProto. It is not needed afterwards.
        path : str or os.PathLike, optional
            Where the model comes from; needed for initializers in external data that are not supplied.
        allow_outside_data : bool, default False
            As of `OnnxParser.parse`.

        Raises
        ------
        ParserError, InvalidArgumentError, BusyError
            As in `refit_from_bytes`.
        """
        what = "load_model_proto"
        _ = self._ptr
        initializers: dict[str, Initializer] = {}
        checked = check(f"OnnxParserRefitter.{what}", as_view(model), path, allow_outside_data, initializers)

        def load() -> int:
            function = lib.trtx_onnx_parser_refitter_load_model_proto
            status = function(self._ptr, *checked.arguments)
            self._initializers = None if status else initializers
            return status

        self._work(what, checked.source, load)
        return True

    def load_initializer(self, name: str, data: Array | int, size: SupportsIndex | None = None) -> Literal[True]:
        """Supply the values of an initializer (``IParserRefitter::loadInitializer``).

        Parameters
        ----------
        name : str
            An initializer of the model that `load_model_proto` has read.
        data : array-like
            Its values in the model's order: an array of the model's type, or bytes (uint8), which are taken as they
            are. They are kept, not copied, and must not change before the engine is refitted. Or their address, behind
            which nothing can be checked or kept.
        size : int, optional
            Bytes of the values; needed where the address alone is given.

        Raises
        ------
        ParserError
            If there is no such initializer, if the number of bytes is another one, or if no model is loaded.
        InvalidArgumentError
            If an argument is of a wrong kind, or if the array has another type than the initializer.
        BusyError
            As in `refit_from_bytes`.
        """
        encoded = check_text(name, "name", empty=False)
        what = f"load_initializer({name!r})"
        initializers = self._need_loaded(what)
        known = initializers.get(name)
        view, nbytes = initializer_bytes(name, data, known, size)
        # The library may read it until the refitter is gone, and an interrupt may come out of the call.
        self._read.append(view)
        function = lib.trtx_onnx_parser_refitter_load_initializer
        self._work(what, self._source, lambda: function(self._ptr, encoded, view, nbytes), apart=False)
        if known is not None:
            initializers[name] = known._replace(fault=None)
        return True

    def refit_model_proto(self) -> Literal[True]:
        """Give the refitter the weights of the model that `load_model_proto` has read.

        (``IParserRefitter::refitModelProto``)

        Raises
        ------
        ParserError
            As in `refit_from_bytes`, if no model is loaded, and if an initializer is neither supplied nor readable.
        BusyError
            As in `refit_from_bytes`.
        """
        what = "refit_model_proto"
        for initializer in self._need_loaded(what).values():
            if initializer.fault is not None:
                raise ParserError(
                    f"OnnxParserRefitter.{what}: {initializer.fault}, or supply it with load_initializer()"
                )
        self._work(what, self._source, lambda: lib.trtx_onnx_parser_refitter_refit_model_proto(self._ptr))
        return True

    def _need_loaded(self, what: str) -> dict[str, Initializer]:
        _ = self._ptr
        if self._initializers is None:
            raise ParserError(f"OnnxParserRefitter.{what}: no model is loaded; call load_model_proto() first")
        return self._initializers

    def _work(self, what: str, source: str, call: Callable[[], int], *, apart: bool = True) -> None:
        """Make a call that reads a model or gives its values to the refitter, which must not be used meanwhile."""
        refitter = self.refitter

        def work() -> None:
            with self._using(f"OnnxParserRefitter.{what}", refitter):
                self._source = source
                self._let_refitter_keep(refitter)
                told = self.num_errors
                status = call()
                if not status:
                    self._check(status, what)
                    return

                def read() -> tuple[ParserErrorInfo, ...]:
                    errors = read_refitter_errors(self._ptr)
                    return errors[told:] or errors

                error = parser_error(f"OnnxParserRefitter.{what}", source, read)
                try:
                    _pending.raise_pending(error, *self._targets)
                finally:
                    del error  # see raise_pending

        if apart:
            interruptible.run(work, lambda: None, f"OnnxParserRefitter.{what}")
        else:
            work()

    def _let_refitter_keep(self, refitter: Refitter) -> None:
        """Let the native object live as long as the refitter, which is going to read its memory."""
        refitter._keep["onnx", id(self._read)] = self._read
        if not any(isinstance(one, _Owner) for one in self._read):
            owner = _Owner()
            self._read.append(owner)
            self._check(lib.trtx_retain(self._ptr, owner.place), "refit")

    # The observer

    @property
    def refit_observer(self) -> Observer | None:
        """Who is told of each weight that gets new values; None, the default, for nobody.

        (``IParserRefitter::setRefitObserver``, TensorRT-RTX 1.6) A `RefitterObserver`, or a function that takes a
        `RefitRecord`. It is kept alive until another one is set, and called while a model is being read, mostly on
        another thread than the one that made the call. What it raises comes out of that call.

        Raises
        ------
        InvalidArgumentError
            If it is set to something else, or to an observer that has no method of the right name.
        UnsupportedError
            If it is set, and the loaded library is older than 1.6.
        BusyError
            If it is set while a model is being read.
        """
        found: Observer | None = self._callback("refit_observer")
        return found

    @refit_observer.setter
    def refit_observer(self, value: Observer | None) -> None:
        what, function = "refit_observer", lib.trtx_onnx_parser_refitter_set_refit_observer
        self._refuse_change(what)
        status = self._refer_to(
            what, RefitterObserver, value, lambda pointer: changed(self, what, self, function, pointer)
        )
        self._check(status, what)


class _Owner:
    """A share in a native object, which goes with this."""

    __slots__ = ("place",)

    def __init__(self) -> None:
        self.place: Any = new_place("trtx_onnx_parser_refitter")
