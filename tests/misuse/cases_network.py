"""Shapes, names, types, indices and enum values that a network cannot take."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from .adapters import Api, answer
from .case import case

Steps = Generator[None, None, None]


@case(
    "an input of an impossible shape",
    "shape",
    variants=(
        (-2,),
        (2, -5),
        (1,) * 9,
        (2**63,),
        (2**40, 2**40),
        (1.5, 2),
        None,
        "22",
        7,
        (None,),
        (True, 2),
        ("2",),
    ),
)
def input_shape(api: Api, shape: Any) -> Steps:
    network = api.network()
    yield
    answer(network.add_input("x", api.t.DataType.FLOAT, shape))


@case("an input of an impossible name", "name", variants=("", "a\0b", "x" * 5000, 7, None, b"x", "\ud800"))
def input_name(api: Api, name: Any) -> Steps:
    network = api.network()
    yield
    answer(network.add_input(name, api.t.DataType.FLOAT, (2,)))


@case("an input of an impossible type", "dtype", variants=(0, 99, -1, None, "FLOAT", float))
def input_type(api: Api, dtype: Any) -> Steps:
    network = api.network()
    yield
    answer(network.add_input("x", dtype, (2,)))


@case("two inputs of one name", "'x'", " x ", "name", variants=("add_input", "tensor.name"))
def duplicate_input(api: Api, how: str) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    if how != "add_input":
        second = api.input(network, "second", (2, 2))
        network.mark_output(api.relu(network, second).get_output(0))
    yield
    if how == "add_input":
        api.input(network, "x")
    else:
        second.name = "x"
        api.build(builder, network)


@case("two outputs of one name", "'same'", "same", "name")
def duplicate_output(api: Api) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    more = api.relu(network, network.get_input(0)).get_output(0)
    network.mark_output(more)
    network.get_output(0).name = "same"
    yield
    more.name = "same"
    api.build(builder, network)


@case("an output with the name of an input", "'x'", "name")
def output_named_like_input(api: Api) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    yield
    network.get_output(0).name = "x"
    api.build(builder, network)


BAD_NAMES = ("a\0b", "x" * 5000, 7, None, b"x", "\ud800")


@case("a tensor gets an impossible name", "name", variants=("", *BAD_NAMES))
def tensor_name(api: Api, name: Any) -> Steps:
    network = api.network()
    tensor = api.input(network)
    yield
    tensor.name = name


@case("a layer gets an impossible name", "name", variants=BAD_NAMES)
def layer_name(api: Api, name: Any) -> Steps:
    network = api.network()
    layer = api.relu(network, api.input(network))
    yield
    layer.name = name


@case("a network gets an impossible name", "name", variants=("a\0b", 7, None, "\ud800"))
def network_name(api: Api, name: Any) -> Steps:
    network = api.network()
    yield
    network.name = name


@case("metadata cut at a NUL", "metadata", variants=("a\0b", 7))
def metadata(api: Api, value: Any) -> Steps:
    network = api.network()
    layer = api.relu(network, api.input(network))
    yield
    layer.metadata = value


@case(
    "a dimension that is not there gets a name, or a wrong one",
    "index",
    "name",
    variants={"index -1": (-1, "n"), "index 4": (4, "n"), "index 2**31": (2**31, "n"), "NUL": (0, "a\0b"), "7": (0, 7)},
)
def dimension_name(api: Api, index: Any, name: Any) -> Steps:
    network = api.network()
    tensor = api.input(network)
    yield
    tensor.set_dimension_name(index, name)


@case("the name of a dimension that is not there", "index", variants=(-1, 4, 2**31))
def get_dimension_name(api: Api, index: int) -> Steps:
    network = api.network()
    tensor = api.input(network)
    yield
    answer(tensor.get_dimension_name(index))


@case("a tensor gets an impossible shape", "shape", variants=((-2,), (1,) * 9, (2**63,), None, "22", (0.5,)))
def tensor_shape(api: Api, shape: Any) -> Steps:
    network = api.network()
    tensor = api.input(network)
    yield
    tensor.shape = shape


@case("formats that do not exist", "formats", variants=(-1, 1 << 30, "LINEAR", None))
def allowed_formats(api: Api, value: Any) -> Steps:
    network = api.network()
    tensor = api.input(network)
    yield
    tensor.allowed_formats = value


GETTERS: dict[str, Callable[[Any, Any], Any]] = {
    "get_layer": lambda network, index: network.get_layer(index),
    "get_input": lambda network, index: network.get_input(index),
    "get_output": lambda network, index: network.get_output(index),
    "layer.get_input": lambda network, index: network.get_layer(0).get_input(index),
    "layer.get_output": lambda network, index: network.get_layer(0).get_output(index),
    "layer.get_output_type": lambda network, index: network.get_layer(0).get_output_type(index),
    "network[...]": lambda network, index: network[index],
}


@case(
    "an index beyond the end",
    "index",
    "layer 9",
    "layer 2147483648",
    "layer 1099511627776",
    variants={
        f"{name}({index})": (getter, index)
        for name, getter in GETTERS.items()
        for index in (*((-1,) if name != "network[...]" else ()), 9, 2**31, 2**40, 0.5)
    },
)
def index_out_of_range(api: Api, getter: Callable[[Any, Any], Any], index: Any) -> Steps:
    network = api.simple(api.builder())
    yield
    answer(getter(network, index))


@case("an input that a layer does not have", "index", "input", variants=(-1, 1, 7, 2**31))
def set_input(api: Api, index: int) -> Steps:
    network = api.simple(api.builder())
    yield
    network.get_layer(0).set_input(index, network.get_input(0))


NO_TENSORS: dict[str, tuple[Callable[..., Any]]] = {
    "add_activation(None)": (lambda api, net: net.add_activation(None, api.t.ActivationType.RELU),),
    "add_activation(layer)": (lambda api, net: net.add_activation(net.get_layer(0), api.t.ActivationType.RELU),),
    "add_activation(name)": (lambda api, net: net.add_activation("x", api.t.ActivationType.RELU),),
    "add_softmax(None)": (lambda api, net: net.add_softmax(None),),
    "add_elementwise(x, None)": (
        lambda api, net: net.add_elementwise(net.get_input(0), None, api.t.ElementWiseOperation.SUM),
    ),
    "add_concatenation([])": (lambda api, net: net.add_concatenation([]),),
    "add_concatenation([x, None])": (lambda api, net: net.add_concatenation([net.get_input(0), None]),),
    "add_concatenation(x)": (lambda api, net: net.add_concatenation(net.get_input(0)),),
    "add_einsum([], ...)": (lambda api, net: net.add_einsum([], "ij->ji"),),
    "mark_output(None)": (lambda api, net: net.mark_output(None),),
    "mark_output(layer)": (lambda api, net: net.mark_output(net.get_layer(0)),),
    "remove_tensor(None)": (lambda api, net: net.remove_tensor(None),),
    "set_input(0, None)": (lambda api, net: net.get_layer(0).set_input(0, None),),
    "set_input(0, layer)": (lambda api, net: net.get_layer(0).set_input(0, net.get_layer(0)),),
}


@case("something else where a tensor is needed", "input", "tensor", variants=NO_TENSORS)
def no_tensor(api: Api, use: Callable[..., Any]) -> Steps:
    network = api.simple(api.builder())
    yield
    answer(use(api, network) or True)


ENUMS: dict[str, tuple[str, Callable[..., Any]]] = {
    "activation": ("type", lambda net, x, e: net.add_activation(x, e)),
    "unary": ("op", lambda net, x, e: net.add_unary(x, e)),
    "elementwise": ("op", lambda net, x, e: net.add_elementwise(x, x, e)),
    "reduce": ("op", lambda net, x, e: net.add_reduce(x, e, 1, True)),
    "pooling": ("type", lambda net, x, e: net.add_pooling_nd(x, e, (2, 2))),
    "topk": ("op", lambda net, x, e: net.add_topk(x, e, 1, 1)),
    "scale": ("mode", lambda net, x, e: net.add_scale(x, e)),
    "cast": ("to_type", lambda net, x, e: net.add_cast(x, e)),
    "layer.type": ("type", lambda net, x, e: setattr(net.get_layer(0), "type", e)),
}


@case(
    "enum values that do not exist, or of another enum",
    "{2} is",
    variants={
        f"{name}({value})": (use, value, word)
        for name, (word, use) in ENUMS.items()
        for value in (99, -1, None, "RELU", "LayerType.CAST")
    },
)
def enum_values(api: Api, use: Callable[..., Any], value: Any, _: str) -> Steps:
    network = api.network()
    x = api.input(network)
    api.relu(network, x)
    if value == "LayerType.CAST":
        value = api.t.LayerType.CAST
    yield
    answer(use(network, x, value) or True)


@case("unmark_output of a tensor that is none", "output")
def unmark_no_output(api: Api) -> Steps:
    network = api.simple(api.builder())
    yield
    network.unmark_output(network.get_input(0))


@case(
    "operands that do not fit each other",
    "input1",
    "input2",
    "dimension",
    "shape",
    "broadcast",
    "type",
    variants={
        "shapes": ((2, 3), (2, 4), False),
        "ranks": ((2, 3), (2, 3, 4), False),
        "types": ((2, 3), (2, 3), True),
    },
)
def operands(api: Api, one: tuple[int, ...], two: tuple[int, ...], other_type: bool) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network, "a", one)
    y = api.input(network, "b", two, api.t.DataType.HALF if other_type else None)
    yield
    layer = answer(network.add_elementwise(x, y, api.t.ElementWiseOperation.SUM))
    network.mark_output(layer.get_output(0))
    api.build(builder, network)


@case("matrices that do not fit each other", "dimension", "shape", "multipl")
def matrices(api: Api) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x, y = api.input(network, "a", (2, 3)), api.input(network, "b", (4, 5))
    none = api.t.MatrixOperation.NONE
    yield
    layer = answer(network.add_matrix_multiply(x, none, y, none))
    network.mark_output(layer.get_output(0))
    api.build(builder, network)


@case("an equation that is none", "equation", "einsum", variants=("", "nonsense", "ij->", "i\0j->ji", "abc->cba"))
def equation(api: Api, equation: str) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network, "a", (2, 3))
    if equation == "ij->":
        equation = "ij,jk->ik"
    yield
    layer = answer(network.add_einsum([x], equation))
    network.mark_output(layer.get_output(0))
    api.build(builder, network)


@case("refittable weights that have no such name", "nobody", "name", variants=("nobody", "", "a\0b", None))
def unknown_weights(api: Api, name: Any) -> Steps:
    network = api.simple(api.builder())
    yield
    answer(network.mark_weights_refittable(name))
