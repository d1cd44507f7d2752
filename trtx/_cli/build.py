"""``trtx build``: from an ONNX model to an engine file."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import trtx

from .._onnx.source import is_engine, map_file
from .._session.build import build_engine
from . import words
from .failures import Code, Failure
from .header import is_fake_library, read_header
from .inspect_model import describe_tensor
from .log import Log, verbosity
from .options import Command, build_options, source
from .screen import Screen, common
from .types import Output, target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


@click.command("build", cls=Command)
@source("model", "model")
@click.option("-o", "--output", type=Output(), metavar="ENGINE", help="Where the engine goes; MODEL.engine by default.")
@build_options
@verbosity
@common
def command(
    screen: Screen, model: str, output: str | None, build: trtx.BuildOptions | None, shown: trtx.Severity
) -> None:
    """Build an engine from an ONNX MODEL. No GPU is needed.

    \b
    trtx build model.onnx -o model.engine
    trtx build model.onnx --min x:1x3x224x224 --opt x:8x3x224x224 --max x:32x3x224x224
    trtx build model.onnx --targets 8.9,12.0 -O 5 --memory-pool workspace=2GiB

    The engine runs with the very version of TensorRT-RTX that built it, on all GPUs that it is for. The file is
    written beside and renamed when it is whole; Ctrl-C ends the build, and nothing is written.
    """
    path = output or f"{Path(model).stem}.engine"
    if os.path.exists(path) and os.path.samefile(path, model):
        raise Failure("the output would replace the model", "name another file with -o", Code.USAGE)
    Output().convert(path, None, click.get_current_context())
    options = build or trtx.BuildOptions()
    _need_gpu(options)
    work = _Work(screen, model, options, shown)
    memory = work.build()
    began = time.perf_counter()
    memory.save(path)
    work.seconds["save"] = time.perf_counter() - began
    screen.result(work.summary(path, memory), lambda console: _show(console, work, path, memory))


class _Work:
    """One build: the engine, and what the summary says of it."""

    def __init__(self, screen: Screen, model: str, options: trtx.BuildOptions, shown: trtx.Severity) -> None:
        self.screen, self.model, self.options = screen, model, options
        self.log = Log(screen, shown)
        self.seconds: dict[str, float] = {}
        self.inputs: list[dict[str, Any]] = []
        self.outputs: list[dict[str, Any]] = []
        self.layers = 0
        self.targets: list[str] = []

    def build(self) -> trtx.HostMemory:
        """The engine."""
        name = os.path.basename(self.model)
        with map_file("trtx build", self.model) as data, self._phases(name) as phases:
            if is_engine(data):
                raise Failure(f"{self.model!r} is an engine already", "name an ONNX model", Code.USAGE)
            began = time.perf_counter()

            def watch(network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
                nonlocal began
                began, self.seconds["parse"] = time.perf_counter(), time.perf_counter() - began
                self._describe(network)
                if phases is not None:
                    config.progress_monitor = phases
                if not self.screen.as_json:  # what draws the summary is imported while the library works
                    threading.Thread(target=words.prepare, daemon=True).start()

            memory = build_engine(data, self.model, self.options, self.log.logger, False, watch=watch)
        self.seconds["build"] = time.perf_counter() - began
        self.targets = _targets(memory)
        return memory

    @contextlib.contextmanager
    def _phases(self, name: str) -> Iterator[Any]:
        if not self.screen.is_live:
            yield None
            return
        from .progress import Phases

        with Phases(self.screen.errors, f"building {name}") as phases:
            yield phases

    def _describe(self, network: trtx.NetworkDefinition) -> None:
        self.layers = network.num_layers
        profiles = self.options.profiles
        for tensor in network.inputs:
            row: dict[str, Any] = describe_tensor(tensor)
            given = [profile[tensor.name] for profile in profiles if tensor.name in profile]
            if given:
                row["profiles"] = [[list(one) for one in shapes] for shapes in given]
            elif tensor.shape is not None and -1 in tensor.shape and not tensor.is_shape_tensor:
                _need_shapes(tensor.name, tensor.shape)
            self.inputs.append(row)
        self.outputs = [describe_tensor(tensor) for tensor in network.outputs]

    def summary(self, path: str, memory: trtx.HostMemory) -> dict[str, Any]:
        """What ``--json`` gives."""
        rounded = {name: round(value, 4) for name, value in self.seconds.items()}
        return {
            "engine": path,
            "bytes": memory.nbytes,
            "seconds": {**rounded, "total": round(sum(self.seconds.values()), 4)},
            "library": str(trtx.library_version()),
            "targets": self.targets,
            "layers": self.layers,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "warnings": self.log.warnings,
        }


def _show(console: Console, work: _Work, path: str, memory: trtx.HostMemory) -> None:
    total = sum(work.seconds.values())
    parts = ", ".join(f"{name} {words.seconds(value)}" for name, value in work.seconds.items())
    console.print(words.title(path, f"{words.size(memory.nbytes)}, {words.seconds(total)} ({parts})"))
    console.print(
        words.facts(
            [
                ("TensorRT-RTX", str(trtx.library_version())),
                ("targets", ", ".join(work.targets)),
                ("network", words.plural(work.layers, "layer")),
            ]
        )
    )
    console.print()
    console.print(words.tensors("input", work.inputs))
    console.print()
    console.print(words.tensors("output", work.outputs))


def _need_gpu(options: trtx.BuildOptions) -> None:
    """Refuse at once what TensorRT-RTX would refuse after a while, without a GPU and without saying why."""
    needing = {
        "--refit": options.refit,
        "--refit-identical": options.refit_identical,
        "--refittable": bool(options.refittable),
        "--strip": options.strip,
        "--build-route": options.build_route is not None,
        "--targets current": trtx.ComputeCapability.CURRENT in options.compute_capabilities,
    }
    given = [name for name, is_given in needing.items() if is_given]
    if not given or is_fake_library():
        return
    problem = trtx.cuda.driver_problem()
    if problem is not None:
        cause = f"{given[0]} needs a GPU: {problem[0].lower()}{problem[1:]}"
        raise Failure(cause, f"build on the machine with the GPU, or without {given[0]}", Code.MISSING)


def _need_shapes(name: str, shape: tuple[int, ...]) -> None:
    sizes = "x".join("N" if one < 0 else str(one) for one in shape)
    raise Failure(
        f"the input {name!r} has open sizes, {words.shape(shape)}",
        f"give them: --shapes {name}:{sizes}, or --min, --opt and --max",
        Code.USAGE,
    )


def _targets(memory: trtx.HostMemory) -> list[str]:
    header = read_header(bytes(memory.view()[:64]))
    return [target(one) for one in header.targets] + ["others"] * header.for_others if header else []
