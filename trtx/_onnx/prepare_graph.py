"""How `prepare_onnx` looks at graphs and changes them; everything here needs the package ``onnx``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from .prepare_report import PrepareReport

T = onnx.TensorProto

#: The oldest opset whose operators the rewriting knows, and the one that older models are brought to.
OLDEST_OPSET = 13
UPGRADED_OPSET = 15


def type_name(elem_type: int) -> str:
    """As numpy calls an element type; as ONNX does where numpy has none."""
    try:
        return str(helper.tensor_dtype_to_np_dtype(elem_type).name)
    except (KeyError, TypeError):
        return str(T.DataType.Name(elem_type))


def label(node: onnx.NodeProto) -> str:
    """Name of a node, or of its first output where it has none."""
    return node.name or next((name for name in node.output if name), "")


def opset(model: onnx.ModelProto) -> int:
    """Version of the default operators that a model uses; 0 where it uses none."""
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)


def is_onnx(node: onnx.NodeProto, *operators: str) -> bool:
    """Whether a node is one of these operators of the default domain."""
    return node.domain in ("", "ai.onnx") and node.op_type in operators


def attribute(node: onnx.NodeProto, name: str, default: Any = None) -> Any:
    """Value of an attribute."""
    return next((helper.get_attribute_value(found) for found in node.attribute if found.name == name), default)


def subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """Bodies of a node."""
    for found in node.attribute:
        if found.type == onnx.AttributeProto.GRAPH:
            yield found.g
        yield from found.graphs


def all_graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and the bodies inside it."""
    yield graph
    for node in graph.node:
        for body in subgraphs(node):
            yield from all_graphs(body)


class Facts:
    """Element types and shapes of the values of a model, as far as ONNX's inference finds them."""

    def __init__(self, model: onnx.ModelProto) -> None:
        try:
            inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
        except Exception:  # a model that it does not understand may be good all the same
            inferred = model
        self.types: dict[str, int] = {}
        self.shapes: dict[str, tuple[int | None, ...]] = {}
        self.constants: dict[str, onnx.TensorProto] = {}
        for graph in all_graphs(inferred.graph):
            for value in (*graph.input, *graph.output, *graph.value_info):
                self._note(value)
            for tensor in graph.initializer:
                self.types[tensor.name] = tensor.data_type
                self.shapes[tensor.name] = tuple(tensor.dims)
                self.constants[tensor.name] = tensor
            for node in graph.node:
                tensor = attribute(node, "value") if is_onnx(node, "Constant") else None
                if tensor is not None:
                    self.types[node.output[0]] = tensor.data_type
                    self.shapes[node.output[0]] = tuple(tensor.dims)
                    self.constants[node.output[0]] = tensor

    def _note(self, value: onnx.ValueInfoProto) -> None:
        if not value.type.HasField("tensor_type"):
            return
        kind = value.type.tensor_type
        if kind.elem_type:
            self.types[value.name] = kind.elem_type
        if kind.HasField("shape"):
            self.shapes[value.name] = tuple(
                dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim
            )

    def type_of(self, name: str) -> int:
        """Element type; 0 where it is not known."""
        return self.types.get(name, 0)

    def rank_of(self, name: str) -> int | None:
        """Rank, where it is known."""
        shape = self.shapes.get(name)
        return None if shape is None else len(shape)

    def value_of(self, name: str) -> Any:
        """Value of a constant; None where it is none."""
        tensor = self.constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor)


class Emitter:
    """Makes nodes in place of one."""

    def __init__(self, facts: Facts, report: PrepareReport, taken: set[str]) -> None:
        self.facts = facts
        self.report = report
        self._taken = taken
        self.nodes: list[onnx.NodeProto] = []

    def name(self, like: str) -> str:
        """A name that no value has yet."""
        number = len(self._taken)
        while (found := f"{like}_p{number}") in self._taken:
            number += 1
        self._taken.add(found)
        return found

    def emit(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node; its output."""
        output = output or self.name(next((name for name in inputs if name), operator))
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, value: Any, dtype: int) -> str:
        """Add a constant."""
        array = np.asarray(value, dtype=helper.tensor_dtype_to_np_dtype(dtype))
        return self.emit("Constant", value=numpy_helper.from_array(array))

    def cast(self, name: str, to: int, output: str = "") -> str:
        """Add a cast."""
        return self.emit("Cast", name, output=output, to=to)

    def take(self) -> list[onnx.NodeProto]:
        """The nodes that were added since it was last asked."""
        nodes, self.nodes = self.nodes, []
        return nodes


Rewrite = Callable[[onnx.NodeProto, Emitter], bool]


def taken_names(model: onnx.ModelProto) -> set[str]:
    """Names of values that a model uses, bodies included."""
    found: set[str] = set()
    for graph in all_graphs(model.graph):
        found.update(value.name for value in (*graph.input, *graph.output, *graph.initializer))
        for node in graph.node:
            found.update(node.input, node.output)
    return found


def rewrite(model: onnx.ModelProto, report: PrepareReport, rules: Callable[[onnx.NodeProto], Rewrite | None]) -> bool:
    """Put nodes through rules, bodies included; whether something changed."""
    emitter = Emitter(Facts(model), report, taken_names(model))
    changed = False
    for graph in list(all_graphs(model.graph)):
        nodes: list[onnx.NodeProto] = []
        touched = False
        for node in graph.node:
            rule = rules(node)
            done = rule is not None and rule(node, emitter)
            made = emitter.take()
            nodes += made if done else [node]
            touched |= done
        if touched:
            changed = True
            copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
            del graph.node[:]
            graph.node.extend(copies)
    if changed:
        forget_values(model)
    return changed


def forget_values(model: onnx.ModelProto) -> None:
    """Drop what the model says about values inside, which is going to be inferred anew."""
    for graph in all_graphs(model.graph):
        del graph.value_info[:]


def users(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    """Nodes by the values that they read; a node with bodies counts for what these read."""
    found: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        names: Iterable[str] = dict.fromkeys((*node.input, *_read_inside(node)))
        for name in names:
            found.setdefault(name, []).append(node)
    return found


def _read_inside(node: onnx.NodeProto) -> Sequence[str]:
    return [name for body in subgraphs(node) for graph in all_graphs(body) for n in graph.node for name in n.input]
