"""`OnnxParser`: fills a network from an ONNX model.

What the library does not say, and this module sees to:

- A native parser reads one model, into an empty network. Even the question whether a model is supported fills the
  network, so `OnnxParser.supports_model` asks with a network and a parser of its own.
- The weights of the parsed layers belong to the native parser. Destroyed before the build, it leaves them dangling:
  the engine is built, of garbage.
- A native parser makes its error recorder the network's, and never takes it back. Where it finds another one there, a
  former parser's or the user's, it restores that when it is destroyed: with the network gone before, that crashes.

  Therefore a network has one native parser in its life, and keeps it until it is gone itself. An `OnnxParser` that was
  closed before it read a model leaves it to the next one. The user's recorder is taken off before a parser is made.
- Some malformed models crash the library: see `check`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeVar

from trtx_sys._enums_gen import Severity
from trtx_sys._ffi import lib

from .._build.network import NetworkDefinition
from .._core import pending as _pending
from .._core.accessors import changed
from .._core.calls import new_place
from .._core.errors import InvalidArgumentError, ParserError, readable
from .._core.keywords import also_named
from .._core.library import require_onnx_parser
from .._core.logger import Logger
from .._core.public import public
from .._core.shut import busy_class
from .._core.values import check_bool, check_text, reject
from .check import Initializer
from .explain import explain, newer_than_known
from .initializers import initializer_bytes
from .questions import ParserQuestions, run_apart
from .report import parser_error, read_errors
from .source import Model, as_view, check, map_file

if TYPE_CHECKING:
    from .._build.config import BuilderConfig
    from .._core.types import Array, Bool, BytesLike

__all__ = ["OnnxParser"]

T = TypeVar("T")

_claiming = threading.Lock()

#: Where a network keeps what it knows of its parser.
ONNX_PARSER = "onnx_parser"


class _Record:
    """What a network knows of its parser, and keeps for it, whatever becomes of the `OnnxParser`."""

    __slots__ = ("config", "flags", "keep", "logger", "model", "owner", "user")

    def __init__(self) -> None:
        #: What it has been asked to read; empty before that.
        self.model = ""
        #: A share in the native parser, for the next `OnnxParser` if this one reads nothing; null while there is none.
        self.owner: Any = new_place("trtx_onnx_parser")
        #: The logger that the native parser was made with, its flags then, and whether it was given a configuration.
        self.logger: Logger | None = None
        self.flags = 0
        self.config = False
        #: The identity of the `OnnxParser` that has it; 0 for none.
        self.user = 0
        #: Values that were supplied, which the native parser reads until the build.
        self.keep: list[Any] = []


@public
class OnnxParser(ParserQuestions):
    """Fills a network with the layers of an ONNX model (``nvonnxparser::IParser``). No GPU is needed.

    Parameters
    ----------
    network : NetworkDefinition
        An empty network. It takes one model in its life, and one parser at a time: the next one is taken when the
        former was closed before it read a model. (It gets the former's native parser, as that of a network cannot be
        replaced; so it needs the same logger, and the former must not have been given a configuration.)
    logger : Logger, optional
        Gets the parser's messages; by default the logger of the network's builder.

    Raises
    ------
    InvalidArgumentError
        If an argument is of a wrong kind, or if the network has another parser, or had one that has read a model.
    LibraryError
        If the ONNX parser library cannot be loaded.

    Notes
    -----
    A parser reads one model, once; after a failure the network may hold half of the model: drop both. The parser may be
    closed before the engine is built, and the model's bytes may be dropped at once. Files of external data are mapped
    into memory and read by the build: leave them alone until the network is closed.

    It must be used by one thread at a time; a second one gets `BusyError`. Arguments of a wrong kind, such as a flag of
    another enum, raise `InvalidArgumentError`.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.

    A model's structure is checked first, since broken ones crash NVIDIA's parser. Hostile models may do so still: for
    those, parse with ``isolated=True``.
    """

    __slots__ = ("_initializers", "_is_loaded", "_record")

    _error = ParserError
    _is_loaded: bool
    #: The initializers of a loaded model, some of which cannot be read from files and must be supplied.
    _initializers: dict[str, Initializer]
    _record: _Record

    def __init__(self, network: NetworkDefinition, logger: Logger | None = None) -> None:
        if not isinstance(network, NetworkDefinition):
            reject("network", network, "a trtx.NetworkDefinition")
        _ = network._ptr
        if logger is None:
            logger = network._builder.logger
        elif not isinstance(logger, Logger):
            reject("logger", logger, "a trtx.Logger, or None for the builder's")
        require_onnx_parser()
        self._record, is_new = _claim_network(network, self, logger)
        self._config = None
        self._is_loaded = False
        self._initializers, self._subgraphs = {}, ()
        self._targets = tuple(dict.fromkeys((*network._targets, *logger._targets)))
        place = new_place("trtx_onnx_parser")
        if not is_new:
            self._check(lib.trtx_retain(self._record.owner[0], place), "create")
            self._take(place, network, logger)
            self._set("flags", lib.trtx_onnx_parser_set_flags, self._record.flags)
            self.clear_errors()
            return
        try:
            self._check(
                network._long("OnnxParser()", lib.trtx_onnx_parser_create, logger, place, alone=[network]), "create"
            )
            self._take(place, network, logger)
            self._record.flags = self.flags
            self._check(lib.trtx_retain(self._ptr, self._record.owner), "create")
        except BaseException:
            if not place[0] and self.is_closed:  # else the network has one, and takes no other
                network._keep.pop(ONNX_PARSER, None)
            raise

    def _let_go(self) -> None:
        super()._let_go()
        record = getattr(self, "_record", None)
        if record is not None and record.user == id(self):
            record.user = 0
        self._record = _Record()  # the network has the other one

    def _details(self) -> str:
        return self._record.model or "no model yet"

    @property
    def _model(self) -> str:
        return self._record.model

    # Parsing

    def parse(
        self,
        model: BytesLike,
        path: str | os.PathLike[str] | None = None,
        *,
        allow_outside_data: Bool = False,
        isolated: Bool = False,
    ) -> Literal[True]:
        """Add the layers of a serialized model to the network (``IParser::parse``).

        Parameters
        ----------
        model : bytes-like
            The serialized ModelProto. It is not copied, and not needed afterwards.
        path : str or os.PathLike, optional
            Where the model comes from; needed for models with external data, which must lie in the same folder.
        allow_outside_data : bool, default False
            Let external data lie anywhere: for models that you trust. Where the model's file is a link, as in the cache
            of Hugging Face, its data may lie beside the real file without that.
        isolated : bool, default False
            Let a process of its own parse the model first, with `check_onnx_model`: what crashes or blocks NVIDIA's
            parser then raises here. For models from strangers.

        Raises
        ------
        ParserError
            If the model is malformed, or if TensorRT-RTX refuses it: the message lists every error with node and
            operator, and ``errors`` has them as `ParserErrorInfo`. The network may be half filled: drop it.
            With ``isolated``, also if parsing crashes or takes more than a minute.
        InvalidArgumentError
            If an argument is of a wrong kind.
        """
        _ = self._ptr
        self._parse("parse", check("OnnxParser.parse", as_view(model), path, allow_outside_data), isolated)
        return True

    @also_named(model="path")
    def parse_from_file(
        self, path: str | os.PathLike[str], *, allow_outside_data: Bool = False, isolated: Bool = False
    ) -> Literal[True]:
        """Add the layers of a model in a file to the network (``IParser::parse``, on the mapped file).

        Parameters
        ----------
        path : str or os.PathLike
            An ONNX file. Its external data must lie in the same folder.
        allow_outside_data, isolated : bool, default False
            As in `parse`.

        Raises
        ------
        ParserError
            If the file cannot be read, and as in `parse`.
        InvalidArgumentError
            If the path is of a wrong kind.
        """
        _ = self._ptr
        subject = "OnnxParser.parse_from_file"
        with map_file(subject, path) as view:
            self._parse("parse_from_file", check(subject, view, path, allow_outside_data), isolated)
        return True

    def _parse(self, what: str, model: Model, isolated: Bool) -> None:
        isolated = check_bool(isolated, "isolated")
        if isolated and not self._record.model:
            from .child import Request, parse_apart

            request = Request(model.path, model.outside, self.flags, self.network.flags)
            parse_apart(f"OnnxParser.{what}", model.source, model.view, request)

        def parse() -> None:
            with self._changing(what):
                self._claim(what, model)
                self._finish(lib.trtx_onnx_parser_parse(self._ptr, *model.arguments), what, model.view)

        run_apart(parse, what)

    def load_model_proto(
        self, model: BytesLike, path: str | os.PathLike[str] | None = None, *, allow_outside_data: Bool = False
    ) -> Literal[True]:
        """Read a model whose initializers are going to be supplied (``IParser::loadModelProto``).

        Call `load_initializer` next, for each, and then `parse_model_proto`.

        Parameters
        ----------
        model : bytes-like
            The serialized ModelProto. It is not needed afterwards.
        path : str or os.PathLike, optional
            Where the model comes from; needed for initializers in external data that are not supplied.
        allow_outside_data : bool, default False
            As in `parse`.

        Raises
        ------
        ParserError, InvalidArgumentError
            As in `parse`.
        """
        what = "load_model_proto"
        _ = self._ptr
        initializers: dict[str, Initializer] = {}
        checked = check(f"OnnxParser.{what}", as_view(model), path, allow_outside_data, initializers)

        def load() -> None:
            with self._changing(what):
                self._claim(what, checked)
                self._finish(lib.trtx_onnx_parser_load_model_proto(self._ptr, *checked.arguments), what)
                self._initializers = initializers
                self._is_loaded = True

        run_apart(load, what)
        return True

    def load_initializer(self, name: str, data: Array | int, size: SupportsIndex | None = None) -> Literal[True]:
        """Supply the values of an initializer (``IParser::loadInitializer``).

        Parameters
        ----------
        name : str
            An initializer of the model that `load_model_proto` has read.
        data : array-like
            Its values in the model's order: an array of the model's type, or bytes (uint8), which are taken as they
            are. They are kept, not copied, and must not change before the engine is built. Or their address, behind
            which nothing can be checked or kept.
        size : int, optional
            Bytes of the values; needed where the address alone is given.

        Raises
        ------
        ParserError
            If there is no such initializer, if the number of bytes is another one, or if no model is loaded.
        InvalidArgumentError
            If an argument is of a wrong kind, or if the array has another type than the initializer.
        """
        encoded = check_text(name, "name", empty=False)
        what = f"load_initializer({name!r})"
        with self._changing(what):
            self._need_loaded(what)
            known = self._initializers.get(name)
            view, nbytes = initializer_bytes(name, data, known, size)
            self._record.keep.append(view)  # before the call, out of which an interrupt may come
            self._finish(lib.trtx_onnx_parser_load_initializer(self._ptr, encoded, view, nbytes), what)
            if known is not None:
                self._initializers[name] = known._replace(fault=None)
        return True

    def parse_model_proto(self) -> Literal[True]:
        """Add the layers of the model that `load_model_proto` has read to the network (``IParser::parseModelProto``).

        Raises
        ------
        ParserError
            As in `parse`, if no model is loaded, and if an initializer is neither supplied nor readable.
        """
        what = "parse_model_proto"

        def parse() -> None:
            with self._changing(what):
                self._need_loaded(what)
                for initializer in self._initializers.values():
                    if initializer.fault is not None:
                        raise ParserError(
                            f"OnnxParser.{what}: {initializer.fault}, or supply it with load_initializer()"
                        )
                self._is_loaded = False
                self._finish(lib.trtx_onnx_parser_parse_model_proto(self._ptr), what)

        run_apart(parse, what)
        return True

    def _need_loaded(self, what: str) -> None:
        if not self._is_loaded:
            raise ParserError(f"OnnxParser.{what}: no model is loaded; call load_model_proto() first, once")

    def _claim(self, what: str, model: Model) -> None:
        """Note what the native parser is going to read, unless it has read something."""
        if self._record.model:
            raise ParserError(
                f"OnnxParser.{what}: the parser has read {self._record.model} already, and reads one model only; make "
                "a new network and a new parser"
            )
        self._record.model = model.source
        newer = newer_than_known(model.view)
        if newer:
            logger: Any = self._parents[1]
            logger.log(Severity.WARNING, readable(f"OnnxParser.{what}: {model.source}: {newer}"))

    @contextmanager
    def _changing(self, what: str) -> Iterator[None]:
        """Keep others out of parser and network, and from closing the configuration, while a native call runs."""
        network, config = self.network, self._config
        with self._using(f"OnnxParser.{what}", network, *([] if config is None else [config])):
            network.__class__ = busy_class(type(network))
            try:
                yield
            finally:
                network.__class__ = network._open_class

    def _finish(self, status: int, what: str, model: memoryview | None = None) -> None:
        """Raise what a callback raised, or every error of the parser, if the call has failed."""
        if not status:
            self._check(status, what)
            return
        error = parser_error(f"OnnxParser.{what}", self._record.model, lambda: explain(read_errors(self._ptr), model))
        try:
            _pending.raise_pending(error, *self._targets)
        finally:
            del error  # see raise_pending

    # Settings

    def set_builder_config(self, builder_config: BuilderConfig) -> Literal[True]:
        """Let the parser see the configuration that the engine is going to be built with.

        (``IParser::setBuilderConfig``)

        Parameters
        ----------
        builder_config : BuilderConfig
            It is kept alive until another one is set, and must be open when the model is parsed.

        Raises
        ------
        ParserError
            If the parser refuses it.
        """
        from .._build.config import BuilderConfig

        if not isinstance(builder_config, BuilderConfig):
            reject("builder_config", builder_config, "a trtx.BuilderConfig")
        former, self._config = self._config, builder_config  # now, as an interrupt may come out of the call
        self._record.config = True
        status = self._long("set_builder_config", lib.trtx_onnx_parser_set_builder_config, builder_config)
        if status:
            self._config = former
        self._check(status, "set_builder_config")
        return True

    def _set(self, what: str, function: Callable[..., int], *values: Any) -> None:
        self._check(changed(self, what, self, function, *values), what)


def _claim_network(network: NetworkDefinition, parser: OnnxParser, logger: Logger) -> tuple[_Record, bool]:
    """Note the parser of a network, and whether it is the first one; or refuse.

    One step for all threads: of two that make a parser, one is told so.
    """
    with _claiming:
        made = _Record()
        record: _Record = network._keep.setdefault(ONNX_PARSER, made)
        if record is not made:
            if record.model:
                problem = f"network has had an OnnxParser already, which has read {record.model}"
                raise InvalidArgumentError(
                    f"{problem}; allowed is a network without one: it takes one model in its life"
                )
            if record.user or not record.owner[0]:
                raise InvalidArgumentError(
                    "network has had an OnnxParser already, which is open; use that one, or close it first"
                )
            if record.logger is not logger or record.config:
                reason = "a configuration" if record.config else "another logger"
                raise InvalidArgumentError(
                    f"network has had an OnnxParser already, with {reason}; a next one gets the same native parser, "
                    "which cannot forget that: make a new network"
                )
        record.user, record.logger = id(parser), logger
        return record, record is made
