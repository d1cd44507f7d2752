"""Inputs that are nearly right: mutations of bytes, and of the fields of ONNX models."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
NUMBERS = (0, 1, -1, 2, 3, 7, -128, 1000, 2**16, 2**31 - 1, -(2**31), 2**40, 2**63 - 1, -(2**63))


def mutate_bytes(dice: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Change a few places, mostly near the beginning, where formats keep what they are."""
    result = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        at = dice.randrange(min(len(result), dice.choice((32, 512, 1 << 30))) or 1)
        kind = dice.randrange(7)
        if kind == 0 and result:
            result[at] ^= 1 << dice.randrange(8)
        elif kind == 1 and result:
            result[at] = dice.choice((0, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        elif kind == 2:
            size = dice.choice((1, 2, 4, 8))
            result[at : at + size] = (dice.choice(EDGES) & (256**size - 1)).to_bytes(size, "little")
        elif kind == 3:
            del result[at : at + dice.randrange(1, 64)]
        elif kind == 4:
            result[at:at] = dice.randbytes(dice.randrange(1, 64))
        elif kind == 5:
            del result[at:]
        else:
            other = dice.choice(seeds)
            start = dice.randrange(len(other) or 1)
            result[at : at + 64] = other[start : start + dice.randrange(1, 256)]
    return bytes(result)


def mutate_model(dice: random.Random, model: Any, others: Sequence[Any]) -> bytes:
    """Change fields of an ONNX model (a ModelProto), which stays a well-formed message."""
    changed = type(model)()
    changed.CopyFrom(model)
    for _ in range(dice.choice((1, 1, 2, 3, 5))):
        dice.choice(_CHANGES)(dice, changed.graph, others)
    if dice.random() < 0.05:
        changed.ir_version = dice.choice(NUMBERS)
    if changed.opset_import and dice.random() < 0.1:
        changed.opset_import[0].version = dice.choice((1, 5, 7, 9, 11, 13, 17, 21, 99, -1))
    return bytes(changed.SerializeToString())


def _name(dice: random.Random, graph: Any) -> str:
    names = [name for node in graph.node for name in (*node.input, *node.output)]
    names += [value.name for value in (*graph.input, *graph.initializer)]
    return dice.choice([*names, "", "nobody", "x" * 300])


def _change_links(dice: random.Random, graph: Any, others: Sequence[Any]) -> None:
    if graph.node:
        names = getattr(dice.choice(graph.node), dice.choice(("input", "input", "output")))
        kind = dice.randrange(3)
        if kind == 0:
            names.append(_name(dice, graph))
        elif names and kind == 1:
            names[dice.randrange(len(names))] = _name(dice, graph)
        elif names:
            del names[dice.randrange(len(names))]


def _change_operator(dice: random.Random, graph: Any, others: Sequence[Any]) -> None:
    donors = [node for other in others for node in other.graph.node]
    if graph.node and donors:
        node, donor = dice.choice(graph.node), dice.choice(donors)
        node.op_type = donor.op_type
        if dice.random() < 0.5:
            del node.attribute[:]
            node.attribute.extend(donor.attribute)


def _change_attribute(dice: random.Random, graph: Any, others: Sequence[Any]) -> None:
    attributes = [attribute for node in graph.node for attribute in node.attribute]
    if not attributes:
        return
    attribute = dice.choice(attributes)
    kind = dice.randrange(6)
    if kind == 0:
        attribute.i = dice.choice(NUMBERS)
    elif kind == 1:
        attribute.f = dice.choice((0.0, -1.0, float("nan"), float("inf"), 1e38))
    elif kind == 2:
        del attribute.ints[:]
        attribute.ints.extend(dice.choice(NUMBERS) for _ in range(dice.randrange(10)))
    elif kind == 3:
        attribute.type = dice.randrange(15)
    elif kind == 4:
        attribute.s = dice.choice((b"", b"\xff\xfe", b"NOTSET", b"SAME_UPPER", b"linear", b"x" * 1000))
    else:
        attribute.name = dice.choice(attributes).name


def _change_initializer(dice: random.Random, graph: Any, others: Sequence[Any]) -> None:
    tensors = [*graph.initializer, *(a.t for node in graph.node for a in node.attribute if a.HasField("t"))]
    if not tensors:
        return
    tensor = dice.choice(tensors)
    kind = dice.randrange(6)
    if kind == 0 and tensor.dims:
        tensor.dims[dice.randrange(len(tensor.dims))] = dice.choice(NUMBERS)
    elif kind == 1:
        tensor.dims.append(dice.choice(NUMBERS))
    elif kind == 2:
        tensor.data_type = dice.randrange(26)
    elif kind == 3:
        tensor.raw_data = tensor.raw_data[: dice.randrange(len(tensor.raw_data) + 1)]
    elif kind == 4:
        del tensor.dims[:]
    else:
        tensor.raw_data = dice.randbytes(dice.randrange(64))


def _change_shape(dice: random.Random, graph: Any, others: Sequence[Any]) -> None:
    values = [*graph.input, *graph.output]
    if not values:
        return
    kind = dice.choice(values).type.tensor_type
    if dice.random() < 0.3:
        kind.elem_type = dice.randrange(26)
    elif kind.shape.dim and dice.random() < 0.8:
        dim = dice.choice(kind.shape.dim)
        if dice.random() < 0.2:
            dim.dim_param = "n"
        else:
            dim.dim_value = dice.choice(NUMBERS)
    else:
        kind.shape.dim.add().dim_value = dice.choice(NUMBERS)


def _change_order(dice: random.Random, graph: Any, others: Sequence[Any]) -> None:
    parts = dice.choice((graph.node, graph.initializer, graph.input, graph.output))
    if not parts:
        return
    at = dice.randrange(len(parts))
    if dice.random() < 0.5:
        del parts[at]
    else:
        parts.add().CopyFrom(parts[at])


_CHANGES: tuple[Callable[[random.Random, Any, Sequence[Any]], None], ...] = (
    _change_links, _change_operator, _change_attribute, _change_initializer, _change_shape, _change_order,
)  # fmt: skip
