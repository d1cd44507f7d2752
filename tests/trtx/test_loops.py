"""Loops: what they are made of, what the real library builds of them, and what is refused before it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import trtx
from trtx import LoopOutput, TripLimit
from trtx import NetworkDefinition as Network

FLOAT, INT32, BOOL = trtx.DataType.FLOAT, trtx.DataType.INT32, trtx.DataType.BOOL
SUM, LESS = trtx.ElementWiseOperation.SUM, trtx.ElementWiseOperation.LESS


def constant(network: Network, value: Any) -> trtx.Tensor:
    array = np.asarray(value)
    return network.add_constant(array.shape, array).get_output(0)


def counted(network: Network, count: int = 4) -> trtx.Loop:
    loop = network.add_loop()
    loop.add_trip_limit(constant(network, np.int32(count)), TripLimit.COUNT)
    return loop


def summing(network: Network, loop: trtx.Loop, *, reverse: bool = False) -> trtx.RecurrenceLayer:
    """Sum up the rows of an input in a loop."""
    x = network.add_input("x", FLOAT, (4, 3))
    row = loop.add_iterator(x, reverse=reverse).get_output(0)
    total = loop.add_recurrence(constant(network, np.zeros(3, np.float32)))
    total.set_input(1, network.add_elementwise(total.get_output(0), row, SUM).get_output(0))
    return total


def build(builder: trtx.Builder, network: Network, *outputs: trtx.Tensor) -> int:
    for output in outputs:
        network.mark_output(output)
    with builder.build_serialized_network(network, builder.create_config()) as memory:
        return memory.nbytes


@pytest.mark.parametrize("reverse", [False, True])
def test_a_loop_of_a_given_count_is_built(builder: trtx.Builder, network: Network, reverse: bool) -> None:
    loop = counted(network)
    total = summing(network, loop, reverse=reverse)
    last = loop.add_loop_output(total.get_output(0), LoopOutput.LAST_VALUE)
    every = loop.add_loop_output(tensor=total.get_input(1), kind=LoopOutput.CONCATENATE, axis=1)
    back = loop.add_loop_output(total.get_input(1), LoopOutput.REVERSE)
    for layer in (every, back):
        layer.set_input(1, constant(network, np.int32(4)))
    assert [layer.get_output(0).shape for layer in (last, every, back)] == [(3,), (3, 4), (4, 3)]
    assert [layer.kind for layer in (last, every, back)] == [*LoopOutput]
    assert (every.axis, back.axis) == (1, 0)
    assert build(builder, network, *(layer.get_output(0) for layer in (last, every, back)))


def test_a_while_loop_is_built(builder: trtx.Builder, network: Network) -> None:
    loop = network.add_loop()
    number = loop.add_recurrence(constant(network, np.int32(0)))
    more = network.add_elementwise(number.get_output(0), network.add_input("limit", INT32, ()), LESS)
    number.set_input(
        1, network.add_elementwise(number.get_output(0), constant(network, np.int32(1)), SUM).get_output(0)
    )
    limit = loop.add_trip_limit(more.get_output(0), TripLimit.WHILE)
    assert (limit.kind, limit.loop) == (TripLimit.WHILE, loop)
    loop.add_trip_limit(constant(network, np.int32(100)), TripLimit.COUNT)  # the first one to be reached counts
    output = loop.add_loop_output(number.get_output(0), LoopOutput.LAST_VALUE)
    config = builder.create_config()
    profile = builder.create_optimization_profile()
    profile.set_shape_input("limit", (1,), (5,), (10,))
    config.add_optimization_profile(profile)
    network.mark_output(output.get_output(0))
    assert builder.build_serialized_network(network, config).nbytes


def test_a_loop_in_a_loop_is_built(builder: trtx.Builder, network: Network) -> None:
    x = network.add_input("x", FLOAT, (3, 4))
    outer, inner = counted(network, 3), counted(network, 4)
    row = outer.add_iterator(x).get_output(0)
    total = inner.add_recurrence(constant(network, np.float32(0)))
    value = inner.add_iterator(row).get_output(0)
    total.set_input(1, network.add_elementwise(total.get_output(0), value, SUM).get_output(0))
    last = inner.add_loop_output(total.get_output(0), LoopOutput.LAST_VALUE).get_output(0)
    sums = outer.add_loop_output(last, LoopOutput.CONCATENATE)
    sums.set_input(1, constant(network, np.int32(3)))
    assert sums.get_output(0).shape == (3,)
    assert build(builder, network, sums.get_output(0))


def test_a_loop_is_one_object(network: Network) -> None:
    loop = counted(network)
    total = summing(network, loop)
    boundary = [layer for layer in network if isinstance(layer, trtx.LoopBoundaryLayer)]
    assert {type(layer) for layer in boundary} == {trtx.TripLimitLayer, trtx.IteratorLayer, trtx.RecurrenceLayer}
    assert all(layer.loop is loop and layer.network is loop.network is network for layer in boundary)
    assert total.loop is loop
    loop.name = "sum"
    assert repr(loop) == "<trtx.Loop 'sum'>"
    del loop, boundary
    gc.collect()
    assert total.loop.name == "sum"
    iterator = next(layer for layer in network if isinstance(layer, trtx.IteratorLayer))
    iterator.reverse = True
    assert (iterator.axis, iterator.reverse, iterator.type) == (0, True, trtx.LayerType.ITERATOR)


def test_a_loop_goes_with_its_network(network: Network) -> None:
    loop = counted(network)
    total = summing(network, loop)
    x = network.get_input(0)
    network.close()
    assert loop.is_closed
    assert repr(loop) == "<trtx.Loop (closed)>"
    for use in (
        lambda: loop.name,
        lambda: setattr(loop, "name", "x"),
        lambda: loop.network,
        lambda: loop.add_recurrence(x),
        lambda: loop.add_iterator(x),
        lambda: loop.add_trip_limit(x, TripLimit.COUNT),
        lambda: loop.add_loop_output(x, LoopOutput.LAST_VALUE),
        lambda: total.loop,
    ):
        with pytest.raises(trtx.ClosedError):
            use()
    with pytest.raises(TypeError, match="cannot be made directly"):
        trtx.Loop()  # type: ignore[call-arg]
    with pytest.raises(trtx.ClosedError, match="this Loop is not part of a network"):
        _ = trtx.Loop.__new__(trtx.Loop).name


def test_only_layers_at_the_border_have_a_loop(network: Network) -> None:
    relu = network.add_activation(network.add_input("x", FLOAT, (1,)), trtx.ActivationType.RELU)
    with pytest.raises(AttributeError):
        _ = relu.loop  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"ActivationLayer .* belongs to no loop"):
        trtx.LoopBoundaryLayer.loop.fget(relu)  # type: ignore[attr-defined]


Misuse = Callable[[Network, trtx.Loop, trtx.Tensor], object]


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (
            lambda n, p, x: p.add_trip_limit(x, TripLimit.COUNT),
            r"^tensor \('x'\) has the shape \(4, 3\).*no dimensions",
        ),
        (lambda n, p, x: p.add_trip_limit(constant(n, np.float32(1)), TripLimit.COUNT), "is FLOAT; allowed are INT32"),
        (lambda n, p, x: p.add_trip_limit(constant(n, np.int32(1)), TripLimit.WHILE), "is INT32; allowed is BOOL"),
        (
            lambda n, p, x: p.add_trip_limit(constant(n, np.int32(1)), 0),
            r"^kind is 0; allowed is a member of trtx\.Trip",
        ),
        (lambda n, p, x: p.add_trip_limit(3, TripLimit.COUNT), "^tensor is 3; allowed is a trtx"),
        (lambda n, p, x: p.add_iterator(x, 2), "^axis is 2; allowed is an integer from 0 to 1"),
        (lambda n, p, x: p.add_iterator(x, -1), "^axis is -1"),
        (lambda n, p, x: p.add_iterator(x, 0, 1), "^reverse is 1; allowed is True or False"),
        (lambda n, p, x: p.add_iterator(constant(n, np.float32(1))), "at least 1 dimension"),
        (lambda n, p, x: p.add_recurrence(None), "^initial_value is None"),
        (
            lambda n, p, x: p.add_loop_output(x, LoopOutput.CONCATENATE, 3),
            "^axis is 3; allowed is an integer from 0 to 2",
        ),
        (lambda n, p, x: p.add_loop_output(x, LoopOutput.REVERSE, -1), "^axis is -1"),
        (
            lambda n, p, x: p.add_loop_output(x, TripLimit.COUNT),
            r"^kind is .*; allowed is a member of trtx\.LoopOutput",
        ),
        (
            lambda n, p, x: p.add_loop_output(n.add_input("y", FLOAT, (1,) * 8), LoopOutput.REVERSE),
            "LAST_VALUE for a tensor of 8 dimensions",
        ),
    ],
)
def test_mistakes_are_named_before_the_library(network: Network, misuse: Misuse, words: str) -> None:
    x, loop = network.add_input("x", FLOAT, (4, 3)), network.add_loop()
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        misuse(network, loop, x)
    assert not any(isinstance(layer, trtx.LoopBoundaryLayer) for layer in network)


def test_tensors_of_another_network_are_refused(builder: trtx.Builder, network: Network) -> None:
    other, loop = builder.create_network().add_input("other", FLOAT, (4, 3)), network.add_loop()
    for use in (
        loop.add_recurrence,
        loop.add_iterator,
        lambda tensor: loop.add_trip_limit(tensor, TripLimit.COUNT),
        lambda tensor: loop.add_loop_output(tensor, LoopOutput.LAST_VALUE),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match="is the tensor 'other' of another network"):
            use(other)


def _no_limit(network: Network) -> None:
    loop = network.add_loop()
    loop.name = "sum"
    loop.add_loop_output(summing(network, loop).get_output(0), LoopOutput.LAST_VALUE)


def _two_limits(network: Network) -> None:
    loop = counted(network)
    loop.name = "sum"
    loop.add_trip_limit(constant(network, np.int32(1)), TripLimit.COUNT)


def _no_next_value(network: Network) -> None:
    loop = counted(network)
    loop.name = "sum"
    loop.add_recurrence(constant(network, np.int32(1))).name = "total"


def _no_length(network: Network) -> None:
    loop = counted(network)
    loop.name = "sum"
    loop.add_loop_output(summing(network, loop).get_output(0), LoopOutput.CONCATENATE).name = "all"


def _no_recurrence(network: Network) -> None:
    loop = counted(network)
    loop.name = "sum"
    total = summing(network, loop).get_input(1)
    assert total is not None
    total.name = "added"
    loop.add_loop_output(total, LoopOutput.LAST_VALUE).name = "last"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_no_limit, "^loop 'sum' has no trip limit"),
        (lambda network: setattr(network.add_loop(), "name", "sum"), "^loop 'sum' has no trip limit"),
        (_two_limits, "^loop 'sum' has two trip limits of the kind COUNT"),
        (_no_next_value, "^recurrence 'total' of loop 'sum' has no value for the next iteration"),
        (_no_length, "^loop output 'all' of loop 'sum' has no length, which CONCATENATE needs"),
        (_no_recurrence, "^loop output 'last' of loop 'sum' is the last value of 'added'; allowed is the output of a"),
    ],
)
def test_a_build_names_what_a_loop_lacks(
    builder: trtx.Builder, network: Network, make: Callable[[Network], None], words: str
) -> None:
    make(network)
    output = network.add_identity(network.add_input("y", FLOAT, (1,))).get_output(0)
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        build(builder, network, output)
