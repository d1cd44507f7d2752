"""``trtx inspect``: what is in an engine or a model."""

from __future__ import annotations

import os
from typing import Any

import click

import trtx

from .failures import Code, Failure
from .graph import write_graph
from .inspect_engine import describe_engine, show_engine
from .inspect_model import describe_model, show_model
from .log import Log
from .options import Command, is_engine_file, source
from .screen import Screen, common
from .types import Output


@click.command("inspect", cls=Command)
@source("engine or model")
@click.option("--layers", "with_layers", is_flag=True, help="List the layers.")
@click.option(
    "--graph",
    type=Output(),
    metavar="FILE",
    help="Write the layers as a graph: a .dot file, or .svg drawn by graphviz.",
)
@click.option(
    "--isolated", is_flag=True, help="Parse a model in a process of its own first: for models from strangers."
)
@click.option("--allow-outside-data", is_flag=True, help="Let external data lie outside of the model's folder.")
@common
def command(
    screen: Screen, source: str, with_layers: bool, graph: str | None, isolated: bool, allow_outside_data: bool
) -> None:
    """Show what is in an ENGINE or an ONNX MODEL.

    \b
    trtx inspect model.onnx --layers
    trtx inspect model.engine --json
    trtx inspect model.onnx --graph model.svg

    Of an engine, its header tells everywhere by which version and for which GPUs it was built, and whether the file is
    whole; inputs, outputs, layers and weights are told where it can be loaded, which needs a GPU. How much there is of
    the layers was decided by 'trtx build --profiling-verbosity'. Of a model, the network is shown as TensorRT-RTX's
    parser makes it, without a GPU.
    """
    log = Log(screen, trtx.Severity.ERROR)
    about: dict[str, Any] = {"file": source, "bytes": os.path.getsize(source)}
    is_engine = is_engine_file(source)
    if is_engine:
        data = about | describe_engine(source, log.logger)
        contents = data["engine"]
    else:
        data = about | describe_model(source, log.logger, isolated=isolated, outside=allow_outside_data)
        contents = data
    if graph is not None:
        if contents is None:
            reasons = [one["text"] for one in data["validity"]["reasons"]]
            why = reasons[0] if reasons else data["validity"]["unknown"]
            raise Failure(
                f"no graph is made: {why}",
                "layers of an engine show only where it can be loaded",
                Code.FAILED if reasons else Code.MISSING,
            )
        names = [[one["name"] for one in contents[kind]] for kind in ("inputs", "outputs")]
        write_graph(graph, contents["layers"], *names)
        screen.note(f"wrote {graph}")
    show = show_engine if is_engine else show_model
    screen.result(data, lambda console: show(console, source, data, with_layers=with_layers))
