"""``trtx run``: a model or an engine runs once; its outputs are shown, saved, and compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from . import words
from .failures import Code, Failure
from .log import Log
from .options import Command, is_engine_file, source
from .screen import Screen, common
from .sources import as_missing, as_usage, cache_folder, grouped, make_plan, run_options
from .types import Source

if TYPE_CHECKING:
    import numpy.typing as npt
    from rich.console import Console
    from rich.table import Table

    from trtx_sys._enums_gen import Severity

    from .._bench.compare import Difference

EXAMPLES = """\
\b
Examples:
  trtx run model.onnx                                    random inputs
  trtx run model.onnx -i image=cat.npy -o outputs.npz    inputs from files, outputs saved
  trtx run model.onnx --against onnxruntime              does ONNX Runtime agree?
  trtx run model.engine -i in.npz --compare expected.npz --rtol 0.01
\b
Exit codes: 0 it ran, and outputs agree where they were compared; 1 they differ, or
the run failed; 2 a file or an option is wrong; 3 GPU, library or package missing.
"""


@click.command("run", cls=Command, epilog=EXAMPLES)
@source("engine or model")
@grouped(
    "Outputs", "-o", "--output", "target", metavar="FILE|FOLDER",
    help="Save the outputs: as .npz, as .npy where there is one, or into a folder of .npy files.",
)  # fmt: skip
@grouped(
    "Outputs", "--compare", "expected", metavar="FILE|FOLDER",
    help="Compare the outputs with those of a .npz file, a .npy file, or a folder of .npy files.",
)  # fmt: skip
@grouped(
    "Outputs", "--against", type=click.Choice(["onnxruntime"]),
    help="Compare the outputs with those of ONNX Runtime on the CPU, for the same inputs.",
)  # fmt: skip
@grouped(
    "Outputs", "--onnx", "model", type=Source("model"), metavar="MODEL",
    help="The ONNX model that an engine is compared with.",
)  # fmt: skip
@grouped("Outputs", "--rtol", type=click.FloatRange(0), metavar="X", default=1e-3, help="Relative tolerance; 0.001.")
@grouped("Outputs", "--atol", type=click.FloatRange(0), metavar="X", default=1e-5, help="Absolute tolerance; 0.00001.")
@grouped("Outputs", "--save-inputs", metavar="FILE|FOLDER", help="Save the inputs too, as --output does.")
@run_options
@common
def command(
    screen: Screen, source: str, target: str | None, save_inputs: str | None, expected: str | None,
    against: str | None, model: str | None, rtol: float, atol: float, files: Sequence[str], fill: bool, seed: int,
    cast: bool, run_shapes: Sequence[Mapping[str, tuple[int, ...]]], cache: str | None, device: int, build: Any,
    shown: Severity, ranges: Sequence[tuple[str, float, float]],
) -> None:  # fmt: skip
    """Run an ENGINE or an ONNX MODEL once.

    Outputs are the same where each element is not further from what is expected than atol + rtol * abs(expected).
    """
    from .. import Session
    from .._bench.compare import compare
    from .._bench.files import check_target, read_arrays, write_arrays
    from .._bench.reference import require_onnxruntime, run_onnxruntime

    if against is not None:
        with as_missing():
            require_onnxruntime()
        model = _reference(source, model)
    elif model is not None:
        raise Failure("--onnx is the model for --against onnxruntime, which is not given", code=Code.USAGE)
    plan = make_plan(source, build, run_shapes, files, fill, seed, cast, ranges)
    with as_usage():
        for path in (target, save_inputs):
            if path is not None:
                check_target(path)
        wanted = {expected: read_arrays(expected, "")} if expected is not None else {}

    log = Log(screen, shown)
    with Session(
        source, build=plan.build, cache=cache_folder(cache), device=device, graphs=False, logger=log.logger,
        progress=screen.is_live,
    ) as session:  # fmt: skip
        inputs = plan.arrays(session._inputs, session.engine)
        with as_usage():
            for path, count in ((target, len(session.outputs)), (save_inputs, len(inputs))):
                if path is not None:
                    check_target(path, count)
        outputs = session.run(inputs)
        is_fake = not session._device.is_cuda
    if is_fake:
        screen.note("note: the fake library computed this on the host")
    if plan.randomly:
        screen.note(f"note: random values, of seed {seed}, for {', '.join(plan.randomly)}")

    differences: list[tuple[str, list[Difference]]] = []
    if expected is not None:
        arrays = wanted[expected]
        if set(arrays) == {""} and len(outputs) == 1:
            arrays = {next(iter(outputs)): arrays[""]}
        with as_usage():
            differences.append((expected, compare(outputs, arrays, rtol, atol, repr(expected))))
    if against is not None and model is not None:
        reference = run_onnxruntime(model, inputs)
        differences.append(("ONNX Runtime", compare(outputs, reference, rtol, atol, "ONNX Runtime")))
    if save_inputs is not None:
        write_arrays(save_inputs, inputs)
    if target is not None:
        write_arrays(target, outputs)

    agrees = all(one.agrees for _, found in differences for one in found)
    data: dict[str, Any] = {
        "source": source,
        "fake": is_fake,
        "inputs": {name: {**_about(array), "random": name in plan.randomly} for name, array in inputs.items()},
        "outputs": {name: {**_about(array), **_figures(array)} for name, array in outputs.items()},
        "saved": target,
        "warnings": log.warnings,
        "comparisons": [
            {"with": what, "rtol": rtol, "atol": atol, "agrees": all(one.agrees for one in found),
             "outputs": {one.name: one.as_dict() for one in found}}
            for what, found in differences
        ],
    }  # fmt: skip
    screen.result(data, lambda console: _show(console, data, differences), Code.OK if agrees else Code.FAILED)


def _reference(source: str, model: str | None) -> str:
    if model is None and is_engine_file(source):
        raise Failure(
            f"{source!r} is an engine, which ONNX Runtime cannot run; say of which model with --onnx", code=Code.USAGE
        )
    return model if model is not None else source


def _about(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {"dtype": str(array.dtype), "shape": list(array.shape)}


def _figures(array: npt.NDArray[Any]) -> dict[str, Any]:
    """The range of values, of those that are finite."""
    import numpy as np

    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    found: dict[str, Any] = {"min": None, "mean": None, "max": None, "not_finite": int(values.size - finite.size)}
    if finite.size:
        found |= {"min": float(finite.min()), "mean": float(finite.mean()), "max": float(finite.max())}
    return found


def _show(console: Console, data: Mapping[str, Any], differences: Sequence[tuple[str, list[Difference]]]) -> None:
    from rich.text import Text

    table = words.grid("output", "type", "shape", "min", "mean", "max")
    odd = any(one["not_finite"] for one in data["outputs"].values())
    if odd:
        table.add_column("not finite")
    for column in table.columns[3:]:
        column.justify = "right"
    for name, one in data["outputs"].items():
        figures = [_number(one[key]) for key in ("min", "mean", "max")] + [f"{one['not_finite']:,}"] * odd
        table.add_row(Text(name), one["dtype"], words.shape(one["shape"]), *figures)
    console.print(table)
    if data["saved"]:
        console.print(Text(f"\nsaved as {data['saved']}"))
    for what, found in differences:
        console.print()
        console.print(_differences(what, found))
        for one in found:
            if one.problem:
                console.print(Text(f"{one.name}: {one.problem}"))
            elif one.worst is not None:
                place = ", ".join(map(str, one.worst))
                console.print(
                    Text(f"{one.name}[{place}] is {one.got:.8g}, expected {one.expected:.8g}: the furthest away")
                )


def _differences(what: str, found: list[Difference]) -> Table:
    from rich.text import Text

    table = words.grid(f"against {what}".replace("[", "\\["), "", "largest error", "mean", "relative", "differing")
    for column in table.columns[2:]:
        column.justify = "right"
    for one in found:
        word = Text("agrees", style="green") if one.agrees else Text("DIFFERS", style="bold red")
        figures = (f"{one.max_abs:.3g}", f"{one.mean_abs:.3g}", f"{one.max_rel:.3g}")
        count = f"{one.differing:,} of {one.elements:,}"
        table.add_row(Text(one.name), word, *(("", "", "", "") if one.problem else (*figures, count)))
    return table


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.6g}"
