"""Loops, conditionals, attention and layers of transformers that cannot be, or are not complete."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from .adapters import Api, answer
from .case import case

Steps = Generator[None, None, None]

Make = Callable[[Any, Any, Any], Any]


def constant(network: Any, value: Any) -> Any:
    array = np.asarray(value)
    return network.add_constant(array.shape, array).get_output(0)


def _loop(t: Any, n: Any, *, limit: bool = True) -> Any:
    loop = n.add_loop()
    loop.name = "the culprit"
    if limit:
        loop.add_trip_limit(constant(n, np.int32(4)), t.TripLimit.COUNT)
    return loop


def _attend(t: Any, n: Any, *tensors: Any) -> Any:
    return n.add_attention_v2(*tensors, t.AttentionNormalizationOp.SOFTMAX, t.CausalMaskKind.NONE)


def _masked(t: Any, n: Any, x: Any) -> Any:
    attention = _attend(t, n, x, x, x)
    attention.causal_kind = t.CausalMaskKind.UPPER_LEFT
    attention.mask = x
    return attention


def _set(thing: Any, name: str, value: Any) -> Any:
    setattr(thing, name, value)
    return thing


PARTS: dict[str, Make] = {
    "a loop limited by floats": lambda t, n, x: n.add_loop().add_trip_limit(x, t.TripLimit.COUNT),
    "a loop while a number": lambda t, n, x: n.add_loop().add_trip_limit(constant(n, np.int32(1)), t.TripLimit.WHILE),
    "a loop with a limit of no kind": lambda t, n, x: n.add_loop().add_trip_limit(constant(n, np.int32(1)), 7),
    "an iterator along axis 4": lambda t, n, x: n.add_loop().add_iterator(x, 4),
    "an iterator along axis -1": lambda t, n, x: n.add_loop().add_iterator(x, -1),
    "an iterator over a scalar": lambda t, n, x: n.add_loop().add_iterator(constant(n, np.float32(1))),
    "a recurrence of nothing": lambda t, n, x: n.add_loop().add_recurrence(None),
    "a loop output at axis 9": lambda t, n, x: n.add_loop().add_loop_output(x, t.LoopOutput.CONCATENATE, 9),
    "a loop output of no kind": lambda t, n, x: n.add_loop().add_loop_output(x, t.TripLimit.COUNT),
    "a loop without a name": lambda t, n, x: _set(n.add_loop(), "name", ""),
    "a condition of floats": lambda t, n, x: n.add_if_conditional().set_condition(x),
    "a condition that is none": lambda t, n, x: n.add_if_conditional().set_condition(None),
    "branches of two types": lambda t, n, x: n.add_if_conditional().add_output(x, constant(n, np.ones((1,) * 4, "i4"))),
    "branches of two ranks": lambda t, n, x: n.add_if_conditional().add_output(x, constant(n, np.ones(4, "f4"))),
    "attention of two types": lambda t, n, x: _attend(t, n, x, x, constant(n, np.ones((1, 4, 8, 8), "f2"))),
    "attention of integers": lambda t, n, x: _attend(t, n, *[constant(n, np.ones((1, 4, 8, 8), "i4"))] * 3),
    "attention of two dimensions": lambda t, n, x: _attend(t, n, *[constant(n, np.ones((8, 8), "f4"))] * 3),
    "attention with a mask twice": _masked,
    "attention with a mask that is none": lambda t, n, x: _set(_attend(t, n, x, x, x), "mask", None),
    "attention among 0 GPUs": lambda t, n, x: _set(_attend(t, n, x, x, x), "num_ranks", 0),
    "input 99 of an attention": lambda t, n, x: _attend(t, n, x, x, x).set_input(99, x),
    "input -1 of an attention": lambda t, n, x: _attend(t, n, x, x, x).set_input(-1, x),
    "a rotation of 7": lambda t, n, x: n.add_rotary_embedding(x, *[constant(n, np.ones((8, 4), "f4"))] * 2, False, 7),
    "a rotation of 64": lambda t, n, x: n.add_rotary_embedding(x, *[constant(n, np.ones((8, 4), "f4"))] * 2, False, 64),
    "a rotation by integers": lambda t, n, x: n.add_rotary_embedding(
        x, *[constant(n, np.ones((8, 4), "i4"))] * 2, False, 0
    ),
    "a cache that is computed": lambda t, n, x: n.add_kv_cache_update(
        n.add_identity(x).get_output(0), x, constant(n, np.zeros(1, "i4")), t.KVCacheMode.LINEAR
    ),
    "a cache of another type": lambda t, n, x: n.add_kv_cache_update(
        x, constant(n, np.ones((1, 4, 1, 8), "f2")), constant(n, np.zeros(1, "i4")), t.KVCacheMode.LINEAR
    ),
    "a cache written at floats": lambda t, n, x: n.add_kv_cache_update(x, x, x, t.KVCacheMode.LINEAR),
    "blocks along axis 7": lambda t, n, x: n.add_dynamic_quantize(x, 7, 16, t.DataType.FP4, t.DataType.FP8),
    "blocks of too few dimensions": lambda t, n, x: n.add_dynamic_quantize_v2(
        x, (32,), t.DataType.FP8, t.DataType.E8M0
    ),
    "quantizing to floats": lambda t, n, x: n.add_dynamic_quantize_v2(
        x, (1, 1, 1, 32), t.DataType.HALF, t.DataType.E8M0
    ),
    "experts chosen by floats": lambda t, n, x: n.add_moe(x, x, x),
    "what is not zero, as floats": lambda t, n, x: n.add_non_zero(x, t.DataType.FLOAT),
    "boxes of four dimensions": lambda t, n, x: n.add_nms(x, x, constant(n, np.int32(1))),
    "a broadcast from nobody": lambda t, n, x: n.add_dist_collective(
        x, t.CollectiveOperation.BROADCAST, None, None, None
    ),
    "a gathering that sums": lambda t, n, x: n.add_dist_collective(
        x, t.CollectiveOperation.ALL_GATHER, t.ReduceOperation.SUM, None, None
    ),
}  # fmt: skip


@case(
    "a part of a network that cannot be",
    "tensor",
    "kind is",
    "axis is",
    "initial_value",
    "name is",
    "condition",
    "subgraph_output",
    "query",
    "value (",
    "mask",
    "num_ranks",
    "index is",
    "rotary_embedding_dim",
    "cos_cache",
    "cache is",
    "update (",
    "write_indices",
    "block_shape",
    "output_type",
    "selected_experts",
    "indices_type",
    "scores (",
    "root is",
    "reduce_op",
    variants={name: (make,) for name, make in PARTS.items()},
)
def part_that_cannot_be(api: Api, make: Make) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network)
    yield
    answer(make(api.t, network, x))
    network.mark_output(api.relu(network, x).get_output(0))
    api.build(builder, network)


def _no_second_value(t: Any, n: Any, x: Any) -> None:
    _loop(t, n).add_recurrence(x)


def _no_length(t: Any, n: Any, x: Any) -> None:
    loop = _loop(t, n)
    loop.add_loop_output(loop.add_iterator(x).get_output(0), t.LoopOutput.CONCATENATE)


def _last_of_anything(t: Any, n: Any, x: Any) -> None:
    loop = _loop(t, n)
    loop.add_loop_output(loop.add_iterator(x).get_output(0), t.LoopOutput.LAST_VALUE)


def _two_limits(t: Any, n: Any, x: Any) -> None:
    _loop(t, n).add_trip_limit(constant(n, np.int32(3)), t.TripLimit.COUNT)


def _circle(t: Any, n: Any, x: Any) -> None:
    first = n.add_activation(x, t.ActivationType.RELU)
    first.name = "the culprit"
    first.set_input(0, n.add_activation(first.get_output(0), t.ActivationType.RELU).get_output(0))


INCOMPLETE: dict[str, Make] = {
    "a loop without a limit": lambda t, n, x: _loop(t, n, limit=False),
    "a loop with two limits": _two_limits,
    "a recurrence without a second value": _no_second_value,
    "a loop output without a length": _no_length,
    "the last value of an iterator": _last_of_anything,
    "a conditional without a condition": lambda t, n, x: setattr(n.add_if_conditional(), "name", "the culprit"),
    "layers in a circle": _circle,
}


@case(
    "a network that is not complete",
    "the culprit",
    variants={name: (make,) for name, make in INCOMPLETE.items()},
)
def network_that_is_not_complete(api: Api, make: Make) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network)
    make(api.t, network, x)
    network.mark_output(api.relu(network, x).get_output(0))
    yield
    api.build(builder, network)


USES: dict[str, Callable[[Any, Any], Any]] = {
    "loop.name": lambda o, x: o["loop"].name,
    "loop.add_recurrence": lambda o, x: o["loop"].add_recurrence(x),
    "loop.add_iterator": lambda o, x: o["loop"].add_iterator(x),
    "conditional.add_input": lambda o, x: o["conditional"].add_input(x),
    "attention.get_output": lambda o, x: o["attention"].get_output(0),
    "attention.mask": lambda o, x: o["attention"].mask,
    "layer.attention": lambda o, x: o["layer"].attention,
}


@case(
    "a part of a closed network",
    "closed",
    only="trtx",
    variants={name: (use,) for name, use in USES.items()},
)
def part_of_a_closed_network(api: Api, use: Callable[[Any, Any], Any]) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network)
    parts = {"loop": network.add_loop(), "conditional": network.add_if_conditional()}
    parts["attention"] = _attend(api.t, network, x, x, x)
    parts["layer"] = network.get_layer(0)
    network.close()
    yield
    use(parts, x)
