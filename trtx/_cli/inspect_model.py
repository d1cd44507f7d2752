"""What `trtx inspect` and `trtx check` tell of an ONNX model: its network as TensorRT-RTX's parser makes it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import trtx

from . import words

if TYPE_CHECKING:
    from rich.console import Console

#: Where layers have weights.
_WEIGHTS = ("kernel", "bias", "weights", "scale", "shift", "power")


def describe_tensor(tensor: trtx.Tensor) -> dict[str, Any]:
    """A tensor as JSON can say it."""
    shape = tensor.shape
    return {"name": tensor.name, "dtype": tensor.dtype.name, "shape": None if shape is None else list(shape)}


def describe_model(path: str, logger: trtx.Logger, *, isolated: bool, outside: bool) -> dict[str, Any]:
    """Parse a model, and say what the network is.

    Raises
    ------
    ParserError
        If TensorRT-RTX refuses it.
    """
    with trtx.Builder(logger) as builder, builder.create_network() as network:
        with trtx.OnnxParser(network, logger) as parser:
            parser.parse_from_file(path, isolated=isolated, allow_outside_data=outside)
        layers = [_layer(layer) for layer in network]
        return {
            "kind": "model",
            "library": str(trtx.library_version()),
            "inputs": [describe_tensor(tensor) for tensor in network.inputs],
            "outputs": [describe_tensor(tensor) for tensor in network.outputs],
            "weights": {
                "count": sum(len(layer["weights"]) for layer in layers),
                "bytes": sum(one["bytes"] for layer in layers for one in layer["weights"]),
            },
            "layers": layers,
        }


def _layer(layer: trtx.Layer) -> dict[str, Any]:
    outputs = [layer.get_output(index) for index in range(layer.num_outputs)]
    inputs = [layer.get_input(index) for index in range(layer.num_inputs)]
    return {
        "name": layer.name,
        "type": layer.layer_type.name,
        "inputs": [tensor.name for tensor in inputs if tensor is not None],
        "outputs": [tensor.name for tensor in outputs if tensor is not None],
        "tensors": [describe_tensor(tensor) for tensor in outputs if tensor is not None],
        "weights": _weights(layer),
    }


def _weights(layer: trtx.Layer) -> list[dict[str, Any]]:
    found = []
    for name in _WEIGHTS:
        try:
            weights = getattr(layer, name, None)
        except trtx.Error:
            continue
        if isinstance(weights, trtx.Weights) and weights.count:
            found.append({"role": name, "dtype": weights.dtype.name, "count": weights.count, "bytes": weights.nbytes})
    return found


def show_model(console: Console, path: str, data: dict[str, Any], *, with_layers: bool) -> None:
    """Draw what `describe_model` says."""
    weights = data["weights"]
    kinds = Counter(layer["type"] for layer in data["layers"])
    console.print(words.title(path, f"ONNX model, {words.size(data['bytes'])}"))
    console.print(
        words.facts(
            [
                ("network", f"{words.plural(len(data['layers']), 'layer')}: {_kinds(kinds)}"),
                ("weights", f"{words.size(weights['bytes'])} in {words.plural(weights['count'], 'array')}"),
            ]
        )
    )
    for heading, rows in (("input", data["inputs"]), ("output", data["outputs"])):
        console.print()
        console.print(words.tensors(heading, rows))
    if with_layers:
        table = words.grid("layer", "type", "outputs", "weights")
        for layer in data["layers"]:
            outputs = ", ".join(f"{one['dtype']} {words.shape(one['shape'])}" for one in layer["tensors"])
            nbytes = sum(one["bytes"] for one in layer["weights"])
            table.add_row(layer["name"], layer["type"], outputs, words.size(nbytes) if nbytes else "")
        console.print()
        console.print(table)


def _kinds(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {name.lower()}" for name, count in kinds.most_common(8))
