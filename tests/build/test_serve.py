"""The example of Ray Serve, ``examples/serve_ray.py``, on the fake library: real replicas, but no GPU."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from tests.helpers.process import ROOT, python_path, run_python

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is missing: pip install 'ray[serve]'"),
    pytest.mark.timeout(400),
]

SETUP = """
import asyncio, json, logging, pathlib, socket, urllib.error, urllib.request
import ray
from ray import serve
import serve_ray
from tests.helpers.session_program import *

folder = pathlib.Path(os.environ["TEST_FOLDER"])

def engine(operation):
    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
    network, config = builder.create_network(), builder.create_config()
    a, b = (network.add_input(name, trtx.DataType.FLOAT, (-1, 4)) for name in "ab")
    y = network.add_elementwise(a, b, getattr(trtx.ElementWiseOperation, operation)).get_output(0)
    y.name = "y"
    network.mark_output(y)
    profile = builder.create_optimization_profile()
    for name in "ab":
        profile.set_shape(name, (1, 4), (2, 4), (8, 4))
    config.add_optimization_profile(profile)
    path = folder / f"{operation}.engine"
    builder.build_serialized_network(network, config).save(path)
    return str(path)

row = lambda value: {"a": np.full((1, 4), value, np.float32), "b": np.full((1, 4), 3, np.float32)}
"""


def on_fake(code: str, folder: Path) -> str:
    environment = {
        "TRTX_LIBRARY": "fake",
        "TEST_FOLDER": str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "examples"), python_path()]),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DISABLE_IMPORT_WARNING": "1",
    }
    return run_python(SETUP + code, environment=environment, timeout=380).stdout


def test_batches_and_the_end_without_ray_s_processes(tmp_path: Path) -> None:
    on_fake(
        """
runs = []
run = trtx.Session.run
def recording(self, inputs, **more):
    runs.append(len(inputs["a"]))
    return run(self, inputs, **more)
trtx.Session.run = recording
served = serve_ray.Served(engine("SUM"), contexts=1, max_delay=0.05)
assert runs == [1]  # it was warmed up
futures = [served.submit(row(i)) for i in range(40)]
served.close()  # what was asked for is answered
assert all((future.result()["y"] == i + 3).all() for i, future in enumerate(futures))
assert sum(runs) == 41 and max(runs) == 8, runs
raises(trtx.ClosedError, ["closed"], served.probe)
raises(OSError, ["nowhere"], serve_ray.Served, str(folder / "nowhere.engine"))
""",
        tmp_path,
    )


def test_a_replica_that_fails_is_not_healthy(tmp_path: Path) -> None:
    on_fake(
        """
model = serve_ray.Model()
async def use():
    await model.reconfigure({"source": engine("SUM")})
    await model.check_health()
    assert ((await model.predict(row(1)))["y"] == 4).all()
    try:
        await model.reconfigure({"source": str(folder / "nowhere.engine")})
    except OSError:
        pass
    else:
        raise AssertionError("a model that is not there was taken")
    assert ((await model.predict(row(1)))["y"] == 4).all()  # the old one goes on
    run = trtx.Session.run
    def fail(self, inputs, **more):
        raise trtx.CudaError("an illegal memory access was encountered")
    trtx.Session.run = fail
    try:
        await model.check_health()
    except trtx.CudaError as error:
        assert "illegal" in str(error)
    else:
        raise AssertionError("it says that it is healthy")
    trtx.Session.run = lambda self, inputs, **more: time.sleep(1)
    serve_ray.PATIENCE = 0.1
    try:
        await model.check_health()
    except (asyncio.TimeoutError, TimeoutError):
        pass
    else:
        raise AssertionError("it says that it is healthy")
    trtx.Session.run = run
asyncio.run(use())
model.__del__()
""",
        tmp_path,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX system is missing")
def test_replicas_serve_while_the_model_changes(tmp_path: Path) -> None:
    on_fake(
        """
added, multiplied = engine("SUM"), engine("PROD")
ray.init(num_cpus=3, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
serve.start(http_options={"port": port})
handle = serve.run(serve_ray.application(added, replicas=2, gpus=0))

results = [handle.predict.remote(row(i)) for i in range(60)]
assert all((result.result(timeout_s=60)["y"] == i + 3).all() for i, result in enumerate(results))
states = serve.status().applications["default"].deployments["Model"]
assert states.replica_states == {"RUNNING": 2}, states

# HTTP
def post(body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
assert post({"a": [[1, 2, 3, 4]], "b": [[1, 1, 1, 1]]}) == (200, {"y": [[2, 3, 4, 5]]})
code, answer = post({"a": [[1, 2, 3, 4]], "bb": [[1, 1, 1, 1]]})
assert code == 400 and "did you mean 'b'?" in answer["error"], (code, answer)
assert post([1])[0] == 400 and post({"a": [[1]], "b": [["x"]]})[0] == 400

# The model changes under load: every answer is right for the one model or the other, and none fails.
found, failures, stop = [], [], threading.Event()
def load():
    while not stop.is_set():
        try:
            found.append(float(handle.predict.remote(row(5)).result(timeout_s=60)["y"][0, 0]))
        except Exception as error:
            failures.append(error)
threads = [threading.Thread(target=load) for _ in range(3)]
[thread.start() for thread in threads]
time.sleep(1)
before = len(found)
serve.run(serve_ray.application(multiplied, replicas=2, gpus=0))
deadline = time.monotonic() + 60
while found[-20:] != [15.0] * 20 and time.monotonic() < deadline:
    time.sleep(0.05)
stop.set()
[thread.join() for thread in threads]
assert not failures, failures[:3]
assert before > 10 and set(found) == {8.0, 15.0} and found[:before] == [8.0] * before, (before, set(found))
assert found[-20:] == [15.0] * 20

# What is under way when the end comes is answered.
results = [handle.predict.remote(row(i)) for i in range(30)]
serve.delete("default")
assert all((result.result(timeout_s=60)["y"] == i * 3).all() for i, result in enumerate(results))
serve.shutdown()
ray.shutdown()
""",
        tmp_path,
    )
