"""``trtx bench``: throughput and latency of a model or an engine, and where the time goes."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from trtx_sys._enums_gen import DynamicShapesKernelSpecializationStrategy

from . import words
from .log import Log
from .options import Command, source
from .screen import Screen, common
from .sources import Budget, as_missing, as_usage, cache_folder, grouped, make_plan, name_of, run_options
from .types import Member, Output

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from trtx_sys._enums_gen import Severity

    from .._bench.measure import Result

EXAMPLES = """\
\b
Examples:
  trtx bench model.onnx
  trtx bench model.engine --shapes x:8x3x224x224 --contexts 4
  trtx bench model.engine --profile --html report.html
  trtx bench model.engine --duration 0 --iterations 100 --json
\b
What the times are, in milliseconds of a run:
  latency      on the host, from the first call until the outputs are there; the
               marks between the parts are some microseconds of it
  enqueue      on the host, the call that launches the engine
  host to GPU, compute, GPU to host     on the GPU, by CUDA events
One context has one run under way at a time, so the GPU waits for the host between
runs; with --contexts 2 and more it does not, and throughput is what it can do.
"""


@click.command("bench", cls=Command, epilog=EXAMPLES)
@source("engine or model")
@grouped("Measurement", "--warm-up", type=float, metavar="SECONDS", default=0.2, help="Not measured at the start; 0.2.")
@grouped("Measurement", "--duration", type=float, metavar="SECONDS", default=3.0, help="Measured; 3.")
@grouped(
    "Measurement", "--iterations", type=int, metavar="N", default=10,
    help="Runs that are measured at least, also when the duration is over; 10.",
)  # fmt: skip
@grouped(
    "Measurement", "--contexts", type=int, metavar="N", default=1,
    help="Execution contexts, each with memory of its own and one run under way at a time; 1.",
)  # fmt: skip
@grouped(
    "Measurement", "--streams", type=int, metavar="N",
    help="CUDA streams that the contexts share, each with a thread of the host; as many as contexts.",
)  # fmt: skip
@grouped(
    "Measurement", "--transfers/--no-transfers", default=True,
    help="Whether each run copies inputs to the GPU, and outputs back; it does.",
)  # fmt: skip
@grouped(
    "Measurement", "--graphs", type=click.Choice(["capture", "library", "off"]), default="capture",
    help="CUDA graphs: captured as trtx.Session does, by TensorRT-RTX's own strategy, or none; capture.",
)  # fmt: skip
@grouped("Results", "--profile", is_flag=True, help="Measure layer by layer too, in runs of their own.")
@grouped("Results", "--html", type=Output(), metavar="FILE", help="Write a report with plots. Needs plotly.")
@grouped("Results", "--times", type=Output(), metavar="FILE", help="Write the times of each run, as CSV.")
@grouped(
    "Engine", "--runtime-cache", type=Output(), metavar="FILE",
    help="Read compiled kernels from this file if it is there, and write them: the first run is fast the next time.",
)  # fmt: skip
@grouped(
    "Engine", "--weight-streaming-budget", "weight_budget", type=Budget(),
    help="Memory of the GPU for weights that are streamed: a size, a part such as 50%, or auto.",
)  # fmt: skip
@grouped(
    "Engine", "--specialize", type=Member(DynamicShapesKernelSpecializationStrategy), metavar="eager|lazy|none",
    default="eager", help="When kernels for a shape are compiled: before the first run, beside the runs, never; eager.",
)  # fmt: skip
@run_options
@common
def command(
    screen: Screen, source: str, warm_up: float, duration: float, iterations: int, contexts: int,
    streams: int | None, transfers: bool, graphs: str, profile: bool, html: str | None, times: str | None,
    runtime_cache: str | None, weight_budget: int | float | str | None,
    specialize: DynamicShapesKernelSpecializationStrategy, ranges: Sequence[tuple[str, float, float]],
    files: Sequence[str], fill: bool, seed: int, cast: bool,
    run_shapes: Sequence[Mapping[str, tuple[int, ...]]], cache: str | None, device: int, build: Any, shown: Severity,
) -> None:  # fmt: skip
    """Measure how fast an ENGINE or an ONNX MODEL runs."""
    from .._bench.measure import Settings, measure
    from .._bench.report import html_report, require_plotly
    from .._bench.target import Target
    from .._core.files import save

    with as_usage():
        if cache is not None and runtime_cache is not None:
            raise click.UsageError("--cache keeps kernels too; give it or --runtime-cache")
        settings = Settings(warm_up, duration, iterations, contexts, streams, transfers, graphs, profile)
    if html is not None:
        with as_missing():
            require_plotly()
    plan = make_plan(source, build, run_shapes, files, fill, seed, cast, ranges)
    log = Log(screen, shown)
    target = Target(
        source, plan.build, cache_folder(cache), device, log.logger, screen.is_live, runtime_cache,
        weight_budget, specialize,
    )  # fmt: skip
    with _progress(screen) as watch:
        result = measure(target, plan.arrays, settings, watch)
    for path, text in (
        (html, functools.partial(html_report, result, name_of(source))),
        (times, functools.partial(_csv, result)),
    ):
        if path is not None:
            save(path, memoryview(text().encode()))
    screen.result(
        {**_data(source, result, plan.randomly), "warnings": log.warnings},
        lambda console: _show(console, source, result, [path for path in (html, times) if path is not None]),
    )


@contextmanager
def _progress(screen: Screen) -> Iterator[Callable[[str, float, int], object] | None]:
    """What the measurement tells of its progress, where there is a terminal."""
    if not screen.is_live:
        yield None
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[runs]}"),
        console=screen.errors, transient=True, refresh_per_second=5,
    )  # fmt: skip
    task = bar.add_task("loading", total=1.0, runs="")
    words = {"compiling": "compiling kernels", "layers": "measuring layers"}

    def watch(what: str, part: float, runs: int) -> None:
        if what == "loading":  # a build has a bar of its own
            return
        bar.start()
        counted = f"{runs:,} runs" if runs else ""
        bar.update(task, description=words.get(what, what), completed=part, runs=counted)

    try:
        yield watch
    finally:
        bar.stop()


def _csv(result: Result) -> str:
    text = io.StringIO()
    names = result.samples.dtype.names or ()
    text.write(",".join(name if name in ("stream", "context") else f"{name}_ms" for name in names) + "\n")
    for row in result.samples.tolist():
        text.write(",".join(f"{value:.6f}" if isinstance(value, float) else str(value) for value in row) + "\n")
    return text.getvalue()


def _data(source: str, result: Result, randomly: Sequence[str]) -> dict[str, Any]:
    from dataclasses import asdict

    shown = result.parts if result.settings.transfers else _without_copies(result)
    return {
        "source": source,
        "tensorrt_rtx": result.library,
        "device": result.device,
        "fake": result.is_fake,
        "inputs": {
            name: {"dtype": kind, "shape": list(shape), "random": name in randomly}
            for name, (kind, shape) in result.inputs.items()
        },
        "outputs": {name: {"dtype": kind, "shape": list(shape)} for name, (kind, shape) in result.outputs.items()},
        "settings": {**asdict(result.settings), "streams": result.settings.streams or result.settings.contexts},
        "graphs": result.graph_state,
        "runs": result.runs,
        "seconds": result.seconds,
        "throughput": result.throughput,
        "milliseconds": {
            name: shown[name].as_dict() if name in shown else None for name in result.parts
        },
        "load_seconds": result.load,
        "context_seconds": result.contexts,
        "first_run_seconds": result.first_run,
        "memory_bytes": result.memory,
        "layer_runs": result.layer_runs,
        "layers": [asdict(row) for row in result.layers],
        "notes": result.notes,
    }  # fmt: skip


def _without_copies(result: Result) -> dict[str, Any]:
    return {name: value for name, value in result.parts.items() if name not in ("h2d", "d2h")}


def _show(console: Console, source: str, result: Result, written: Sequence[str]) -> None:
    from rich.text import Text

    from .._bench.report import NAMES, facts

    where = f"  TensorRT-RTX {result.library}, {result.device}"
    console.print(Text.assemble((name_of(source), "bold"), where))
    console.print(
        Text.assemble(
            (f"{result.throughput:,.1f} runs a second", "bold green"),
            f"  {result.runs:,} runs in {result.seconds:.4g} s",
        )
    )
    console.print()
    columns = ("min", "mean", "median", "p90", "p95", "p99", "max")
    table = words.grid("milliseconds", *columns)
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    parts = result.parts if result.settings.transfers else _without_copies(result)
    for name, figures in parts.items():
        style = "bold" if name == "latency" else None
        table.add_row(NAMES[name], *(f"{getattr(figures, column):.4f}" for column in columns), style=style)
    console.print(table)
    console.print()
    console.print(words.facts(facts(result)))
    if result.layers:
        console.print()
        console.print(_layers(result))
    if result.notes or written:
        console.print()
    for note in result.notes:
        console.print(Text(f"note: {note}", style="yellow"))
    for path in written:
        console.print(Text(f"written: {path}"))


def _layers(result: Result) -> Table:
    from rich.text import Text

    table = words.grid("layer", "ms", "min", "max", "share", "")
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    table.columns[-1].justify = "left"
    most = max(row.share for row in result.layers) or 1.0
    for row in result.layers:
        figures = (f"{row.mean:.4f}", f"{row.least:.4f}", f"{row.most:.4f}", f"{row.share:.1%}")
        table.add_row(Text(row.name), *figures, Text("█" * round(20 * row.share / most), style="green"))
    total = sum(row.mean for row in result.layers)
    runs = words.plural(result.layer_runs, "run")
    table.caption = f"{words.plural(len(result.layers), 'layer')}, {total:.4f} ms together; {runs} without graphs"
    table.caption_justify = "left"
    return table
