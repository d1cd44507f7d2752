"""``trtx run`` and ``trtx bench`` on a GPU: figures that can be true, and outputs that agree with ONNX Runtime's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import build
from trtx import cuda

pytest.importorskip("click", reason="package click")

from trtx._cli.main import main

SIZE = 1024
LAYERS = 8


def products(network: trtx.NetworkDefinition) -> None:
    """``y = tanh(x @ w)``, eight times."""
    random = np.random.default_rng(0)
    tensor = network.add_input("x", trtx.DataType.FLOAT, (64, SIZE))
    for _ in range(LAYERS):
        weights = (random.standard_normal((SIZE, SIZE)) / np.sqrt(SIZE)).astype(np.float32)
        constant = network.add_constant(weights.shape, weights).get_output(0)
        none = trtx.MatrixOperation.NONE
        product = network.add_matrix_multiply(tensor, none, constant, none).get_output(0)
        tensor = network.add_activation(product, trtx.ActivationType.TANH).get_output(0)
    tensor.name = "y"
    network.mark_output(tensor)


@pytest.fixture(scope="module")
def engine(gpu: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    quiet = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
    path = tmp_path_factory.mktemp("cli") / "products.engine"
    build(quiet, products).save(path)
    return path


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    capsys.readouterr()
    ended = main([*map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    assert ended == code, (out, err)
    return json.loads(out)


def test_bench_gives_figures_that_can_be_true(engine: Path, tmp_path: Path, capsys: Any, runtime: trtx.Runtime) -> None:
    times = tmp_path / "times.csv"
    told = answer(capsys, "bench", engine, "--duration", 1, "--times", times)
    rows = np.genfromtxt(times, delimiter=",", names=True)
    assert told["fake"] is False
    assert told["device"].startswith("GPU 0: ")
    assert told["graphs"] == "captured"
    assert told["runs"] == len(rows) > 100
    parts = rows["h2d_ms"] + rows["compute_ms"] + rows["d2h_ms"]
    # Events of the GPU are exact to half a microsecond each.
    assert (parts <= rows["latency_ms"] + 0.005).all()
    for name in ("latency", "enqueue", "h2d", "compute", "d2h"):
        assert 0 < told["milliseconds"][name]["min"] < 100
        assert told["milliseconds"][name]["median"] == pytest.approx(np.median(rows[f"{name}_ms"]), abs=1e-5)
    # One run at a time: they follow each other, and nearly all of the time is spent in them.
    assert (np.diff(rows["start_ms"]) >= rows["latency_ms"][:-1] - 0.001).all()
    busy = rows["latency_ms"].sum() / 1e3 / told["seconds"]
    assert 0.7 < busy <= 1.001
    # 64 KiB x 4 each way, across a bus that does not reach 1 TB/s.
    assert told["milliseconds"]["h2d"]["median"] > 64 * SIZE * 4 / 1e12 * 1e3
    # As measured by hand.
    assert told["milliseconds"]["compute"]["median"] == pytest.approx(by_hand(engine, runtime), rel=0.6)


def by_hand(engine: Path, runtime: trtx.Runtime) -> float:
    """Milliseconds of a run, from a hundred that follow each other."""
    from cuda.bindings import driver

    device = cuda.Device(0)
    device.set_current()
    stream = device.create_stream()
    loaded = runtime.deserialize_cuda_engine(engine)
    context = loaded.create_execution_context()
    x, y = (cuda.empty((64, SIZE), stream=stream) for _ in range(2))
    context.set_tensor_address("x", x)
    context.set_tensor_address("y", y)
    for _ in range(20):
        context.enqueue_v3(stream)
    _, begin = driver.cuEventCreate(0)
    _, end = driver.cuEventCreate(0)
    driver.cuEventRecord(begin, int(stream.handle))
    for _ in range(100):
        context.enqueue_v3(stream)
    driver.cuEventRecord(end, int(stream.handle))
    driver.cuEventSynchronize(end)
    _, elapsed = driver.cuEventElapsedTime(begin, end)
    return float(elapsed) / 100


def test_options_of_bench(engine: Path, tmp_path: Path, capsys: Any) -> None:
    short = "bench", engine, "--duration", 0.4, "--warm-up", 0.1
    one = answer(capsys, *short)
    four = answer(capsys, *short, "--contexts", 4)
    shared = answer(capsys, *short, "--contexts", 2, "--streams", 1)
    # The GPU is never idle with two and more, so they are not slower.
    assert four["throughput"] > 0.8 * one["throughput"]
    assert shared["throughput"] > 0.8 * one["throughput"]
    assert four["memory_bytes"]["inputs_outputs"] == 4 * 2 * 64 * SIZE * 4
    alone = answer(capsys, *short, "--no-transfers")
    assert alone["milliseconds"]["h2d"] is None
    assert alone["milliseconds"]["latency"]["median"] < one["milliseconds"]["latency"]["median"] * 1.2
    for graphs, state in (("off", "off"), ("library", "left to TensorRT-RTX")):
        told = answer(capsys, *short, "--graphs", graphs)
        assert told["graphs"] == state
        assert told["runs"] > 10
    assert answer(capsys, "bench", engine, "--duration", 0, "--iterations", 33)["runs"] == 33
    for strategy in ("lazy", "none"):
        assert answer(capsys, *short, "--specialize", strategy)["runs"] > 10


def test_weights_are_streamed_within_a_budget(gpu: None, tmp_path: Path, capsys: Any) -> None:
    quiet = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
    path = tmp_path / "streamed.engine"
    flag = trtx.BuilderFlag.WEIGHT_STREAMING
    build(quiet, products, configure=lambda config: config.set_flag(flag)).save(path)
    short = "bench", path, "--duration", 0.3
    whole = answer(capsys, *short)
    half = answer(capsys, *short, "--weight-streaming-budget", "50%")
    assert whole["graphs"] == "captured"
    assert half["graphs"] == "none: weights are streamed"
    assert half["milliseconds"]["compute"]["median"] > whole["milliseconds"]["compute"]["median"]


def test_layers(engine: Path, capsys: Any) -> None:
    told = answer(capsys, "bench", engine, "--duration", 0.3, "--profile")
    assert told["layers"]
    assert sum(row["share"] for row in told["layers"]) == pytest.approx(1.0)
    assert all(0 <= row["least"] <= row["mean"] <= row["most"] for row in told["layers"])
    together = sum(row["mean"] for row in told["layers"])
    assert 0.2 < together / told["milliseconds"]["compute"]["median"] < 20  # with gaps between layers, without graphs


def test_report(engine: Path, tmp_path: Path, capsys: Any) -> None:
    pytest.importorskip("plotly")
    page = tmp_path / "report.html"
    assert main(["bench", str(engine), "--duration", "0.3", "--profile", "--html", str(page)]) == 0
    assert '<div id="timeline"' in page.read_text(encoding="utf-8")


def test_runtime_cache_spares_compiling(engine: Path, tmp_path: Path) -> None:
    cache = tmp_path / "kernels.cache"
    command = [sys.executable, "-m", "trtx", "bench", str(engine), "--duration", "0", "--json"]
    told = []
    for _ in range(2):  # processes of their own: a process compiles a kernel once
        done = subprocess.run(
            [*command, "--runtime-cache", str(cache)], cwd=Path(__file__).parents[2],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done
        told.append(json.loads(done.stdout))
        assert cache.stat().st_size > 1000
    seconds = [one["context_seconds"] + one["first_run_seconds"] for one in told]
    assert seconds[1] < max(seconds[0], 0.05), seconds


def test_run_computes_what_numpy_does(gpu: None, tmp_path: Path, capsys: Any, logger: trtx.Logger) -> None:
    def define(network: trtx.NetworkDefinition) -> None:
        left, right = (network.add_input(name, trtx.DataType.FLOAT, (-1, 256)) for name in "ab")
        total = network.add_elementwise(left, right, trtx.ElementWiseOperation.SUM).get_output(0)
        total.name = "y"
        network.mark_output(total)

    rows = ((1, 256), (8, 256), (64, 256))
    path = tmp_path / "sum.engine"
    build(logger, define, {"a": rows, "b": rows}).save(path)
    random = np.random.default_rng(0)
    a, b = (random.standard_normal((5, 256)).astype(np.float32) for _ in range(2))
    np.savez(tmp_path / "in.npz", a=a, b=b)
    np.savez(tmp_path / "right.npz", y=a + b)
    np.savez(tmp_path / "wrong.npz", y=a - b)
    run = "run", path, "-i", tmp_path / "in.npz", "-o", tmp_path / "out.npz"
    told = answer(capsys, *run, "--compare", tmp_path / "right.npz")
    assert told["fake"] is False
    np.testing.assert_array_equal(np.load(tmp_path / "out.npz")["y"], a + b)
    told = answer(capsys, *run, "--compare", tmp_path / "wrong.npz", code=1)
    assert told["comparisons"][0]["outputs"]["y"]["differing"] > 1000


def small_model(scale: float = 1.0) -> bytes:
    """A convolution, a Relu, a mean and a product, of random weights; of any number of images."""
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    kernel = (random.standard_normal((16, 3, 3, 3)) * scale / 5).astype(np.float32)
    matrix = (random.standard_normal((16, 10)) / 4).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["convolved"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["convolved"], ["positive"]),
        helper.make_node("GlobalAveragePool", ["positive"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["y"]),
    ]
    weights = [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(matrix, "matrix")]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 32, 32])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])
    graph = helper.make_graph(nodes, "graph", [x], [y], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def test_run_against_onnxruntime(gpu: None, tmp_path: Path, capsys: Any) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    model, other = tmp_path / "model.onnx", tmp_path / "other.onnx"
    model.write_bytes(small_model())
    other.write_bytes(small_model(1.5))
    against = "--against", "onnxruntime", "--rtol", 0.01, "--atol", 0.001
    told = answer(capsys, "run", model, "--shapes", "x:2x3x32x32", *against, "--no-tf32")
    y = told["comparisons"][0]["outputs"]["y"]
    assert y["elements"] == 20
    assert y["max_abs"] < 1e-3
    told = answer(capsys, "run", model, "--shapes", "x:2x3x32x32", *against, "--onnx", other, code=1)
    assert told["comparisons"][0]["outputs"]["y"]["differing"] > 10
    # A range of sizes, and one of them to run with.
    ranges = ("--min", "x:1x3x32x32", "--opt", "x:4x3x32x32", "--max", "x:8x3x32x32")
    told = answer(capsys, "run", model, *ranges, "--run-shapes", "x:7x3x32x32", *against)
    assert told["outputs"]["y"]["shape"] == [7, 10]
    told = answer(capsys, "bench", model, *ranges, "--duration", 0.2)
    assert told["inputs"]["x"]["shape"] == [4, 3, 32, 32]


def test_a_model_takes_the_shapes_of_its_files_and_keeps_engines(gpu: None, tmp_path: Path, capsys: Any) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("filelock")
    model = tmp_path / "model.onnx"
    model.write_bytes(small_model())
    np.save(tmp_path / "x.npy", np.ones((3, 3, 32, 32), np.float32))
    run = "run", model, "-i", tmp_path / "x.npy"
    for _ in range(2):
        told = answer(capsys, *run, "--cache", tmp_path / "cache")
        assert told["outputs"]["y"]["shape"] == [3, 10]
    assert len(trtx.SessionCache(tmp_path / "cache").entries()) == 1
