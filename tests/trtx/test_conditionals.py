"""Conditionals: what they are made of, what the real library builds of them, and what is refused before it."""

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import pytest

import trtx
from trtx import NetworkDefinition as Network

FLOAT, HALF, BOOL = trtx.DataType.FLOAT, trtx.DataType.HALF, trtx.DataType.BOOL
RELU, NEG = trtx.ActivationType.RELU, trtx.UnaryOperation.NEG


def choosing(network: Network, condition: trtx.Tensor, value: trtx.Tensor) -> trtx.Tensor:
    """Add a conditional: the negative of a value, or its positive part."""
    conditional = network.add_if_conditional()
    conditional.set_condition(condition)
    inside = conditional.add_input(value).get_output(0)
    branches = network.add_unary(inside, NEG), network.add_activation(inside, RELU)
    return conditional.add_output(*(branch.get_output(0) for branch in branches)).get_output(0)


def build(builder: trtx.Builder, network: Network, output: trtx.Tensor) -> int:
    network.mark_output(output)
    with builder.build_serialized_network(network, builder.create_config()) as memory:
        return memory.nbytes


def test_a_conditional_is_built(builder: trtx.Builder, network: Network) -> None:
    x, condition = network.add_input("x", FLOAT, (3,)), network.add_input("c", BOOL, ())
    output = choosing(network, condition, x)
    assert (output.shape, output.dtype) == ((3,), FLOAT)
    assert build(builder, network, output)


def test_conditionals_in_one_another_are_built(builder: trtx.Builder, network: Network) -> None:
    x = network.add_input("x", FLOAT, (3,))
    outer, inner = network.add_input("outer", BOOL, ()), network.add_input("inner", BOOL, ())
    conditional = network.add_if_conditional()
    conditional.set_condition(condition=outer)
    inside = conditional.add_input(input=x).get_output(0)
    true = choosing(network, inner, inside)
    false = network.add_activation(inside, trtx.ActivationType.TANH).get_output(0)
    output = conditional.add_output(true_subgraph_output=true, false_subgraph_output=false)
    assert build(builder, network, output.get_output(0))


def test_a_conditional_in_a_loop_is_built(builder: trtx.Builder, network: Network) -> None:
    x, numbers = network.add_input("x", FLOAT, (4, 3)), network.add_input("numbers", trtx.int32, (4,))
    loop = network.add_loop()
    count = network.add_constant((), np.int32(4)).get_output(0)
    loop.add_trip_limit(count, trtx.TripLimit.COUNT)
    row, number = loop.add_iterator(x).get_output(0), loop.add_iterator(numbers).get_output(0)
    # A flag from an iterator itself is more than TensorRT-RTX can compile.
    flag = network.add_elementwise(number, count, trtx.ElementWiseOperation.LESS).get_output(0)
    output = loop.add_loop_output(choosing(network, flag, row), trtx.LoopOutput.CONCATENATE)
    output.set_input(1, count)
    assert build(builder, network, output.get_output(0))


def test_branches_may_differ_in_size(builder: trtx.Builder, network: Network) -> None:
    conditional = network.add_if_conditional()
    conditional.set_condition(network.add_input("c", BOOL, ()))
    inside = conditional.add_input(network.add_input("x", FLOAT, (3,))).get_output(0)
    twice = network.add_concatenation([inside, inside]).get_output(0)
    output = conditional.add_output(network.add_unary(inside, NEG).get_output(0), twice).get_output(0)
    assert build(builder, network, output)


def test_a_conditional_is_one_object(network: Network) -> None:
    x, condition = network.add_input("x", FLOAT, (3,)), network.add_input("c", BOOL, ())
    output = choosing(network, condition, x)
    boundary = [layer for layer in network if isinstance(layer, trtx.IfConditionalBoundaryLayer)]
    kinds = [trtx.ConditionLayer, trtx.IfConditionalInputLayer, trtx.IfConditionalOutputLayer]
    assert [type(layer) for layer in boundary] == kinds
    conditional = boundary[0].conditional
    assert all(layer.conditional is conditional and layer.network is conditional.network for layer in boundary)
    conditional.name = "choice"
    assert repr(conditional) == "<trtx.IfConditional 'choice'>"
    first = conditional.set_condition(condition)
    assert first is boundary[0]  # one condition, which can be replaced
    del conditional
    gc.collect()
    assert boundary[2].conditional.name == "choice"
    assert boundary[2].get_output(0) is output


def test_a_conditional_goes_with_its_network(network: Network) -> None:
    x, conditional = network.add_input("x", BOOL, ()), network.add_if_conditional()
    layer = conditional.set_condition(x)
    network.close()
    assert conditional.is_closed
    for use in (
        lambda: conditional.name,
        lambda: setattr(conditional, "name", "x"),
        lambda: conditional.network,
        lambda: conditional.set_condition(x),
        lambda: conditional.add_input(x),
        lambda: conditional.add_output(x, x),
        lambda: layer.conditional,
    ):
        with pytest.raises(trtx.ClosedError):
            use()
    with pytest.raises(TypeError, match="cannot be made directly"):
        trtx.IfConditional()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (lambda n, c, x: c.set_condition(x), r"^condition \('x'\) has the shape \(3,\); allowed: no dimensions"),
        (
            lambda n, c, x: c.set_condition(n.add_input("i", trtx.int32, ())),
            r"^condition \('i'\) is INT32; allowed is BOOL",
        ),
        (lambda n, c, x: c.set_condition(None), "^condition is None; allowed is a trtx"),
        (lambda n, c, x: c.add_input(1), "^input is 1; allowed is a trtx"),
        (
            lambda n, c, x: c.add_output(x, n.add_input("h", HALF, (3,))),
            r"^false_subgraph_output \('h'\) is HALF; allowed is FLOAT, the type of true_subgraph_output \('x'\)",
        ),
        (
            lambda n, c, x: c.add_output(x, n.add_input("r", FLOAT, (1, 3))),
            r"^false_subgraph_output \('r'\) has the shape \(1, 3\); allowed are 1 dimensions",
        ),
    ],
)
def test_mistakes_are_named_before_the_library(
    network: Network, misuse: Callable[[Network, trtx.IfConditional, trtx.Tensor], object], words: str
) -> None:
    x, conditional = network.add_input("x", FLOAT, (3,)), network.add_if_conditional()
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        misuse(network, conditional, x)
    assert network.num_layers == 0


def test_tensors_of_another_network_are_refused(builder: trtx.Builder, network: Network) -> None:
    other, conditional = builder.create_network().add_input("other", BOOL, ()), network.add_if_conditional()
    for use in (
        conditional.set_condition,
        conditional.add_input,
        lambda tensor: conditional.add_output(tensor, tensor),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match="is the tensor 'other' of another network"):
            use(other)


def test_a_build_names_a_conditional_without_a_condition(builder: trtx.Builder, network: Network) -> None:
    x, conditional = network.add_input("x", FLOAT, (3,)), network.add_if_conditional()
    conditional.name = "choice"
    inside = conditional.add_input(x).get_output(0)
    output = conditional.add_output(network.add_unary(inside, NEG).get_output(0), inside).get_output(0)
    with pytest.raises(trtx.InvalidArgumentError, match=r"^conditional 'choice' has no condition; set one with"):
        build(builder, network, output)
