"""Operators that TensorRT-RTX lacks, as others that compute the same: for `prepare_onnx`.

Each rule gets a node and an `Emitter`, adds what stands in the node's place, and says whether it did. Rules know the
types of the original model; `prepare_types` maps them later.
"""

from __future__ import annotations

from typing import Any

import onnx

from .prepare_graph import Emitter, Rewrite, T, attribute, is_onnx, label

#: Integer types that are computed in a wider one: bits, and whether they are signed.
INTEGERS: dict[int, tuple[int, bool]] = {
    T.INT2: (2, True),
    T.UINT2: (2, False),
    T.INT4: (4, True),
    T.UINT4: (4, False),
    T.INT8: (8, True),
    T.UINT8: (8, False),
    T.INT16: (16, True),
    T.UINT16: (16, False),
    T.INT32: (32, True),
    T.UINT32: (32, False),
    T.INT64: (64, True),
    T.UINT64: (64, False),
}


def limits(kind: int) -> tuple[int, int]:
    """Smallest and largest value of an integer type."""
    bits, signed = INTEGERS[kind]
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def _note(e: Emitter, node: onnx.NodeProto, text: str) -> bool:
    e.report.note("rewritten", label(node), node.op_type, text)
    return True


def cast_like(node: onnx.NodeProto, e: Emitter) -> bool:
    """CastLike of a type that is known."""
    to = e.facts.type_of(node.input[1])
    if not to:
        return False
    saturate = attribute(node, "saturate")
    options = {} if saturate is None else {"saturate": saturate}
    e.emit("Cast", node.input[0], output=node.output[0], to=to, **options)
    return _note(e, node, f"as Cast to {T.DataType.Name(to)}")


def squeeze(node: onnx.NodeProto, e: Emitter) -> bool:
    """Squeeze without axes, of a shape that is known."""
    shape = e.facts.shapes.get(node.input[0])
    if (len(node.input) > 1 and node.input[1]) or shape is None or None in shape:
        return False
    axes = e.constant([axis for axis, size in enumerate(shape) if size == 1], T.INT64)
    e.emit("Squeeze", node.input[0], axes, output=node.output[0])
    return _note(e, node, "its axes are written out")


def bit_shift(node: onnx.NodeProto, e: Emitter) -> bool:
    """BitShift, as a product with or a quotient by powers of two."""
    kind = e.facts.type_of(node.input[0])
    if kind not in INTEGERS:
        return False
    bits, signed = INTEGERS[kind]
    value, count = (e.cast(name, T.INT64) for name in node.input)
    if signed:  # a negative number shifts everything out, as one that is too large does
        negative = e.emit("Less", count, e.constant(0, T.INT64))
        count = e.emit("Where", negative, e.constant(bits, T.INT64), count)
    most = min(bits, 62)
    powers = e.constant([1 << i for i in range(most + 1)], T.INT64)
    power = e.emit("Gather", powers, e.emit("Min", count, e.constant(most, T.INT64)))
    if attribute(node, "direction") in (b"LEFT", "LEFT"):
        if bits > 62:
            # The last powers do not fit: shift by 62 first, and by the rest after that.
            rest = e.emit("Max", e.emit("Sub", count, e.constant(most, T.INT64)), e.constant(0, T.INT64))
            small = e.emit("Gather", e.constant([1, 2, 0], T.INT64), e.emit("Min", rest, e.constant(2, T.INT64)))
            result = e.emit("Mul", e.emit("Mul", value, power), small)
        else:
            result = e.emit("Mul", value, power)
    else:
        result = _floor_div(e, value, power)
        if bits > 62:
            gone = e.emit("Greater", count, e.constant(most, T.INT64))
            sign = e.emit("Cast", e.emit("Less", value, e.constant(0, T.INT64)), to=T.INT64)
            result = e.emit("Where", gone, e.emit("Neg", sign), result)
    e.cast(_wrap(e, result, kind, T.INT64), kind, node.output[0])
    return _note(e, node, "by arithmetic with powers of two")


def _floor_div(e: Emitter, value: str, positive: str) -> str:
    return e.emit("Div", e.emit("Sub", value, e.emit("Mod", value, positive)), positive)


def _wrap(e: Emitter, value: str, kind: int, computed: int, output: str = "") -> str:
    """Bring what was computed in a wider integer type back into the range of a type, as its overflow does."""
    bits, signed = INTEGERS[kind]
    if bits >= 64 or kind == computed:
        return e.emit("Identity", value, output=output) if output else value
    half = e.constant(1 << (bits - 1), computed)
    whole = e.constant(1 << bits, computed) if bits < 32 or computed == T.INT64 else ""
    if not whole:
        return e.emit("Identity", value, output=output) if output else value
    if not signed:
        return e.emit("Mod", value, whole, output=output)
    return e.emit("Sub", e.emit("Mod", e.emit("Add", value, half), whole), half, output=output)


wrap = _wrap


def bitwise_not(node: onnx.NodeProto, e: Emitter) -> bool:
    """BitwiseNot: the largest value less x, or -1 - x."""
    kind = e.facts.type_of(node.input[0])
    if kind not in INTEGERS:
        return False
    signed, most = INTEGERS[kind][1] or kind == T.UINT64, limits(kind)[1]
    value = e.cast(node.input[0], T.INT64)
    e.cast(e.emit("Sub", e.constant(-1 if signed else most, T.INT64), value), kind, node.output[0])
    return _note(e, node, "by arithmetic")


def bitwise(node: onnx.NodeProto, e: Emitter) -> bool:
    """BitwiseAnd, BitwiseOr, BitwiseXor: each bit of the numbers in a dimension of its own."""
    kind = e.facts.type_of(node.input[0])
    if kind not in INTEGERS:
        return False
    bits = INTEGERS[kind][0]
    # The top bit counts as the sign: so 64 bits fit, and what is unsigned is brought back at the end.
    powers = e.constant([1 << i for i in range(bits - 1)], T.INT64)
    two, minus = e.constant(2, T.INT64), e.constant([-1], T.INT64)
    parts, signs = [], []
    for name in node.input:
        value = e.cast(name, T.INT64)
        if not INTEGERS[kind][1] and bits < 64:
            value = _as_signed(e, value, bits)
        spread = e.emit("Unsqueeze", value, minus)
        parts.append(e.emit("Mod", _floor_div(e, spread, powers), two))
        signs.append(e.cast(e.emit("Less", value, e.constant(0, T.INT64)), T.INT64))
    low = e.emit("ReduceSum", e.emit("Mul", _combine(e, node.op_type, *parts), powers), minus, keepdims=0)
    top = e.emit("Mul", _combine(e, node.op_type, *signs), e.constant(-(1 << (bits - 1)), T.INT64))
    e.cast(_wrap(e, e.emit("Add", low, top), kind, T.INT64), kind, node.output[0])
    return _note(e, node, "bit by bit, by arithmetic")


def _as_signed(e: Emitter, value: str, bits: int) -> str:
    half, whole = e.constant(1 << (bits - 1), T.INT64), e.constant(1 << bits, T.INT64)
    return e.emit("Sub", e.emit("Mod", e.emit("Add", value, half), whole), half)


def _combine(e: Emitter, operator: str, left: str, right: str) -> str:
    """Zeros and ones by a table of truth."""
    product = e.emit("Mul", left, right)
    if operator == "BitwiseAnd":
        return product
    both = e.emit("Add", left, right)
    if operator == "BitwiseOr":
        return e.emit("Sub", both, product)
    return e.emit("Sub", both, e.emit("Add", product, product))


# Quantized arithmetic


def _spread(e: Emitter, name: str, rank: int | None, axis: int) -> str | None:
    """A scale or zero point of one value, or one for each place of an axis, shaped for broadcasting."""
    shape = e.facts.shapes.get(name)
    if shape is None:
        return None
    if len(shape) == 0:
        return name
    if len(shape) > 1 or rank is None:
        return None
    axis %= max(rank, 1)
    sizes = [1] * rank
    if rank:
        sizes[axis] = -1
    return e.emit("Reshape", name, e.constant(sizes, T.INT64))


def _float_type(e: Emitter, *names: str) -> int:
    """Type to compute in: that of a scale, or float."""
    kinds = {e.facts.type_of(name) for name in names if name}
    return T.DOUBLE if T.DOUBLE in kinds else T.FLOAT


def _less_zero(e: Emitter, value: str, zero: str | None, to: int) -> str:
    value = e.cast(value, to)
    return value if zero is None else e.emit("Sub", value, e.cast(zero, to))


def _saturate(e: Emitter, value: str, zero: str | None, kind: int, compute: int, output: str) -> None:
    """Round, add the zero point, and cut off at the ends of the type."""
    low, high = limits(kind)
    rounded = e.emit("Round", value)
    moved = rounded if zero is None else e.emit("Add", rounded, e.cast(zero, compute))
    cut = e.emit("Clip", moved, e.constant(low, compute), e.constant(high, compute))
    e.cast(cut, kind, output)


def quantize(node: onnx.NodeProto, e: Emitter) -> bool:
    """QuantizeLinear, by arithmetic."""
    zero = node.input[2] if len(node.input) > 2 else ""
    kind = e.facts.type_of(zero) if zero else attribute(node, "output_dtype", 0) or T.UINT8
    rank, axis = e.facts.rank_of(node.input[0]), attribute(node, "axis", 1)
    if kind not in INTEGERS or attribute(node, "block_size", 0):
        return False
    scale = _spread(e, node.input[1], rank, axis)
    point = _spread(e, zero, rank, axis) if zero else None
    if scale is None or (zero and point is None):
        return False
    compute = _float_type(e, node.input[0], node.input[1])
    quotient = e.emit("Div", e.cast(node.input[0], compute), e.cast(scale, compute))
    _saturate(e, quotient, point, kind, compute, node.output[0])
    return _note(e, node, "by arithmetic")


def dequantize(node: onnx.NodeProto, e: Emitter) -> bool:
    """DequantizeLinear, by arithmetic."""
    rank, axis = e.facts.rank_of(node.input[0]), attribute(node, "axis", 1)
    if e.facts.type_of(node.input[0]) not in INTEGERS or attribute(node, "block_size", 0):
        return False
    zero = node.input[2] if len(node.input) > 2 else ""
    scale = _spread(e, node.input[1], rank, axis)
    point = _spread(e, zero, rank, axis) if zero else None
    if scale is None or (zero and point is None):
        return False
    result = attribute(node, "output_dtype", 0) or e.facts.type_of(node.input[1]) or T.FLOAT
    compute = _float_type(e, node.input[1])
    difference = _less_zero(e, node.input[0], point, compute)
    product = e.emit("Mul", difference, e.cast(scale, compute))
    e.cast(product, result, node.output[0])
    return _note(e, node, "by arithmetic")


def _optional(node: onnx.NodeProto, index: int) -> str | None:
    return node.input[index] if len(node.input) > index and node.input[index] else None


def _row_wise(e: Emitter, name: str | None) -> str | None:
    """Zero points or scales of the left factor: one for each row."""
    shape = () if name is None else e.facts.shapes.get(name)
    if name is None or not shape or len(shape) != 1 or shape[0] == 1:
        return name
    return e.emit("Unsqueeze", name, e.constant([1], T.INT64))


def matmul_integer(node: onnx.NodeProto, e: Emitter) -> bool:
    """MatMulInteger: exact in float as long as the sums stay below 2 to the 24th."""
    left = _less_zero(e, node.input[0], _row_wise(e, _optional(node, 2)), T.FLOAT)
    right = _less_zero(e, node.input[1], _optional(node, 3), T.FLOAT)
    e.cast(e.emit("MatMul", left, right), T.INT32, node.output[0])
    return _note(e, node, "as MatMul of floats, exact up to 2**24")


def _conv_attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {found.name: onnx.helper.get_attribute_value(found) for found in node.attribute}


def conv_integer(node: onnx.NodeProto, e: Emitter) -> bool:
    """ConvInteger: as MatMulInteger."""
    rank = e.facts.rank_of(node.input[1])
    zero = _optional(node, 3)
    point = _spread(e, zero, rank, 0) if zero else None
    if zero and point is None:
        return False
    data = _less_zero(e, node.input[0], _optional(node, 2), T.FLOAT)
    weights = _less_zero(e, node.input[1], point, T.FLOAT)
    e.cast(e.emit("Conv", data, weights, **_conv_attributes(node)), T.INT32, node.output[0])
    return _note(e, node, "as Conv of floats, exact up to 2**24")


def qlinear_matmul(node: onnx.NodeProto, e: Emitter) -> bool:
    """QLinearMatMul: dequantize, multiply, quantize."""
    a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero = node.input
    kind = e.facts.type_of(y_zero)
    if kind not in INTEGERS:
        return False
    left = _less_zero(e, a, _row_wise(e, a_zero), T.FLOAT)
    right = _less_zero(e, b, b_zero, T.FLOAT)
    # Integers are multiplied, and the scales come last, so that ties are rounded as in the definition.
    scale = e.emit("Mul", e.cast(_row_wise(e, a_scale) or a_scale, T.FLOAT), e.cast(b_scale, T.FLOAT))
    scale = e.emit("Div", scale, e.cast(_row_wise(e, y_scale) or y_scale, T.FLOAT))
    product = e.emit("Mul", e.emit("MatMul", left, right), scale)
    _saturate(e, product, _row_wise(e, y_zero), kind, T.FLOAT, node.output[0])
    return _note(e, node, "as MatMul of floats between its scales")


def qlinear_conv(node: onnx.NodeProto, e: Emitter) -> bool:
    """QLinearConv: dequantize, convolve, quantize."""
    x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero = node.input[:8]
    kind, rank = e.facts.type_of(y_zero), e.facts.rank_of(w)
    weight_zero = _spread(e, w_zero, rank, 0)
    result_scale = _spread(e, w_scale, rank, 1)
    if kind not in INTEGERS or weight_zero is None or result_scale is None:
        return False
    data = _less_zero(e, x, x_zero, T.FLOAT)
    weights = _less_zero(e, w, weight_zero, T.FLOAT)
    bias = _optional(node, 8)
    inputs = [data, weights, *([e.cast(bias, T.FLOAT)] if bias else [])]
    scale = e.emit("Div", e.emit("Mul", result_scale, x_scale), y_scale)
    product = e.emit("Mul", e.emit("Conv", *inputs, **_conv_attributes(node)), scale)
    _saturate(e, product, y_zero, kind, T.FLOAT, node.output[0])
    return _note(e, node, "as Conv of floats between its scales")


#: Operators that are always rewritten; QuantizeLinear and DequantizeLinear are only where their type is.
RULES: dict[str, Rewrite] = {
    "BitShift": bit_shift,
    "BitwiseAnd": bitwise,
    "BitwiseNot": bitwise_not,
    "BitwiseOr": bitwise,
    "BitwiseXor": bitwise,
    "CastLike": cast_like,
    "ConvInteger": conv_integer,
    "MatMulInteger": matmul_integer,
    "QLinearConv": qlinear_conv,
    "QLinearMatMul": qlinear_matmul,
    "Squeeze": squeeze,
}


def rule_for(node: onnx.NodeProto) -> Rewrite | None:
    """The rule for a node."""
    return RULES.get(node.op_type) if is_onnx(node, node.op_type) else None
