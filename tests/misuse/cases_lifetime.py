"""Objects that are used after, or die before, those that they belong to; and objects that never lived."""

from __future__ import annotations

import contextlib
import copy
import gc
import itertools
import pickle
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from . import models
from .adapters import Api
from .case import case
from .verdict import Wrong

Steps = Generator[None, None, None]
Use = Callable[[Any], Any]


def churn() -> list[Any]:
    """Reuse freed memory, so that a dangling pointer does not go unnoticed."""
    gc.collect()
    return [np.full(n, 0x5A, np.uint8) for n in range(16, 4096, 16)]


def _rename(named: Any) -> None:
    named.name = "other"


TENSOR_USES: dict[str, tuple[Use]] = {
    "name": (lambda tensor: tensor.name,),
    "shape": (lambda tensor: tuple(tensor.shape),),
    "dtype": (lambda tensor: tensor.dtype,),
    "is_network_input": (lambda tensor: tensor.is_network_input,),
    "set name": (_rename,),
}


@case("a tensor outlives its network", "closed", "network", kind="either", variants=TENSOR_USES)
def tensor_after_network(api: Api, use: Use) -> Steps:
    network = api.network()
    tensor = api.relu(network, api.input(network)).get_output(0)
    yield
    del network
    _ = churn()
    use(tensor)


@case(
    "a layer outlives its network",
    "closed",
    "network",
    kind="either",
    variants={
        "name": (lambda layer: layer.name,),
        "num_inputs": (lambda layer: layer.num_inputs,),
        "get_output": (lambda layer: layer.get_output(0).name,),
        "type": (lambda layer: layer.type,),
        "set alpha": (lambda layer: setattr(layer, "alpha", 0.5),),
        "set name": (_rename,),
    },
)
def layer_after_network(api: Api, use: Use) -> Steps:
    network = api.network()
    layer = api.relu(network, api.input(network))
    yield
    del network
    _ = churn()
    use(layer)


@case("a tensor is used after remove_tensor", "removed", "closed", "no longer", variants=TENSOR_USES)
def tensor_after_remove(api: Api, use: Use) -> Steps:
    network = api.network()
    tensor = api.input(network, "loose")
    network.remove_tensor(tensor)
    _ = churn()
    yield
    use(tensor)


@case(
    "a removed tensor is given to its network",
    "removed",
    "closed",
    "no longer",
    variants={
        "add_activation": (lambda api, network, tensor: api.relu(network, tensor),),
        "mark_output": (lambda api, network, tensor: network.mark_output(tensor),),
        "remove_tensor": (lambda api, network, tensor: network.remove_tensor(tensor),),
        "set_input": (lambda api, network, tensor: network.get_layer(0).set_input(0, tensor),),
    },
)
def removed_tensor_as_argument(api: Api, use: Callable[..., Any]) -> Steps:
    network = api.network()
    api.relu(network, api.input(network))
    tensor = api.input(network, "loose")
    network.remove_tensor(tensor)
    _ = churn()
    yield
    use(api, network, tensor)


@case("remove_tensor of a tensor in use", "uses", "tensor", kind="either")
def remove_tensor_in_use(api: Api) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    yield
    network.remove_tensor(network.get_input(0))
    _ = churn()
    if network.get_layer(0).get_input(0) is not None:
        _ = network.get_layer(0).get_input(0).name
    api.build(builder, network)


@case("references are dropped in any order", kind="legal", variants=list(itertools.permutations(range(4))))
def drop_in_any_order(api: Api, order: tuple[int, ...]) -> Steps:
    logger = api.logger()
    builder = api.builder(logger)
    held: list[Any] = [logger, builder, api.simple(builder), api.config(builder)]
    del logger, builder
    yield
    for index in order:
        held[index] = None
        _ = churn()


@case(
    "a parser and its network are dropped in any order",
    kind="legal",
    variants=list(itertools.permutations(("builder", "network", "parser"))),
)
def drop_parser_in_any_order(api: Api, order: tuple[str, ...]) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    parser = api.parser(network)
    held = {"builder": builder, "network": network, "parser": parser}
    api.parse(parser, models.relu())
    del builder, network, parser
    yield
    for name in order:
        del held[name]
        _ = churn()


@case(
    "a parser is used after its network was dropped",
    "closed",
    "network",
    kind="either",
    variants={
        "parse": (lambda api, parser: api.parse(parser, models.relu()),),
        "num_errors": (lambda api, parser: parser.num_errors,),
        "parse garbage": (lambda api, parser: _fail_to_parse(api, parser),),
    },
)
def parser_after_network(api: Api, use: Callable[..., Any]) -> Steps:
    network = api.network()
    parser = api.parser(network)
    yield
    del network
    _ = churn()
    use(api, parser)


def _fail_to_parse(api: Api, parser: Any) -> None:
    with contextlib.suppress(Exception):
        api.parse(parser, models.unsupported())


@case(
    "two parsers on one network",
    "parser",
    kind="either",
    variants={
        "network last": ("first", "second", "network"),
        "network first": ("network", "first", "second"),
        "network between": ("first", "network", "second"),
        "second first": ("second", "first", "network"),
    },
)
def two_parsers(api: Api, *order: str) -> Steps:
    held = {"network": api.network()}
    held["first"] = api.parser(held["network"])
    yield
    held["second"] = api.parser(held["network"])
    for name in order:
        del held[name]
        _ = churn()


@case("two parsers on one network, one after the other", "parser", kind="either")
def two_parsers_in_turn(api: Api) -> Steps:
    network = api.network()
    parser = api.parser(network)
    _fail_to_parse(api, parser)
    del parser
    yield
    _ = churn()
    parser = api.parser(network)
    del network
    _ = churn()
    del parser
    _ = churn()


@case("a parser's error outlives the parser", "closed", kind="either", variants=("parser", "parser and network"))
def error_after_parser(api: Api, dropped: str) -> Steps:
    network = api.network()
    parser = api.parser(network)
    _fail_to_parse(api, parser)
    error = api.errors(parser)[0]
    before = api.error_text(error)
    yield
    del parser
    if dropped != "parser":
        del network
    _ = churn()
    if api.error_text(error) != before:
        raise Wrong(f"the error has become {api.error_text(error)[:80]!r}")


@case("a parser's error outlives clear_errors", kind="either", variants=("clear_errors", "next parse"))
def error_after_clear(api: Api, how: str) -> Steps:
    network = api.network()
    parser = api.parser(network)
    _fail_to_parse(api, parser)
    error = api.errors(parser)[0]
    before = api.error_text(error)
    yield
    if how == "clear_errors":
        parser.clear_errors()
    else:
        _fail_to_parse(api, parser)
    _ = churn()
    if api.error_text(error) != before:
        raise Wrong(f"the error has become {api.error_text(error)[:80]!r}")


@case("a view of an engine outlives the engine's memory", kind="legal", variants=("memory", "builder too"))
def view_after_memory(api: Api, dropped: str) -> Steps:
    builder = api.builder()
    memory = api.build(builder, api.simple(builder))
    view = memoryview(memory.view() if hasattr(memory, "view") else memory)
    before = bytes(view)
    yield
    del memory
    if dropped != "memory":
        del builder
    _ = churn()
    if bytes(view) != before:
        raise Wrong("the bytes have changed")


@case("a profile outlives its builder", kind="legal")
def profile_after_builder(api: Api) -> Steps:
    builder = api.builder()
    profile = api.profile(builder)
    yield
    del builder
    _ = churn()
    profile.set_shape("x", (1,), (2,), (3,))
    if [tuple(shape) for shape in profile.get_shape("x")] != [(1,), (2,), (3,)]:
        raise Wrong(f"the shapes have become {profile.get_shape('x')}")


@case("a timing cache outlives its config", kind="either", only="nvidia")
def timing_cache_after_config(api: Api) -> Steps:
    config = api.config()
    cache = config.create_timing_cache(b"")
    config.set_timing_cache(cache, False)
    held = config.get_timing_cache()
    yield
    del cache, config
    _ = churn()
    held.serialize()


OF_ANOTHER: dict[str, tuple[Callable[..., Any]]] = {
    "add_activation": (lambda api, net, mine, other: api.relu(net, other),),
    "add_elementwise": (
        lambda api, net, mine, other: net.add_elementwise(mine, other, api.t.ElementWiseOperation.SUM),
    ),
    "add_concatenation": (lambda api, net, mine, other: net.add_concatenation([mine, other]),),
    "mark_output": (lambda api, net, mine, other: net.mark_output(other),),
    "unmark_output": (lambda api, net, mine, other: net.unmark_output(other),),
    "remove_tensor": (lambda api, net, mine, other: net.remove_tensor(other),),
    "set_input": (lambda api, net, mine, other: api.relu(net, mine).set_input(0, other),),
    "mark_debug": (lambda api, net, mine, other: net.mark_debug(other),),
}


@case("a tensor of another network", "another network", "other network", variants=OF_ANOTHER)
def tensor_of_another_network(api: Api, use: Callable[..., Any]) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    mine = api.input(network)
    foreign = api.network(builder)
    other = api.relu(foreign, api.input(foreign, "foreign")).get_output(0)
    yield
    use(api, network, mine, other)
    # Where it was taken, the crash comes when the other network has gone.
    network.mark_output(network.get_layer(0).get_output(0))
    del foreign, other
    _ = churn()
    api.build(builder, network)


@case("a layer of another network in set_weights_name", "network", "layer", kind="misuse")
def layer_of_another_network(api: Api) -> Steps:
    network, foreign = api.network(), api.network()
    layer = foreign.add_constant((2,), np.ones(2, np.float32))
    yield
    if api.mine:
        network.set_weights_name(layer, "w")
    else:
        network.set_weights_name(layer.weights, "w")


NEVER_MADE: dict[str, tuple[str, str, Use]] = {
    "Builder": ("Builder", "Builder", lambda obj: obj.create_network()),
    "Runtime": ("Runtime", "Runtime", lambda obj: obj.max_threads),
    "NetworkDefinition": ("NetworkDefinition", "INetworkDefinition", lambda obj: obj.num_layers),
    "BuilderConfig": ("BuilderConfig", "IBuilderConfig", lambda obj: obj.flags),
    "OptimizationProfile": ("OptimizationProfile", "IOptimizationProfile", lambda obj: obj.get_shape("x")),
    "OnnxParser": ("OnnxParser", "OnnxParser", lambda obj: obj.num_errors),
    "HostMemory": ("HostMemory", "IHostMemory", lambda obj: obj.nbytes),
    "Tensor": ("Tensor", "ITensor", lambda obj: obj.name),
    "Layer": ("Layer", "ILayer", lambda obj: obj.name),
    "ConvolutionLayer": ("ConvolutionLayer", "IConvolutionLayer", lambda obj: obj.num_groups),
    "CudaEngine": ("CudaEngine", "ICudaEngine", lambda obj: obj.num_io_tensors),
    "ExecutionContext": ("ExecutionContext", "IExecutionContext", lambda obj: obj.enqueue_v3(0)),
    "EngineInspector": (
        "EngineInspector",
        "EngineInspector",
        lambda obj: obj.error_recorder if hasattr(type(obj), "error_recorder") else obj.execution_context,
    ),
    "RuntimeConfig": ("RuntimeConfig", "IRuntimeConfig", lambda obj: obj.cuda_graph_strategy),
}


@case("an instance whose __init__ never ran", "never", "__init__", "closed", variants=NEVER_MADE)
def never_made(api: Api, mine: str, theirs: str, use: Use) -> Steps:
    kind = getattr(api.t, mine if api.mine else theirs)
    made = kind.__new__(kind)
    yield
    use(made)


@case("an object without __init__ as an argument", "never", "__init__", "closed", "logger")
def never_made_as_argument(api: Api) -> Steps:
    made = api.t.Logger.__new__(api.t.Logger)
    yield
    api.t.Builder(made)


@case("a class that only its owner makes is called", "directly", "no constructor", variants=("network", "layer"))
def made_directly(api: Api, what: str) -> Steps:
    yield
    if what == "network":
        (api.t.NetworkDefinition if api.mine else api.t.INetworkDefinition)()
    else:
        (api.t.ConvolutionLayer if api.mine else api.t.IConvolutionLayer)()


CASTS: dict[str, tuple[str, Use]] = {
    "to convolution, get": ("ConvolutionLayer", lambda layer: layer.num_groups),
    "to convolution, kernel": ("ConvolutionLayer", lambda layer: layer.kernel),
    "to convolution, set": ("ConvolutionLayer", lambda layer: setattr(layer, "num_groups", 7)),
    "to shuffle": ("ShuffleLayer", lambda layer: tuple(layer.reshape_dims)),
    "to resize": ("ResizeLayer", lambda layer: layer.scales),
    "to matrix multiply": ("MatrixMultiplyLayer", lambda layer: layer.op0),
    "to fill": ("FillLayer", lambda layer: setattr(layer, "alpha", 1.0)),
    "to constant": ("ConstantLayer", lambda layer: layer.weights),
    "to einsum": ("EinsumLayer", lambda layer: layer.equation),
}


@case("a layer is cast to a kind that it is not", "activation", "class", "kind", variants=CASTS)
def wrong_downcast(api: Api, kind: str, use: Use) -> Steps:
    network = api.network()
    layer = api.relu(network, api.input(network))
    target = getattr(api.t, kind if api.mine else f"I{kind}")
    yield
    layer.__class__ = target
    use(layer)


@case("a setting of another kind of layer", "ConvolutionLayer", "num_groups", "apply", kind="misuse")
def foreign_setting(api: Api) -> Steps:
    network = api.network()
    layer = api.relu(network, api.input(network))
    kind = api.t.ConvolutionLayer if api.mine else api.t.IConvolutionLayer
    yield
    kind.num_groups.__get__(layer, kind)


@case(
    "copying and pickling",
    "cop",
    "pickle",
    variants={
        f"{function.__module__}.{function.__name__}({name})": (function, name)
        for function in (copy.copy, copy.deepcopy, pickle.dumps)
        for name in ("builder", "network", "config", "tensor", "layer", "logger", "memory")
    },
)
def copies(api: Api, function: Callable[[Any], Any], name: str) -> Steps:
    logger = api.logger()
    builder = api.builder(logger)
    network = api.simple(builder)
    objects = {
        "logger": logger,
        "builder": builder,
        "network": network,
        "config": api.config(builder),
        "tensor": network.get_input(0),
        "layer": network.get_layer(0),
        "memory": api.build(builder, network),
    }
    yield
    function(objects[name])


@case(
    "a misspelled setting",
    "optimisation",
    "alfa",
    "nmae",
    variants={
        "builder": (lambda b, n, c: setattr(b, "optimisation", 3),),
        "config": (lambda b, n, c: setattr(c, "builder_optimisation_level", 3),),
        "network": (lambda b, n, c: setattr(n, "nmae", "x"),),
        "tensor": (lambda b, n, c: setattr(n.get_input(0), "nmae", "x"),),
        "layer": (lambda b, n, c: setattr(n.get_layer(0), "alfa", 1.0),),
    },
)
def misspelled(api: Api, use: Callable[..., Any]) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)
    yield
    use(builder, network, config)
