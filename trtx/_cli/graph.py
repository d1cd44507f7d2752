"""``trtx inspect --graph``: layers and what flows between them, as DOT, or drawn by graphviz."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from trtx._core.files import save

from .failures import Code, Failure


def write_graph(path: str, layers: Iterable[Mapping[str, Any]], inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Write a graph of layers.

    Parameters
    ----------
    path
        Ends with ``.dot`` or ``.svg`` (or another format of graphviz).
    layers
        Each with ``name``, ``type``, and the names of its ``inputs`` and ``outputs``.
    inputs, outputs
        Names of the inputs and outputs of the whole.

    Raises
    ------
    Failure
        If the format needs graphviz, and that is not there.
    """
    text = dot(layers, inputs, outputs)
    kind = os.path.splitext(path)[1].lower().removeprefix(".")
    save(path, memoryview(text.encode() if kind in ("dot", "gv", "") else _draw(text, kind)))


def dot(layers: Iterable[Mapping[str, Any]], inputs: Iterable[str], outputs: Iterable[str]) -> str:
    """The graph in graphviz's language."""
    lines = [
        "digraph trtx {",
        '  node [shape=box, style="rounded,filled", fillcolor="#eef4fb", fontname="sans-serif"];',
    ]
    makers: dict[str, str] = {}
    for index, name in enumerate(inputs):
        makers[name] = f"input{index}"
        lines.append(f"  input{index} [label={_quoted(name)}, shape=oval, fillcolor=white];")
    listed = list(layers)
    for index, layer in enumerate(listed):
        lines.append(f"  layer{index} [label={_quoted(layer['type'], layer['name'])}];")
        makers.update((name, f"layer{index}") for name in layer["outputs"])
    for index, layer in enumerate(listed):
        for name in layer["inputs"]:
            if name in makers:
                lines.append(f"  {makers[name]} -> layer{index} [label={_quoted(name)}, fontsize=9];")
    for index, name in enumerate(outputs):
        lines.append(f"  output{index} [label={_quoted(name)}, shape=oval, fillcolor=white];")
        if name in makers:
            lines.append(f"  {makers[name]} -> output{index};")
    return "\n".join([*lines, "}", ""])


def _quoted(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") for line in lines if line)
    return '"' + "\\n".join(escaped) + '"'


def _draw(text: str, kind: str) -> bytes:
    try:
        import graphviz  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise Failure(
            f"drawing a graph as .{kind} needs the package graphviz",
            "pip install graphviz and install graphviz's dot, or write a .dot file",
            Code.MISSING,
        ) from None
    if kind not in graphviz.FORMATS:
        raise Failure(f"the graph cannot be written as .{kind}", "name a .dot or .svg file", Code.USAGE)
    try:
        drawn: bytes = graphviz.Source(text).pipe(format=kind)
        return drawn
    except graphviz.ExecutableNotFound:
        raise Failure(
            "drawing a graph needs graphviz's program dot",
            "install it (apt install graphviz), or write a .dot file",
            Code.MISSING,
        ) from None
