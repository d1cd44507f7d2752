"""``trtx refit``: an engine with the weights of another model."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import click

import trtx

from . import words
from .failures import Code, Failure
from .log import Log, verbosity
from .options import Command, is_engine_file, source
from .screen import Screen, common
from .types import Output

if TYPE_CHECKING:
    from rich.console import Console


@click.command("refit", cls=Command)
@source("engine", "engine")
@source("model", "model")
@click.option("-o", "--output", type=Output(), required=True, metavar="NEW", help="Where the new engine goes.")
@click.option("--strip", is_flag=True, help="Leave the weights out of the new engine again.")
@click.option("--allow-outside-data", is_flag=True, help="Let external data lie outside of the model's folder.")
@verbosity
@common
def command(
    screen: Screen,
    engine: str,
    model: str,
    output: str,
    strip: bool,
    allow_outside_data: bool,
    shown: trtx.Severity,
) -> None:
    """Write a new engine: ENGINE with the weights of an ONNX MODEL that has the same layers. Needs a GPU.

    \b
    trtx build model.onnx --refit -o model.engine
    trtx refit model.engine trained.onnx -o trained.engine

    The engine must have been built with --refit, --refit-identical or --refittable; one that was built with --strip
    gets its weights in this way. The old file stays as it is, and may be the output too.
    """
    if not is_engine_file(engine):
        raise Failure(f"{engine!r} is no engine", "the engine comes first, then the model", Code.USAGE)
    if is_engine_file(model):
        raise Failure(f"{model!r} is an engine", "the second file is an ONNX model", Code.USAGE)
    if os.path.exists(output) and os.path.samefile(output, model):
        raise Failure("the output would replace the model", "name another file with -o", Code.USAGE)
    log = Log(screen, shown)
    began = time.perf_counter()
    with trtx.Runtime(log.logger) as runtime, runtime.deserialize_cuda_engine(engine) as old:
        with _refitter(old, engine, log) as refitter:
            trtx.OnnxParserRefitter(refitter).refit_from_file(model, allow_outside_data=allow_outside_data)
            missing = refitter.get_missing_weights()
            if missing:
                raise Failure(
                    f"the model lacks {words.plural(len(missing), 'array')} of weights that the engine needs: "
                    f"{', '.join(missing[:5])}",
                    "name the model that the engine was built of, or one with the same layers",
                )
            names = refitter.get_all_weights()
            refitter.refit_cuda_engine()
        with old.create_serialization_config() as config:
            if strip:
                config.set_flag(trtx.SerializationFlag.EXCLUDE_WEIGHTS)
            else:
                config.clear_flag(trtx.SerializationFlag.EXCLUDE_WEIGHTS)
            config.set_flag(trtx.SerializationFlag.INCLUDE_REFIT)
            memory = old.serialize_with_config(config)
    memory.save(output)
    data = {
        "engine": output,
        "bytes": memory.nbytes,
        "weights": names,
        "seconds": round(time.perf_counter() - began, 4),
        "library": str(trtx.library_version()),
        "warnings": log.warnings,
    }
    screen.result(data, lambda console: _show(console, data), Code.OK)


def _refitter(old: trtx.CudaEngine, name: str, log: Log) -> trtx.Refitter:
    try:
        return trtx.Refitter(old, log.logger)
    except trtx.RefitError as error:
        if old.refittable:
            raise
        raise Failure(
            f"{name!r} cannot be refitted", "build it with --refit, --refit-identical or --refittable NAME"
        ) from error


def _show(console: Console, data: dict[str, Any]) -> None:
    text = f"{words.size(data['bytes'])}, {words.plural(len(data['weights']), 'array')} of weights, "
    console.print(words.title(data["engine"], text + words.seconds(data["seconds"])))
