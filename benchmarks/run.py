"""Compares `trtx` with NVIDIA's package of the same version and with C++, in one run, as ratios.

The best of several rounds counts, in which the packages take turns. Where there is a GPU, the calls of a run are
measured too. Usage: ``python benchmarks/run.py [ROUNDS]``; rounds are processes, each of which has rounds of its own.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CALLS = (
    "max_threads", "get_flag", "optimization_level", "set_optimization_level", "num_layers", "get_layer", "get_input",
    "tensor_name", "tensor_dtype", "tensor_shape",
)  # fmt: skip


def measure(*arguments: str) -> dict[str, Any]:
    environment = dict(os.environ)
    folder = library_folder()
    # NVIDIA's module is linked against the library by name.
    environment["LD_LIBRARY_PATH"] = f"{folder}:{environment.get('LD_LIBRARY_PATH', '')}"
    environment.setdefault("TRTX_LIBRARY", str(folder))
    command = [sys.executable, str(HERE / "cases.py"), *arguments]
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(output.splitlines()[-1]))


def library_folder() -> Path:
    import trtx_sys

    return Path(trtx_sys.find().path).resolve().parent


def best(rounds: int, *arguments: str) -> tuple[dict[str, float], dict[str, float]]:
    """Our times and theirs, the best of several processes."""
    ours: dict[str, float] = {}
    theirs: dict[str, float] = {}
    for _ in range(rounds):
        if arguments[0] in ("importing", "weights"):
            said = {package: measure(*arguments, package) for package in ("trtx", "nvidia")}
        else:
            said = measure(*arguments)
        for package, results in (("trtx", ours), ("nvidia", theirs)):
            for name, value in said[package].items():
                results[name] = min(value, results.get(name, math.inf))
    return ours, theirs


def twin(*arguments: str) -> dict[str, float]:
    """The same calls from C++, where there is a compiler."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "twin"
        include = [f"-I{HERE.parent / 'csrc' / part}" for part in ("include", "src")]
        source = HERE / "cpp" / "twin.cpp"
        subprocess.run([compiler, "-std=c++17", "-O2", *include, str(source), "-o", str(program), "-ldl"], check=True)
        library = library_folder() / "libtensorrt_rtx.so.1"
        output = subprocess.run([program, library, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: float(value) for name, value in (line.rsplit(maxsplit=1) for line in output.splitlines())}


def has_gpu() -> bool:
    try:
        from cuda.core import Device

        Device().set_current()
    except Exception as error:
        print(f"no GPU figures: {type(error).__name__}: {error}")
        return False
    return True


def build_engine(path: Path) -> None:
    """A small engine, so that the cost of the call itself shows."""
    import trtx

    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
    network = builder.create_network()
    tensor = network.add_input("input", trtx.DataType.FLOAT, (1, 64))
    output = network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0)
    output.name = "output"
    network.mark_output(output)
    builder.build_serialized_network(network, builder.create_config()).save(path)


def row(name: str, ours: float, theirs: float, native: float | None, unit: str = "ns") -> float:
    scale = {"ns": 1.0, "ms": 1e6, "MB": 1e6}[unit]
    cpp = "" if native is None else f"{native / scale:10.1f}"
    print(f"{name:24} {ours / scale:10.1f} {theirs / scale:10.1f} {cpp:>10} {ours / theirs:8.2f}   {unit}")
    return ours / theirs


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    import trtx

    print(f"TensorRT-RTX {trtx.library_version()}, Python {sys.version.split()[0]}, best of {rounds} processes each\n")
    print(f"{'':24} {'trtx':>10} {'NVIDIA':>10} {'C++':>10} {'ratio':>8}")
    ours, theirs = best(rounds, "importing")
    row("import", ours["import"], theirs["import"], None, "ms")
    row("import memory", ours["import memory"], theirs["import memory"], None, "MB")
    native = twin()
    ours, theirs = best(rounds, "calls")
    ratios = [row(name, ours[name], theirs[name], native.get(name)) for name in CALLS]
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"{'cheap calls, geomean':24} {'':10} {'':10} {'':10} {mean:8.2f}   worst {max(ratios):.2f}")
    for name in ("5,000 activations", "5,000 layers read back"):
        row(name, ours[name], theirs[name], native.get(name), "ms")
    ours, theirs = best(1, "weights")
    row("weights peak memory", ours["weights peak memory"], theirs["weights peak memory"], None, "MB")
    if has_gpu():
        with tempfile.TemporaryDirectory() as folder:
            engine = Path(folder) / "small.engine"
            build_engine(engine)
            ours, theirs = best(rounds, "running", str(engine))
            native = twin(str(engine))
            for name in ("set_tensor_address", "enqueue", "enqueue on an object", "addresses and enqueue"):
                row(name, ours[name], theirs[name], native.get(name))


if __name__ == "__main__":
    main()
