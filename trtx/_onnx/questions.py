"""What an ONNX parser can be asked: a base of `OnnxParser`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar

from trtx_sys._ffi import ffi, lib

from .._build.network import NetworkDefinition
from .._core import interruptible
from .._core import pending as _pending
from .._core.errors import InvalidArgumentError, ParserError, failure, text
from .._core.values import check_index, check_int, check_text
from .accessors_gen import OnnxParserAccessors
from .explain import cannot_run, explain, judge
from .has_errors import HasErrors
from .report import ModelSupport, Subgraph, read_errors, read_subgraphs
from .source import as_view, check

if TYPE_CHECKING:
    from .._build.config import BuilderConfig
    from .._build.tensor import Tensor
    from .._core.types import Bool, BytesLike

T = TypeVar("T")


class ParserQuestions(HasErrors, OnnxParserAccessors):
    """What a parser knows of operators, models, tensors and errors."""

    __slots__ = ("_config", "_subgraphs")

    _read_errors = staticmethod(read_errors)
    _clear_errors = lib.trtx_onnx_parser_clear_errors
    _config: BuilderConfig | None
    #: Parts of the model that was asked about.
    _subgraphs: tuple[Subgraph, ...]

    @property
    def network(self) -> NetworkDefinition:
        """The network that the parser fills, and keeps alive."""
        _ = self._ptr
        return self._parents[0]  # type: ignore[return-value]

    @property
    def _model(self) -> str:
        """What messages call the model that was read; empty before that."""
        raise NotImplementedError

    def supports_operator(self, op_name: str) -> bool:
        """Whether an operator can be parsed and run; nodes may still have attributes that are not taken.

        (``IParser::supportsOperator``) The library says True of some operators that TensorRT-RTX cannot run, as they
        need plugins, such as NonZero: here that is False.

        Parameters
        ----------
        op_name : str
            Such as ``"Conv"``.
        """
        encoded = check_text(op_name, "op_name")
        result = ffi.new("bool *")
        what = "supports_operator"
        self._check(self._long(f"OnnxParser.{what}", lib.trtx_onnx_parser_supports_operator, encoded, result), what)
        return bool(result[0]) and not cannot_run(op_name)

    def supports_model(
        self, model: BytesLike, path: str | os.PathLike[str] | None = None, *, allow_outside_data: Bool = False
    ) -> ModelSupport:
        """Find out which parts of a model are supported (``IParser::supportsModelV2``).

        The model is parsed into a network of its own: this parser and its network stay as they are. The flags and the
        configuration of this parser count.

        Parameters
        ----------
        model : bytes-like
        path : str or os.PathLike, optional
        allow_outside_data : bool, default False
            As in `parse`.

        Returns
        -------
        ModelSupport

        Raises
        ------
        ParserError
            If the model is malformed.
        InvalidArgumentError
            If an argument is of a wrong kind.
        """
        what = "supports_model"
        checked = check(f"OnnxParser.{what}", as_view(model), path, allow_outside_data)
        network, builder = self.network, self.network.builder
        logger: Any = self._parents[1]

        def ask() -> ModelSupport:
            make = self._open_class
            with builder.create_network(network.flags) as scratch, make(scratch, logger) as parser:
                parser.flags = self.flags
                if self._config is not None:
                    parser.set_builder_config(self._config)
                result = ffi.new("bool *")
                function = lib.trtx_onnx_parser_supports_model_v2
                status = parser._long(f"OnnxParser.{what}", function, *checked.arguments, result)
                # A model that cannot be read at all gets a "no" as well: with an explanation, but without any part.
                error = None if result[0] else failure(ParserError, f"OnnxParser.{what}", status or lib.TRTX_FAILED)
                errors, subgraphs = read_errors(parser._ptr), read_subgraphs(parser._ptr)
                try:
                    if error is not None and not errors and not subgraphs:
                        _pending.raise_pending(error, *self._targets)
                    self._check(0, what)
                finally:
                    del error  # see raise_pending
            found = ModelSupport(bool(result[0]), subgraphs, explain(errors, checked.view))
            return judge(found, checked.view)

        return run_apart(ask, what)

    def supports_model_v2(
        self, model: BytesLike, path: str | os.PathLike[str] | None = None, *, allow_outside_data: Bool = False
    ) -> bool:
        """Whether all of a model is supported (``IParser::supportsModelV2``).

        `num_subgraphs`, `is_subgraph_supported` and `get_subgraph_nodes` tell of its parts afterwards. `supports_model`
        answers all of this at once, and says why.

        Parameters
        ----------
        model : bytes-like
        path : str or os.PathLike, optional
        allow_outside_data : bool, default False
            As in `parse`.

        Raises
        ------
        ParserError, InvalidArgumentError
            As in `supports_model`.
        """
        support = self.supports_model(model, path, allow_outside_data=allow_outside_data)
        self._subgraphs = support.subgraphs
        return support.supported

    @property
    def num_subgraphs(self) -> int:
        """Number of parts of the model that `supports_model_v2` was last asked about; 0 before that.

        (``IParser::getNbSubgraphs``)
        """
        _ = self._ptr
        return len(self._subgraphs)

    def is_subgraph_supported(self, index: SupportsIndex) -> bool:
        """Whether a part of the model that `supports_model_v2` was last asked about is supported.

        (``IParser::isSubgraphSupported``)

        Parameters
        ----------
        index : int
            From 0 to ``num_subgraphs - 1``.

        Raises
        ------
        InvalidArgumentError
            If there is no such part.
        """
        return self._subgraph(index).supported

    def get_subgraph_nodes(self, index: SupportsIndex) -> list[int]:
        """Indices of the nodes of a part of the model that `supports_model_v2` was last asked about.

        (``IParser::getSubgraphNodes``)

        Parameters
        ----------
        index : int
            From 0 to ``num_subgraphs - 1``.

        Raises
        ------
        InvalidArgumentError
            If there is no such part.
        """
        return list(self._subgraph(index).nodes)

    def _subgraph(self, index: SupportsIndex) -> Subgraph:
        _ = self._ptr
        parts = self._subgraphs
        return parts[check_index(index, "index", len(parts), "parts of a model; call supports_model_v2 first")]

    def get_used_vc_plugin_libraries(self) -> list[str]:
        """Paths of plugin libraries that the parsed model needs (``IParser::getUsedVCPluginLibraries``).

        TensorRT-RTX has no plugins, so there are none.

        Raises
        ------
        ParserError
            If TensorRT-RTX cannot tell.
        """
        count, names = ffi.new("int64_t *"), ffi.new("const char *const **")
        found: list[str] = []

        def read(parser: Any) -> int:
            status: int = lib.trtx_onnx_parser_get_used_vc_plugin_libraries(parser, count, names)
            if not status and names[0]:
                found.extend(text(names[0][index]) for index in range(count[0]))
            return status

        what = "get_used_vc_plugin_libraries"
        self._check(self._long(what, read), what)
        return found

    def get_layer_output_tensor(self, name: str, i: SupportsIndex = 0) -> Tensor:
        """Tensor that a node of the parsed model computes (``IParser::getLayerOutputTensor``).

        Parameters
        ----------
        name : str
            Name of the node; of several, the first one counts.
        i : int, default 0
            Which output.

        Raises
        ------
        InvalidArgumentError
            If there is no such node, or if it has no such output.
        """
        encoded = check_text(name, "name")
        index = check_int(i, "i", 0)
        what = f"get_layer_output_tensor({name!r}, {index})"
        result = ffi.new("const trtx_tensor **")
        network = self.network

        def get(_: Any) -> Any:
            self._check(lib.trtx_onnx_parser_get_layer_output_tensor(self._ptr, encoded, index, result), what)
            return ffi.cast("trtx_tensor *", result[0])

        found = network._tensor_of(self, get)
        if found is None:
            model = self._model or "the parser, which has read no model,"
            raise InvalidArgumentError(f"OnnxParser.{what}: {model} has no node {name!r} with an output {index}")
        return found


def run_apart(work: Callable[[], T], what: str) -> T:
    """Do long work that TensorRT-RTX cannot be asked to leave; an interrupt goes on without it."""
    return interruptible.run(work, lambda: None, f"OnnxParser.{what}")
