"""What the parser does not say: which operators and types TensorRT-RTX cannot run, and what its errors are about.

The tables were measured: every operator and every type of ONNX was given to the libraries of these versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from trtx_sys._enums_gen import OnnxErrorCode

from .._core.library import library_version
from .report import ModelSupport, ParserErrorInfo, Subgraph
from .shapes import TENSOR_FIELDS, Content, OnnxStructureError
from .wire import VARINT, Wire, tags

T = TypeVar("T")

#: Operators that the parser says it knows, and that cannot be run: those that need a plugin, of which TensorRT-RTX has
#: none, and NonMaxSuppression, which is parsed and cannot be built. By the version from which on this holds.
_CANNOT_RUN = {
    (1, 5): frozenset({"CausalConvWithState", "LinearAttention", "NonMaxSuppression", "NonZero", "RoiAlign"}),
}
#: Types of ONNX that inputs, initializers and casts may have; DOUBLE becomes FLOAT. By version likewise.
_TYPES = {(1, 5): frozenset({1, 2, 3, 6, 7, 9, 10, 11, 16, 17, 22, 23})}
#: The newest versions of operators and of the format that are known to be read. By version likewise.
_NEWEST = {(1, 5): (28, 14)}

_TYPE_NAMES = {
    1: "FLOAT", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64", 8: "STRING", 9: "BOOL",
    10: "FLOAT16", 11: "DOUBLE", 12: "UINT32", 13: "UINT64", 14: "COMPLEX64", 15: "COMPLEX128", 16: "BFLOAT16",
    17: "FLOAT8E4M3FN", 18: "FLOAT8E4M3FNUZ", 19: "FLOAT8E5M2", 20: "FLOAT8E5M2FNUZ", 21: "UINT4", 22: "INT4",
    23: "FLOAT4E2M1", 24: "FLOAT8E8M0", 25: "UINT2", 26: "INT2",
}  # fmt: skip


# Tags of the fields that are looked at.
_GRAPH, (_VERSION,) = tags(7)[0], tags(1, wire=VARINT)
_OPSET, (_OPSET_VERSION,), (_OPSET_DOMAIN,) = tags(8)[0], tags(2, wire=VARINT), tags(1)
_NODE, _INITIALIZER, _INPUT = tags(1, 5, 11)
_NODE_NAME, _OPERATOR, _ATTRIBUTE, _DOMAIN = _OF_NODE = tags(3, 4, 5, 7)
_NAME, _TYPE = tags(1, 2)
_TENSOR_NAME, (_INTEGER,), (_ELEMENT,) = tags(8)[0], tags(3, wire=VARINT), tags(1, wire=VARINT)
_TENSOR_TYPE = tags(2, wire=VARINT)[0]


class Node(NamedTuple):
    """A node of the main graph."""

    name: str
    operator: str
    #: Whether it is one of ONNX itself.
    is_standard: bool
    #: Number of the type that it casts to; None where it casts to none.
    to: int | None


class Summary(NamedTuple):
    """What a model consists of, as far as explanations need it."""

    opset: int
    ir_version: int
    nodes: list[Node]
    #: Types of inputs.
    inputs: dict[str, int]
    #: Types of initializers, and what is wrong with their sizes.
    initializers: dict[str, tuple[int, str]]


def summarize(model: memoryview, *, deep: bool = True) -> Summary:
    """Read a model that the check has found sound; without ``deep`` its versions alone."""
    return _Reader(model).summary(deep=deep)


class _Reader(Wire):
    def summary(self, *, deep: bool) -> Summary:
        found = Summary(0, 0, [], {}, {})
        for tag, start, stop in self._fields(0, len(self._bytes), (_GRAPH, _VERSION, _OPSET), 0):
            if tag == _VERSION:
                found = found._replace(ir_version=start)
            elif tag == _OPSET:
                version, domain = 0, ""
                for field, at, end in self._fields(start, stop, (_OPSET_VERSION, _OPSET_DOMAIN), 1):
                    if field == _OPSET_VERSION:
                        version = at
                    else:
                        domain = self._name(at, end)
                found = found._replace(opset=version) if domain in ("", "ai.onnx") else found
            elif deep:
                self._graph(start, stop, found)
        return found

    def _graph(self, pos: int, end: int, found: Summary) -> None:
        for tag, start, stop in self._fields(pos, end, (_NODE, _INITIALIZER, _INPUT), 1):
            if tag == _NODE:
                found.nodes.append(self._node(start, stop))
            elif tag == _INITIALIZER:
                self._initializer(start, stop, found)
            else:
                name, kind = "", 0
                for field, at, upto in self._fields(start, stop, (_NAME, _TYPE), 2):
                    if field == _NAME:
                        name = self._name(at, upto)
                        continue
                    for _, tensor, tensor_end in self._fields(at, upto, (_NAME,), 3):
                        kind = self._last(tensor, tensor_end, _ELEMENT, 4)
                found.inputs[name] = kind

    def _last(self, pos: int, end: int, tag: int, depth: int) -> int:
        values = self._fields(pos, end, (tag,), depth)
        return values[-1][1] if values else 0

    def _node(self, pos: int, end: int) -> Node:
        name = operator = domain = ""
        to = None
        for tag, start, stop in self._fields(pos, end, _OF_NODE, 2):
            if tag == _ATTRIBUTE:
                if [self._name(at, upto) for _, at, upto in self._fields(start, stop, (_NAME,), 3)] == ["to"]:
                    to = self._last(start, stop, _INTEGER, 3)
                continue
            value = self._name(start, stop)
            if tag == _NODE_NAME:
                name = value
            elif tag == _OPERATOR:
                operator = value
            else:
                domain = value
        return Node(name, operator, domain in ("", "ai.onnx"), to)

    def _initializer(self, pos: int, end: int, found: Summary) -> None:
        name, kind, content = "", 0, Content(self._bytes)
        for tag, start, stop in self._fields(pos, end, (_TENSOR_NAME, *TENSOR_FIELDS), 2):
            if tag == _TENSOR_NAME:
                name = self._name(start, stop)
            else:
                content.add(tag, start, stop)
                kind = start & 0xFFFFFFFF if tag == _TENSOR_TYPE else kind
        found.initializers[name] = kind, content.excess()


# Questions


def cannot_run(operator: str) -> bool:
    """Whether an operator that the parser knows cannot be run by the loaded library."""
    return operator in _of_version(_CANNOT_RUN)


def newer_than_known(model: memoryview) -> str:
    """Says so of a model whose opset or format is newer than what the parser is known to read; else empty."""
    try:
        summary = summarize(model, deep=False)
    except OnnxStructureError:  # in parts that the check does not read: the parser has its own words for it
        return ""
    opset, ir_version = _of_version(_NEWEST)
    said = []
    if summary.opset > opset:
        said.append(f"opset {summary.opset}, of which {opset} is the newest that is known to be read")
    if summary.ir_version > ir_version:
        said.append(f"IR version {summary.ir_version}, of which {ir_version} is the newest that is known to be read")
    return (
        f"it has {' and '.join(said)} by TensorRT-RTX {library_version()}: what is new may be misread" if said else ""
    )


def explain(errors: Iterable[ParserErrorInfo], model: memoryview | None) -> tuple[ParserErrorInfo, ...]:
    """The errors of the parser, with what they mean where they do not say it."""
    try:
        summary = summarize(model) if model is not None else Summary(0, 0, [], {}, {})
    except OnnxStructureError:  # then the check has another opinion than the parser, and says so
        summary = Summary(0, 0, [], {}, {})
    found = []
    for error in errors:
        meaning = _meaning(error, summary)
        words = f"{meaning} (TensorRT-RTX says: {error.description})" if meaning else error.description
        found.append(error._replace(description=words))
    return tuple(found)


def _meaning(error: ParserErrorInfo, summary: Summary) -> str:
    words, operator = error.description.strip(), error.node_operator
    nodes = summary.nodes
    node = nodes[error.node] if 0 <= error.node < len(nodes) and nodes[error.node].operator == operator else None
    if operator and (words.splitlines()[:1] == ["false"] or "plugin" in words or cannot_run(operator)):
        return f"TensorRT-RTX {library_version()} cannot run the operator {operator}"
    if operator and node is not None and node.to is not None and not _is_known(node.to):
        return f"it casts to {_type_name(node.to)}; {_allowed()}"
    if error.function == "importInput" and error.file in summary.inputs:
        return f"input {error.file!r} has the type {_type_name(summary.inputs[error.file])}; {_allowed()}"
    name = words.splitlines()[0].rpartition("Failed to import initializer: ")[2].strip() if words else ""
    if "Failed to import initializer: " in words and name in summary.initializers:
        kind, excess = summary.initializers[name]
        if not _is_known(kind):
            return f"initializer {name!r} has the type {_type_name(kind)}; {_allowed()}"
        return f"initializer {name!r}: {excess}" if excess else ""
    return ""


def judge(support: ModelSupport, model: memoryview) -> ModelSupport:
    """What the parser says of a model, corrected by what is known of operators that cannot be run."""
    try:
        nodes = summarize(model).nodes
    except OnnxStructureError:
        return support
    known = {error.node for error in support.errors}
    lost = [i for i, node in enumerate(nodes) if node.is_standard and cannot_run(node.operator)]
    if not lost:
        return support
    errors = [
        ParserErrorInfo(
            OnnxErrorCode.UNSUPPORTED_NODE,
            f"TensorRT-RTX {library_version()} cannot run the operator {nodes[i].operator}",
            "", 0, "", i, nodes[i].name, nodes[i].operator, (),
        )
        for i in lost
        if i not in known
    ]  # fmt: skip
    parts = [part for subgraph in support.subgraphs for part in _cut(subgraph, frozenset(lost))]
    return ModelSupport(False, tuple(parts), (*support.errors, *errors))


def _cut(subgraph: Subgraph, lost: frozenset[int]) -> list[Subgraph]:
    """The parts of a part that are left and lost."""
    if not subgraph.supported or not lost.intersection(subgraph.nodes):
        return [subgraph]
    parts: list[tuple[list[int], bool]] = []
    for node in subgraph.nodes:
        supported = node not in lost
        if not parts or parts[-1][1] is not supported:
            parts.append(([], supported))
        parts[-1][0].append(node)
    return [Subgraph(tuple(nodes), supported) for nodes, supported in parts]


def _of_version(table: Mapping[tuple[int, int], T]) -> T:
    """What holds for the loaded library: the entry of the newest version that is not newer."""
    loaded = library_version()[:2]
    return table[max(version for version in table if version <= loaded)]


def _is_known(kind: int) -> bool:
    return kind in _of_version(_TYPES)


def _type_name(kind: int) -> str:
    return _TYPE_NAMES.get(kind, f"number {kind}" if kind else "nothing")


def _allowed() -> str:
    return f"allowed are {', '.join(_TYPE_NAMES[kind] for kind in sorted(_of_version(_TYPES)))}"
