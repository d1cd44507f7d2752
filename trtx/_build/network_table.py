"""A network as a table, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .network import NetworkDefinition
    from .tensor import Tensor

#: Larger networks are cut to the layers at their beginning and at their end.
FIRST, LAST = 20, 10

#: Longer texts are cut: models have names of hundreds of letters.
_WIDEST = 48


def table(network: NetworkDefinition) -> str:
    """The inputs, layers and outputs of a network, a line each."""
    count = network.num_layers
    rows = [_put("Input", network.get_input(index)) for index in range(network.num_inputs)]
    is_cut = count > FIRST + LAST
    rows += [_row(network, index) for index in range(FIRST if is_cut else count)]
    if is_cut:
        rows.append(("...", "", f"{count - FIRST - LAST} more layers", ""))
        rows += [_row(network, index) for index in range(count - LAST, count)]
    rows += [_put("Output", network.get_output(index)) for index in range(network.num_outputs)]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = [
        f"{place:>{widths[0]}}  {kind:<{widths[1]}}  {name:<{widths[2]}}  {gives}".rstrip()
        for place, kind, name, gives in rows
    ]
    return "\n".join([repr(network), *lines])


def _put(kind: str, tensor: Tensor) -> tuple[str, str, str, str]:
    return "", kind, _cut(tensor.name), tensor._shown()


def _row(network: NetworkDefinition, index: int) -> tuple[str, str, str, str]:
    layer = network.get_layer(index)
    return str(index), type(layer).__name__.removesuffix("Layer"), _cut(layer.name), layer._outputs_shown()


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST // 2]}...{text[3 - _WIDEST // 2 :]}"
