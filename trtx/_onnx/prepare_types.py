"""Types that TensorRT-RTX lacks, as types that it has: the last step of `prepare_onnx` that changes nodes.

double is computed in float. Integers are computed in a wider type, and brought back into their range after whatever may
leave it, so that they overflow as before. 8-bit integers stay as they are where they are quantized values, images that
are cast to float, or nothing but moved.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import helper, numpy_helper

from .prepare_graph import (
    Emitter,
    Facts,
    Rewrite,
    T,
    all_graphs,
    attribute,
    forget_values,
    is_onnx,
    label,
    rewrite,
    type_name,
)
from .prepare_report import PrepareReport
from .prepare_rewrites import INTEGERS, dequantize, quantize, wrap

#: What TensorRT-RTX has nothing like.
ALWAYS: dict[int, int] = {
    T.DOUBLE: T.FLOAT,
    T.INT16: T.INT32,
    T.UINT16: T.INT32,
    T.UINT32: T.INT64,
    T.UINT64: T.INT64,
    T.UINT4: T.INT32,
    T.INT2: T.INT32,
    T.UINT2: T.INT32,
    T.FLOAT8E4M3FNUZ: T.FLOAT,
    T.FLOAT8E5M2: T.FLOAT,
    T.FLOAT8E5M2FNUZ: T.FLOAT,
    T.FLOAT8E8M0: T.FLOAT,
}
#: What it has for some purposes only.
SOMETIMES: dict[int, int] = {
    T.INT8: T.INT32,
    T.UINT8: T.INT32,
    T.INT4: T.INT32,
    T.FLOAT8E4M3FN: T.FLOAT,
    T.FLOAT4E2M1: T.FLOAT,
}
SMALL_FLOATS = (
    T.FLOAT8E4M3FN,
    T.FLOAT8E4M3FNUZ,
    T.FLOAT8E5M2,
    T.FLOAT8E5M2FNUZ,
    T.FLOAT8E8M0,
    T.FLOAT4E2M1,
)

#: Operators whose results may leave the range of a small integer type.
_OVERFLOWING = (
    "Abs", "Add", "Cast", "CumProd", "CumSum", "Gemm", "MatMul", "Mul", "Neg", "Pow", "ReduceProd", "ReduceSum",
    "ReduceSumSquare", "Sub", "Sum",
)  # fmt: skip
#: Operators that TensorRT-RTX has for floats only, and that give for small integers what they give for floats.
_FLOATS_ONLY = ("MaxPool", "Resize", "Upsample", "GlobalMaxPool", "Sign", "Clip", "Relu", "IsNaN", "IsInf")
_QUANTIZED = ("QuantizeLinear", "DequantizeLinear")


def lower_types(model: onnx.ModelProto, report: PrepareReport) -> bool:
    """Map the types of a whole model, if it has any to map; what cannot be mapped stays, and is refused later."""
    facts = Facts(model)
    mapping = _mapping(model, facts)
    if not mapping:
        return False
    if not _may_lower(model, facts, mapping):
        mapping = {old: new for old, new in mapping.items() if old not in SMALL_FLOATS}
    rewrite(model, report, lambda node: _expand_quantized(node, facts, mapping))
    facts = Facts(model)
    _wrap_results(model, facts, mapping, report)
    _map_all(model, mapping, report)
    _map_border(model, mapping, report)
    forget_values(model)
    return True


def _mapping(model: onnx.ModelProto, facts: Facts) -> dict[int, int]:
    present = set(facts.types.values())
    mapping = {old: new for old, new in ALWAYS.items() if old in present}
    for old, new in SOMETIMES.items():
        if old in present and any(
            _is_refused(node, old, facts, model) for graph in all_graphs(model.graph) for node in graph.node
        ):
            mapping[old] = new
    # Bits that are read as another type must stay as many as they are; quantization in blocks is not written out.
    for graph in all_graphs(model.graph):
        for node in graph.node:
            if is_onnx(node, "BitCast") or attribute(node, "block_size", 0):
                for name in (*node.input, *node.output):
                    mapping.pop(facts.type_of(name), None)
    return mapping


def _is_refused(node: onnx.NodeProto, kind: int, facts: Facts, model: onnx.ModelProto) -> bool:
    """Whether a node uses a type in a way that TensorRT-RTX does not take."""
    read = [name for name in node.input if facts.type_of(name) == kind]
    written = [name for name in node.output if facts.type_of(name) == kind]
    if not read and not written:
        return False
    if is_onnx(node, *_QUANTIZED):
        if kind == T.UINT8:
            return True
        return not _is_constant_scale(node, facts)
    if is_onnx(node, "Constant"):
        return False
    if kind == T.UINT8 and is_onnx(node, "Cast"):
        inputs = {value.name for value in model.graph.input}
        outputs = {value.name for value in model.graph.output}
        floats = (T.FLOAT, T.FLOAT16)
        if read:
            return read[0] not in inputs or attribute(node, "to") not in floats
        return written[0] not in outputs or facts.type_of(node.input[0]) not in floats
    moving = ("Identity", "Reshape", "Transpose", "Concat", "Squeeze", "Unsqueeze", "Flatten")
    return kind == T.UINT8 or not is_onnx(node, *moving)


def _is_constant_scale(node: onnx.NodeProto, facts: Facts) -> bool:
    """TensorRT-RTX takes scales and zero points that are constants, and zero points of zero."""
    if facts.value_of(node.input[1]) is None:
        return False
    if len(node.input) < 3 or not node.input[2]:
        return attribute(node, "output_dtype", 0) != T.UINT8 and not is_onnx(node, "QuantizeLinear")
    zero = facts.value_of(node.input[2])
    return zero is not None and not np.any(zero.astype(np.float32))


def _may_lower(model: onnx.ModelProto, facts: Facts, mapping: dict[int, int]) -> bool:
    """Whether small floats are only read: what is rounded to one would be another value in float."""
    small = [kind for kind in mapping if kind in SMALL_FLOATS]
    free = ("Identity", "Reshape", "Transpose", "Constant", "Flatten", "Squeeze", "Unsqueeze", "Concat")
    return not any(
        facts.type_of(name) in small
        for graph in all_graphs(model.graph)
        for node in graph.node
        if not is_onnx(node, *free)
        for name in node.output
    )


def _expand_quantized(node: onnx.NodeProto, facts: Facts, mapping: dict[int, int]) -> Rewrite | None:
    """Quantized values of a type that is mapped are no quantized values any more."""
    if is_onnx(node, "QuantizeLinear"):
        zero = node.input[2] if len(node.input) > 2 else ""
        kind = facts.type_of(zero) if zero else attribute(node, "output_dtype", 0) or T.UINT8
        return quantize if kind in mapping or facts.type_of(node.input[0]) in mapping else None
    if is_onnx(node, "DequantizeLinear"):
        return dequantize if facts.type_of(node.input[0]) in mapping else None
    return None


def _wrap_results(model: onnx.ModelProto, facts: Facts, mapping: dict[int, int], report: PrepareReport) -> None:
    """Bring results back into the range of their type, and let what needs floats have them."""

    def overflow(node: onnx.NodeProto, e: Emitter) -> bool:
        kind = facts.type_of(node.output[0])
        if is_onnx(node, "Cast") and not _may_leave(facts.type_of(node.input[0]), kind):
            return False
        wide = mapping[kind]
        copy = onnx.NodeProto.FromString(node.SerializeToString())
        copy.output[0] = e.name(node.output[0])
        e.nodes.append(copy)
        # The constants are of the wide type already: this type is not among those that are mapped.
        wrap(e, copy.output[0], kind, wide, node.output[0])
        report.note("rewritten", label(node), node.op_type, f"its result overflows as {type_name(kind)} does")
        return True

    def detour(node: onnx.NodeProto, e: Emitter) -> bool:
        kind = facts.type_of(node.output[0])
        copy = onnx.NodeProto.FromString(node.SerializeToString())
        for index, name in enumerate(node.input):
            if name and facts.type_of(name) == facts.type_of(node.input[0]):
                copy.input[index] = e.cast(name, T.FLOAT)
        if kind in mapping:
            copy.output[0] = e.name(node.output[0])
        e.nodes.append(copy)
        if kind in mapping:
            e.cast(copy.output[0], mapping[kind], node.output[0])
        report.note("rewritten", label(node), node.op_type, "computed in float")
        return True

    def rule(node: onnx.NodeProto) -> Rewrite | None:
        if not node.output or not node.input:
            return None
        kind = facts.type_of(node.output[0])
        if is_onnx(node, *_FLOATS_ONLY) and facts.type_of(node.input[0]) in mapping:
            small = INTEGERS.get(facts.type_of(node.input[0]), (64, True))[0] <= 16
            return detour if small else None
        if kind in mapping and kind in INTEGERS and kind != T.UINT64 and is_onnx(node, *_OVERFLOWING):
            return overflow
        return None

    rewrite(model, report, rule)


def _may_leave(source: int, target: int) -> bool:
    """Whether a cast between integers may meet a value that the target does not have."""
    if source not in INTEGERS or target not in INTEGERS:
        return False
    (bits, signed), (room, takes_signs) = INTEGERS[source], INTEGERS[target]
    return bits > room or (bits == room and signed != takes_signs) or (signed and not takes_signs)


# Writing the new types


def _map_all(model: onnx.ModelProto, mapping: dict[int, int], report: PrepareReport) -> None:
    for graph in all_graphs(model.graph):
        for tensor in graph.initializer:
            _map_tensor(tensor, mapping)
        for node in graph.node:
            for found in node.attribute:
                if found.type == onnx.AttributeProto.TENSOR:
                    _map_tensor(found.t, mapping)
                elif found.name in ("to", "dtype", "output_dtype") and found.i in mapping:
                    found.i = mapping[found.i]
    for old, new in mapping.items():
        report.note("type", "", "", f"{type_name(old)} is computed in {type_name(new)}{_caveat(old)}")


def _caveat(old: int) -> str:
    if old == T.DOUBLE:
        return ", with the precision of that"
    return "; values from 2**63 on do not fit" if old == T.UINT64 else ""


def _map_tensor(tensor: onnx.TensorProto, mapping: dict[int, int]) -> None:
    new = mapping.get(tensor.data_type)
    if new is None:
        return
    with np.errstate(all="ignore"):
        array = numpy_helper.to_array(tensor).astype(helper.tensor_dtype_to_np_dtype(new))
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def _map_border(model: onnx.ModelProto, mapping: dict[int, int], report: PrepareReport) -> None:
    graph = model.graph
    _map_values(graph.input, mapping, report.input_types)
    _map_values(graph.output, mapping, report.output_types)
    for kind, found in (("input", report.input_types), ("output", report.output_types)):
        for name, (old, new) in found.items():
            report.note("border", name, "", f"this {kind} of the model is {new} instead of {old}")
    for body in all_graphs(graph):
        if body is not graph:
            _map_values((*body.input, *body.output), mapping, {})


def _map_values(
    values: Iterable[onnx.ValueInfoProto], mapping: dict[int, int], found: dict[str, tuple[str, str]]
) -> None:
    for value in values:
        kind = value.type.tensor_type
        if value.type.HasField("tensor_type") and kind.elem_type in mapping:
            old, kind.elem_type = kind.elem_type, mapping[kind.elem_type]
            found[value.name] = (type_name(old), type_name(kind.elem_type))
