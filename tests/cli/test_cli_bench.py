"""``trtx bench`` on the fake library: figures against numpy, the report, and what is wrong in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.helpers.process import python_path, run_python

SETUP = "from tests.helpers.bench_program import *\n"


def on_fake(code: str, **environment: str) -> str:
    return run_python(SETUP + code, environment={"TRTX_LIBRARY": "fake", **environment}).stdout


def test_figures_are_those_of_numpy() -> None:
    on_fake(
        """
told = answer("bench", engine(), "--duration", 0.2, "--warm-up", 0.05, "--times", here / "times.csv")
rows = np.genfromtxt(here / "times.csv", delimiter=",", names=True)
assert told["fake"] is True and told["runs"] == len(rows) > 100
for name in ("latency", "enqueue", "h2d", "compute", "d2h"):
    times, figures = rows[f"{name}_ms"], told["milliseconds"][name]
    wanted = {
        "min": times.min(), "mean": times.mean(), "median": np.median(times), "max": times.max(), "std": times.std(),
        "p90": np.percentile(times, 90), "p95": np.percentile(times, 95), "p99": np.percentile(times, 99),
    }
    assert figures.keys() == wanted.keys()
    for key, value in wanted.items():
        assert abs(figures[key] - value) < 2e-6, (name, key, figures[key], value)
    ordered = [figures[key] for key in ("min", "median", "p90", "p95", "p99", "max")]
    assert ordered == sorted(ordered) and ordered[0] >= 0
# The parts of a run lie within it, one after the other.
assert (rows["h2d_ms"] + rows["compute_ms"] + rows["d2h_ms"] <= rows["latency_ms"] + 1e-5).all()
assert (rows["enqueue_ms"] <= rows["compute_ms"] + 1e-5).all()
# One run at a time, so none starts before the one before it has ended.
assert (np.diff(rows["start_ms"]) >= rows["latency_ms"][:-1] - 1e-5).all()
seconds = (rows["start_ms"] + rows["latency_ms"]).max() / 1e3
assert abs(told["seconds"] - seconds) < 1e-6 and 0.1 < seconds < 60
assert abs(told["throughput"] - len(rows) / seconds) < 0.01 * told["throughput"]
assert any("fake library" in note for note in told["notes"])
"""
    )


def test_a_layer_that_takes_long_is_seen() -> None:
    """The fake waits 20 ms in each run: latency, compute time, enqueue and throughput say so, and copies do not."""
    on_fake(
        """
told = answer("bench", engine(), "--duration", 0, "--iterations", 10, "--warm-up", 0)
times = told["milliseconds"]
for name in ("latency", "compute", "enqueue"):
    assert 20 <= times[name]["min"] <= times[name]["median"] < 40, (name, times[name])
assert times["h2d"]["median"] < 5 and times["d2h"]["median"] < 5
assert 25 < told["throughput"] <= 50 and told["runs"] == 10
""",
        TRTX_FAKE_FAULTS="VExecutionContext::enqueueV3=sleep:20",
    )


def test_contexts_and_streams_run_beside_each_other() -> None:
    on_fake(
        """
def bench(*more):
    told = answer("bench", engine(), "--duration", 0.4, "--warm-up", 0, "--times", here / "t.csv", *more)
    return told, np.genfromtxt(here / "t.csv", delimiter=",", names=True)

one, rows = bench()
assert set(rows["stream"]) == {0} and set(rows["context"]) == {0}
four, rows = bench("--contexts", 4)
assert four["settings"]["streams"] == 4 and set(rows["context"]) == {0, 1, 2, 3} == set(rows["stream"])
# A run waits for 20 ms without Python's lock, so four of them overlap.
assert four["throughput"] > 2 * one["throughput"], (one["throughput"], four["throughput"])
two, rows = bench("--contexts", 4, "--streams", 2)
assert set(rows["stream"]) == {0, 1} and set(zip(rows["stream"], rows["context"])) == {(0, 0), (0, 2), (1, 1), (1, 3)}
counts = [int((rows["context"] == number).sum()) for number in range(4)]
assert max(counts) - min(counts) <= 4, counts
assert one["memory_bytes"]["inputs_outputs"] == 3 * 2 * 4 * 4
assert four["memory_bytes"]["inputs_outputs"] == 4 * one["memory_bytes"]["inputs_outputs"]
""",
        TRTX_FAKE_FAULTS="VExecutionContext::enqueueV3=sleep:20",
    )


def test_options() -> None:
    on_fake(
        """
base = "bench", engine(), "--duration", 0, "--warm-up", 0
for count in (1, 7, 100):
    assert answer(*base, "--iterations", count)["runs"] == count
    assert answer(*base, "--iterations", count, "--contexts", 3, "--streams", 2)["runs"] == count
told = answer(*base, "--no-transfers")
assert told["milliseconds"]["h2d"] is None and told["milliseconds"]["d2h"] is None
assert "Host to GPU" not in cli(*base, "--no-transfers").out
assert answer(*base)["graphs"] == "captured"
assert answer(*base, "--graphs", "off")["graphs"] == "off"
assert answer(*base, "--graphs", "library")["graphs"] == "left to TensorRT-RTX"
assert answer(*base, "--specialize", "none")["runs"] == 10
told = answer(*base, "--shapes", "a:8x4,b:8x4")
assert told["inputs"]["a"] == {"dtype": "FLOAT", "shape": [8, 4], "random": True}, told["inputs"]
np.savez(here / "in.npz", a=np.ones((3, 4), np.float32), b=np.ones((3, 4), np.float32))
told = answer(*base, "-i", here / "in.npz")
assert told["outputs"]["y"]["shape"] == [3, 4] and told["inputs"]["a"]["random"] is False
two = engine("two.engine", profiles=(((1, 4), (1, 4), (2, 4)), ((4, 4), (8, 4), (16, 4))))
for rows in (1, 2, 4, 16):
    told = answer("bench", two, "--duration", 0, "--shapes", f"a:{rows}x4,b:{rows}x4")
    assert told["outputs"]["y"]["shape"] == [rows, 4]
failed(1, ["no profile", "together"], "bench", two, "--shapes", "a:1x4,b:4x4")
done = cli(*base)
assert done.code == 0 and "runs a second" in done.out and "fake library" in done.out and "p99" in done.out, done
assert not done.err, done
"""
    )


def test_runs_compute_what_they_should() -> None:
    on_fake(
        """
from trtx._bench.measure import Settings, measure
from trtx._bench.target import Target
import trtx._bench.measure as module
a, b = np.arange(8, dtype=np.float32).reshape(2, 4), np.ones((2, 4), np.float32)
kept, usual = [], module.Slot.results
module.Slot.results = lambda slot: kept.append(usual(slot)) or kept[-1]
for transfers in (True, False):
    for graphs in ("capture", "off"):
        settings = Settings(warm_up=0, duration=0, iterations=5, transfers=transfers, graphs=graphs)
        measure(Target(str(engine())), lambda ports, engine: {"a": a, "b": b}, settings)
        np.testing.assert_array_equal(kept[-1]["y"], a + b)
"""
    )


def test_layers_and_runtime_cache() -> None:
    on_fake(
        """
told = answer("bench", engine(), "--duration", 0, "--profile", "--runtime-cache", here / "kernels.cache")
assert len(told["layers"]) == 1 and told["layer_runs"] == 100
layer = told["layers"][0]
assert 0 < layer["least"] <= layer["mean"] <= layer["most"] and abs(layer["share"] - 1) < 1e-9
assert (here / "kernels.cache").stat().st_size > 0
assert answer("bench", engine(), "--duration", 0, "--runtime-cache", here / "kernels.cache")["runs"] == 10
done = cli("bench", engine(), "--duration", 0, "--profile")
assert layer["name"] in done.out and "100.0%" in done.out, done.out
(here / "junk.cache").write_bytes(b"junk")
failed(1, ["junk.cache"], "bench", engine(), "--runtime-cache", here / "junk.cache")
assert (here / "junk.cache").read_bytes() == b"junk"
"""
    )


def test_report_is_one_file_with_the_figures() -> None:
    pytest.importorskip("plotly")
    on_fake(
        """
import re
path = here / "report.html"
done = cli("bench", engine("<b>&.engine"), "--duration", 0.1, "--contexts", 2, "--profile", "--html", path)
assert done.code == 0 and str(path) in done.out, done
page = path.read_text()
for name in ("latency", "all-runs", "timeline", "layers"):
    assert f'<div id="{name}"' in page, name
assert "&lt;b&gt;&amp;.engine" in page and "<h1><b>" not in page
# Nothing is loaded from elsewhere.
assert not re.search(r'<(script|link|img|iframe)[^>]*\\s(src|href)=', page), "something is loaded"
assert page.count("Plotly.newPlot(") == 4
told = done.out
throughput = re.search(r"([\\d,.]+) runs a second", told)[1]
assert f"<b>{throughput}</b>" in page
for row in ("Latency", "Enqueue", "Host to GPU", "Compute", "GPU to host"):
    figures = re.search(rf"{row} +([\\d. ]+)", told)[1].split()
    assert f"<td>{row}</td>" + "".join(f"<td>{one}</td>" for one in figures) in page, row
"""
    )


def test_plotly_that_is_missing_is_said_before_anything_is_measured() -> None:
    on_fake(
        """
import sys
sys.modules["plotly"] = sys.modules["plotly.graph_objects"] = None
failed(3, ["plotly", "pip install plotly"], "bench", engine(), "--html", here / "x.html", "--duration", 1000)
assert not (here / "x.html").exists()
"""
    )


def test_what_is_wrong_is_one_line() -> None:
    on_fake(
        """
base = "bench", engine()
before = set(here.iterdir())
failed(2, ["duration", "-1"], *base, "--duration", -1)
failed(2, ["duration", "nan"], *base, "--duration", "nan")
failed(2, ["iterations", "0"], *base, "--iterations", 0)
failed(2, ["contexts", "0"], *base, "--contexts", 0)
failed(2, ["streams is 3", "1 to 2"], *base, "--contexts", 2, "--streams", 3)
failed(2, ["--durration", "--duration"], *base, "--durration", 3)
failed(2, ["capture", "fast"], *base, "--graphs", "fast")
failed(1, ["no weights that can be streamed"], *base, "--weight-streaming-budget", "50%")
failed(2, ["150%", "0% to 100%"], *base, "--weight-streaming-budget", "150%")
failed(2, ["eagre", "eager"], *base, "--specialize", "eagre")
failed(2, ["--cache", "--runtime-cache"], *base, "--cache", here, "--runtime-cache", here / "x")
failed(2, ["nowhere", "make it first"], *base, "--html", here / "nowhere" / "x.html")
failed(2, ["sum.engin", "did you mean 'sum.engine'"], "bench", here / "sum.engin")
failed(2, ["(9, 4)", "(1, 4) to (8, 4)"], *base, "--shapes", "a:9x4,b:9x4")
failed(2, ["'c'", "'a', 'b'"], *base, "--shapes", "c:9x4")
assert set(here.iterdir()) == before
"""
    )


def test_a_run_that_fails_ends_all_threads() -> None:
    on_fake(
        """
import threading
done = cli("bench", engine(), "--contexts", 3, "--duration", 1000, "--times", here / "t.csv")
assert done.code == 1 and "enqueue_v3() failed" in done.err and done.err.startswith("trtx bench: "), done
assert done.err.count("\\n") == 1 and not done.out and not (here / "t.csv").exists()
assert [thread.name for thread in threading.enumerate() if thread.name.startswith("trtx-bench")] == []
""",
        TRTX_FAKE_FAULTS="VExecutionContext::enqueueV3=false@50",
    )


def test_the_first_error_is_the_one_that_is_told() -> None:
    on_fake(
        """
import trtx._bench.measure as module
def interrupt(slot):
    raise KeyboardInterrupt
def fail(slot):
    raise trtx.BusyError("in use")
module.Slot.first_run, module.Slot.close = interrupt, fail
done = cli("bench", engine(), "--contexts", 2)
assert done.code == 130 and done.err == "trtx bench: interrupted\\n", done
"""
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals as Unix has them")
def test_ctrl_c(tmp_path: Path) -> None:
    code = f"plan().save({str(tmp_path / 'sum.engine')!r})"
    on_fake(code)
    command = [sys.executable, "-m", "trtx", "bench", str(tmp_path / "sum.engine"), "--duration", "1000"]
    command += ["--contexts", "2", "--times", str(tmp_path / "t.csv"), "--json"]
    environment = {**os.environ, "TRTX_LIBRARY": "fake", "PYTHONPATH": python_path()}
    hearing = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import runpy, sys; sys.argv = {command[2:]!r}; runpy.run_module('trtx', run_name='__main__')"  # noqa: E501
    with subprocess.Popen(
        [sys.executable, "-c", hearing], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(3)
        assert process.poll() is None
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, (out, err)
    assert err == "trtx bench: interrupted\n"
    assert '"code": 130' in out
    assert "throughput" not in out
    assert time.monotonic() - begin < 10
    assert not (tmp_path / "t.csv").exists()
