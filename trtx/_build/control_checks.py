"""What a build looks for beforehand: loops and conditionals that lack something, and layers in a circle.

The library refuses these too, but does not always say which layer it means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import LoopOutput, TripLimit

from .._core.errors import InvalidArgumentError
from .layers_gen import ConditionLayer, LoopOutputLayer, RecurrenceLayer, TripLimitLayer

if TYPE_CHECKING:
    from .layer import Layer
    from .network import NetworkDefinition
    from .tensor import Tensor


def check_complete(network: NetworkDefinition) -> None:
    """Raise `InvalidArgumentError` for a network that cannot be built for one of these reasons."""
    if network._loops or network._conditionals:
        _check_parts(network)
    if network._is_rewired:
        circle = find_circle(network)
        if circle:
            names = ", ".join(repr(layer.name) for layer in circle)
            raise InvalidArgumentError(
                f"network has layers in a circle, each of which needs what the next one computes: {names}; only the "
                "second input of a recurrence may close one"
            )


def _check_parts(network: NetworkDefinition) -> None:
    limits: dict[Any, set[TripLimit]] = {}
    carried: dict[Tensor, Any] = {}
    conditions, outputs = set(), []
    for layer in network:
        if isinstance(layer, TripLimitLayer):
            loop, kind = layer.loop, layer.kind
            if kind in limits.setdefault(loop._ptr, set()):
                raise InvalidArgumentError(
                    f"loop {loop.name!r} has two trip limits of the kind {kind.name}; allowed is one of each kind"
                )
            limits[loop._ptr].add(kind)
        elif isinstance(layer, RecurrenceLayer):
            carried[layer.get_output(0)] = layer.loop._ptr
            if layer.num_inputs < 2:
                raise InvalidArgumentError(
                    f"recurrence {layer.name!r} of loop {layer.loop.name!r} has no value for the next iteration: set "
                    "it with set_input(1, tensor)"
                )
        elif isinstance(layer, LoopOutputLayer):
            outputs.append(layer)
        elif isinstance(layer, ConditionLayer):
            conditions.add(layer.conditional._ptr)
    for pointer in network._loops:
        if pointer not in limits:
            raise InvalidArgumentError(
                f"loop {network._loop(pointer).name!r} has no trip limit; add one with Loop.add_trip_limit"
            )
    for pointer in network._conditionals:
        if pointer not in conditions:
            raise InvalidArgumentError(
                f"conditional {network._conditional(pointer).name!r} has no condition; set one with "
                "IfConditional.set_condition"
            )
    for output in outputs:
        _check_output(output, carried)


def _check_output(layer: LoopOutputLayer, carried: dict[Tensor, Any]) -> None:
    loop, source = layer.loop, layer.get_input(0)
    if layer.kind is not LoopOutput.LAST_VALUE:
        if layer.num_inputs < 2:
            raise InvalidArgumentError(
                f"loop output {layer.name!r} of loop {loop.name!r} has no length, which {layer.kind.name} needs: set "
                "it with set_input(1, tensor)"
            )
    elif source is not None and carried.get(source) != loop._ptr:
        raise InvalidArgumentError(
            f"loop output {layer.name!r} of loop {loop.name!r} is the last value of {source.name!r}; allowed is the "
            "output of a recurrence of this loop"
        )


def find_circle(network: NetworkDefinition) -> list[Layer]:
    """Layers each of which needs what the next one computes, and the last one what the first does; none as a rule."""
    layers = network.layers
    makers = {tensor: layer for layer in layers for tensor in layer.outputs}
    needed: dict[Layer, list[Layer]] = {}
    for layer in layers:
        inputs = layer.inputs[:1] if isinstance(layer, RecurrenceLayer) else layer.inputs
        needed[layer] = [makers[tensor] for tensor in inputs if tensor is not None and tensor in makers]
    done: set[Layer] = set()
    for start in layers:
        path: dict[Layer, int] = {start: 0}  # the layers on the way, and how many of their needs were followed
        while path and start not in done:
            layer = next(reversed(path))
            if path[layer] == len(needed[layer]):
                del path[layer]
                done.add(layer)
                continue
            following = needed[layer][path[layer]]
            path[layer] += 1
            if following in path:
                way = list(path)
                return way[way.index(following) :]
            if following not in done:
                path[following] = 0
    return []
