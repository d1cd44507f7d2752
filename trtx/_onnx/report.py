"""What the ONNX parser reports: errors, and which parts of a model it supports; copies, which outlive the parser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from trtx_sys._enums_gen import OnnxErrorCode, Severity
from trtx_sys._ffi import ffi, lib

from .._core.errors import Error, ParserError, failure, readable, text
from .._core.public import public

__all__ = ["ModelSupport", "ParserErrorInfo", "Subgraph"]

#: Lines of the log that say what `ParserErrorInfo` says, and of the search for a GPU.
_NOISE = ("ModelImporter.cpp", "[checkMacros.cpp")

_CODES = {int(code): code for code in OnnxErrorCode}


@public
class ParserErrorInfo(NamedTuple):
    """One error of the parser (``IParserError``); it outlives the parser.

    Attributes
    ----------
    code : OnnxErrorCode
    description : str
        TensorRT-RTX's words.
    file : str
        Source file of NVIDIA's parser that reports it; empty where that is not known.
    line : int
        Line in that file.
    function : str
        Function in that file.
    node : int
        Index of the node in the model's graph, -1 where the error belongs to none.
    node_name, node_operator : str
        Name of the node, such as ``"conv1"``, and its operator, such as ``"Conv"``; empty where there is none.
    local_function_stack : tuple of str
        Names of the ONNX functions that the node is in, outermost first.
    """

    code: OnnxErrorCode
    description: str
    file: str
    line: int
    function: str
    node: int
    node_name: str
    node_operator: str
    local_function_stack: tuple[str, ...]

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}, {self.function}: " if self.file else ""
        stack = f" in {' / '.join(self.local_function_stack)}" if self.local_function_stack else ""
        named = f" {self.node_name!r}" if self.node_name else ""
        operator = f" ({self.node_operator})" if self.node_operator else ""
        node = f"node {self.node}{named}{operator}{stack}: " if self.node >= 0 or self.node_operator else ""
        # Without a GPU, looking for one fails on the way: that is never the cause.
        lines = [line for line in self.description.splitlines() if "catchCudaError" not in line]
        # For people: names that are not UTF-8 could not be printed.
        return readable(f"{node}{' / '.join(lines)} [{where}{self.code.name}]")


@public
class Subgraph(NamedTuple):
    """Nodes of a model that TensorRT-RTX takes, or does not take, together.

    Attributes
    ----------
    nodes : tuple of int
        Indices of the nodes in the model's graph (``IParser::getSubgraphNodes``).
    supported : bool
        Whether TensorRT-RTX takes them (``IParser::isSubgraphSupported``).
    """

    nodes: tuple[int, ...]
    supported: bool


@public
class ModelSupport(NamedTuple):
    """Answer of `OnnxParser.supports_model` (``IParser::supportsModelV2``); it outlives the parser.

    Attributes
    ----------
    supported : bool
        Whether the whole model is. A `ModelSupport` itself is always true, as any tuple with items.
    subgraphs : tuple of Subgraph
        Parts that the model falls into.
    errors : tuple of ParserErrorInfo
        Why it is not.
    """

    supported: bool
    subgraphs: tuple[Subgraph, ...]
    errors: tuple[ParserErrorInfo, ...]


def read_errors(parser: Any) -> tuple[ParserErrorInfo, ...]:
    """Copies of a native parser's errors, which it forgets."""
    return _read(parser, lib.trtx_onnx_parser_get_nb_errors, lib.trtx_onnx_parser_get_error)


def read_refitter_errors(refitter: Any) -> tuple[ParserErrorInfo, ...]:
    """Copies of the errors of a parser's refitter."""
    return _read(refitter, lib.trtx_onnx_parser_refitter_get_nb_errors, lib.trtx_onnx_parser_refitter_get_error)


def parser_error(subject: str, source: str, read: Callable[[], tuple[ParserErrorInfo, ...]]) -> Error:
    """The exception for a native call of a parser that has just failed on this thread.

    Parameters
    ----------
    subject
        Object and call: ``"OnnxParser.parse"``.
    source
        What messages call the model.
    read
        Reads the errors that the parser noted.
    """
    error = failure(ParserError, subject)
    if isinstance(error, ParserError):
        error.errors = read()
        if error.errors:
            lines = "".join(f"\n  {info}" for info in error.errors)
            # What layers said is in the log alone, and it is often the cause.
            said = dict.fromkeys(
                message.text
                for message in error.messages
                if message.severity <= Severity.ERROR and not message.text.startswith(_NOISE)
            )
            logged = "".join(f"\n  {line}" for line in said if line not in lines)
            error.args = (f"{subject} failed for {source}:{lines}{logged}",)
    return error


def _read(parser: Any, count: Callable[[Any], int], get: Callable[..., int]) -> tuple[ParserErrorInfo, ...]:
    found = []
    result, stack = ffi.new("const trtx_onnx_parser_error **"), ffi.new("const char *const **")
    for index in range(count(parser)):
        if get(parser, index, result):
            continue
        error = result[0]
        depth = lib.trtx_onnx_parser_error_local_function_stack_size(error)
        if lib.trtx_onnx_parser_error_local_function_stack(error, stack) or not stack[0]:
            depth = 0
        found.append(
            ParserErrorInfo(
                _CODES.get(lib.trtx_onnx_parser_error_code(error), OnnxErrorCode.INTERNAL_ERROR),
                text(lib.trtx_onnx_parser_error_desc(error)),
                text(lib.trtx_onnx_parser_error_file(error)),
                lib.trtx_onnx_parser_error_line(error),
                text(lib.trtx_onnx_parser_error_func(error)),
                lib.trtx_onnx_parser_error_node(error),
                text(lib.trtx_onnx_parser_error_node_name(error)),
                text(lib.trtx_onnx_parser_error_node_operator(error)),
                tuple(text(stack[0][i]) for i in range(depth)),
            )
        )
    return tuple(found)


def read_subgraphs(parser: Any) -> tuple[Subgraph, ...]:
    """Parts of the model that a native parser was last asked about."""
    count, length = ffi.new("int64_t *"), ffi.new("int64_t *")
    supported, nodes = ffi.new("bool *"), ffi.new("const int64_t **")
    lib.trtx_onnx_parser_get_nb_subgraphs(parser, count)
    found = []
    for index in range(count[0]):
        lib.trtx_onnx_parser_is_subgraph_supported(parser, index, supported)
        if lib.trtx_onnx_parser_get_subgraph_nodes(parser, index, length, nodes) == 0 and nodes[0]:
            found.append(Subgraph(tuple(ffi.unpack(nodes[0], length[0])), bool(supported[0])))
    return tuple(found)
