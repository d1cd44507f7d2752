"""The web application, ``examples/app``: over the fake library, and once in a browser."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.process import ROOT, python_path, run_python

APP = ROOT / "examples" / "app"
NEEDED = {
    "fastapi": "fastapi", "uvicorn": "uvicorn", "PIL": "pillow", "multipart": "python-multipart",
    "prometheus_client": "prometheus-client", "httpx": "httpx", "onnx": "onnx",
}  # fmt: skip
MISSING = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"missing: {', '.join(MISSING)}; pip install '.[app]' httpx"),
    pytest.mark.usefixtures("native_library"),  # NVIDIA's parser reads the model
]

SETUP = """
import io, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of fastapi, about its test client
import classifier, colours, web
import numpy as np
import trtx
from fastapi.testclient import TestClient
from PIL import Image

def picture(colour, size=(300, 200), kind="PNG", **more):
    file = io.BytesIO()
    Image.new("RGB", size, tuple(round(255 * part) for part in colour)).save(file, kind, **more)
    return file.getvalue()

def post(client, data):
    return client.post("/classify", files={"picture": ("x", data)})
"""


def environment() -> dict[str, str | None]:
    return {
        "TRTX_LIBRARY": "fake", "TRTX_FAKE_PARSER": None, "PYTHONPATH": os.pathsep.join([str(APP), python_path()])
    }  # fmt: skip


def on_fake(code: str) -> str:
    return run_python(SETUP + code, environment=environment()).stdout


def test_pictures_are_classified() -> None:
    """Each colour by its name, in any format, and as onnx's own interpreter computes it."""
    on_fake(
        """
from onnx.reference import ReferenceEvaluator
judge = ReferenceEvaluator(colours.model())
with TestClient(web.create_app()) as client:
    for name, colour in colours.COLOURS.items():
        for kind in ("PNG", "JPEG", "WEBP"):
            answer = post(client, picture(colour, kind=kind))
            assert answer.status_code == 200, answer.text
            first = answer.json()["classes"][0]
            assert first["label"] == name and first["probability"] > 0.5, (name, kind, first)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    got = {one["label"]: one["probability"] for one in post(client, file.getvalue()).json()["classes"]}
    [shares] = judge.run(None, {"picture": noise.transpose(2, 0, 1)[None].astype(np.float32) / 255})
    expected = dict(zip(colours.COLOURS, shares[0]))
    assert len(got) == 5 and list(got) == sorted(expected, key=expected.get, reverse=True)[:5]
    assert all(abs(got[name] - expected[name]) < 1e-5 for name in got), (got, expected)
    # A photograph that lies on its side, as cameras store it, in another mode than RGB.
    side = io.BytesIO()
    Image.new("CMYK", (40, 90), (255, 255, 0, 0)).save(side, "JPEG", exif=b"Exif\\0\\0MM\\0*\\0\\0\\0\\x08\\0\\x01"
        b"\\x01\\x12\\0\\x03\\0\\0\\0\\x01\\0\\x06\\0\\0\\0\\0\\0\\0")
    assert post(client, side.getvalue()).json()["classes"][0]["label"] == "blue"
"""
    )


def test_what_is_no_picture_or_too_large() -> None:
    on_fake(
        """
with TestClient(web.create_app()) as client:
    good = picture((1, 0, 0))
    for bad in (b"", b"hello", good[:60], b"GIF89a" + bytes(50), b"<svg/>"):
        answer = post(client, bad)
        assert answer.status_code == 415 and "no picture" in answer.json()["error"], (bad, answer.text)
    flat = picture((0, 0, 1), size=(10_000, 6_000), kind="PNG", compress_level=1)
    assert len(flat) < 10_000_000
    answer = post(client, flat)
    assert answer.status_code == 413 and "10000 x 6000" in answer.json()["error"], answer.text
    answer = client.post("/classify", content=bytes(10_000_001))
    assert answer.status_code == 413 and "10,000,000" in answer.json()["error"]
    answer = client.post("/classify", content=iter([b"a", b"b"]))
    assert answer.status_code == 411, answer.text
    answer = client.post("/classify", files={"image": ("x", good)})
    assert answer.status_code == 422 and "'picture'" in answer.json()["error"]
    assert client.get("/classify").status_code == 405 and client.get("/nothing").status_code == 404
    assert post(client, good).status_code == 200  # it goes on
"""
    )


def test_too_many_at_once_are_sent_away() -> None:
    on_fake(
        """
from concurrent.futures import ThreadPoolExecutor
model = classifier.Classifier()
free, submit, pool = threading.Event(), model.submit, ThreadPoolExecutor(8)
def slow(array):
    free.wait(30)
    return submit(array).result()
model.submit = lambda array: pool.submit(slow, array)
data = picture((1, 0, 0))
with TestClient(web.create_app(lambda: model, web.Limits(requests=3))) as client:
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(post(client, data))) for _ in range(3)]
    [thread.start() for thread in threads]
    deadline = time.monotonic() + 20
    while "app_requests_in_progress 3.0" not in client.get("/metrics").text and time.monotonic() < deadline:
        time.sleep(0.05)
    refused = post(client, data)
    assert refused.status_code == 503 and refused.headers["retry-after"] == "1", refused.text
    assert client.get("/health").status_code == 200  # it is busy, not broken
    free.set()
    [thread.join() for thread in threads]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert post(client, data).status_code == 200
    metrics = client.get("/metrics").text
    for line in ('app_requests_total{status="200"} 4.0', 'app_requests_total{status="503"} 1.0',
                 "app_requests_in_progress 0.0", "app_request_seconds_count 4.0"):
        assert line in metrics, (line, metrics)
"""
    )


def test_it_says_when_runs_fail() -> None:
    on_fake(
        """
from concurrent.futures import Future
model = classifier.Classifier()
def fail(*_):
    future = Future()
    future.set_exception(trtx.CudaError("an illegal memory access was encountered"))
    return future
with TestClient(web.create_app(lambda: model, web.Limits(patience=0.2))) as client:
    assert client.get("/health").json()["status"] == "ok"
    model._submit = fail
    assert client.get("/health").status_code == 503 and "illegal" in client.get("/health").json()["error"]
    answer = post(client, picture((1, 0, 0)))
    assert answer.status_code == 500 and answer.json() == {"error": "the model failed: CudaError"}
    model._submit = lambda *_: Future()
    assert client.get("/health").status_code == 503
    assert post(client, picture((1, 0, 0))).status_code == 503
assert model._session.is_closed and model._batcher.is_closed
"""
    )


def test_a_model_of_one_s_own(tmp_path: Path) -> None:
    """With a fixed batch, scores instead of probabilities, names and normalized pictures."""
    on_fake(
        f"""
from pathlib import Path
import onnx
folder = Path({str(tmp_path)!r})
helper = onnx.helper
value = lambda name, shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
nodes = [helper.make_node("GlobalAveragePool", ["x"], ["m"]), helper.make_node("Flatten", ["m"], ["y"])]
graph = helper.make_graph(nodes, "channels", [value("x", [1, 3, 32, 48])], [value("y", [1, 3])])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "m.onnx")
(folder / "labels").write_text("red\\ngreen\\nblue\\n")
settings = classifier.Settings(folder / "m.onnx", folder / "labels", (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
model = classifier.Classifier(settings)
assert model.size == (48, 32) and model._batcher is None
result = model.submit(model.read(picture((0, 1, 0)))).result()
np.testing.assert_allclose(result["y"], [[-2, 2, -2]], rtol=1e-5)
[best, *_] = model.best(result)
assert best.label == "green" and abs(best.probability - 1 / (1 + 2 * np.exp(-4))) < 1e-6
model.close()
(folder / "labels").write_text("red\\ngreen\\n")
try:
    classifier.Classifier(settings)
except ValueError as error:
    assert "has 2 lines; the model has 3 classes" in str(error)
else:
    raise AssertionError("the wrong labels were taken")
"""
    )


class Server:
    """The application as users start it."""

    def __init__(self, *arguments: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        variables = {k: v for k, v in {**os.environ, **environment()}.items() if v is not None}
        self.process = subprocess.Popen(
            [sys.executable, str(APP), "--port", str(self.port), *arguments],
            cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=10).close()
                return
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    pytest.fail(f"the server did not start: {self.process.communicate()[0]}")
                time.sleep(0.1)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=40)[0]
        assert self.process.returncode in (0, -signal.SIGTERM), (self.process.returncode, said)
        return said


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX system is missing")
def test_it_ends_cleanly(server: Server) -> None:
    said = server.stop()
    assert "Traceback" not in said
    assert server.url in said


def test_what_cannot_be_started_is_one_line(tmp_path: Path) -> None:
    variables = {k: v for k, v in {**os.environ, **environment()}.items() if v is not None}
    (tmp_path / "bad.onnx").write_bytes(b"\x08\x09")
    for model, word in ((tmp_path / "nowhere.onnx", "nowhere.onnx"), (tmp_path / "bad.onnx", "bad.onnx")):
        done = subprocess.run(
            [sys.executable, str(APP), str(model)], env=variables, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert word in done.stderr


@pytest.fixture
def browser() -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is missing: pip install selenium")
    if program is None or driver is None:
        pytest.skip("chromium and chromedriver are missing: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield made
    made.quit()


def test_in_a_browser(server: Server, browser: Any, tmp_path: Path) -> None:
    """Upload a picture, see the classes; then a file that is no picture. ``TRTX_SCREENSHOTS`` keeps pictures of it."""
    from PIL import Image

    shots = Path(os.environ.get("TRTX_SCREENSHOTS", tmp_path))
    good, bad = tmp_path / "sea.png", tmp_path / "words.png"
    picture = Image.new("RGB", (640, 420), (30, 70, 200))
    picture.paste((248, 230, 50), (0, 300, 640, 420))
    picture.save(good)
    bad.write_text("no picture")

    def text(selector: str) -> str:
        return browser.find_element("css selector", selector).text

    def wait_for(selector: str, word: str) -> None:
        deadline = time.monotonic() + 30
        while word not in text(selector):
            assert time.monotonic() < deadline, text("body")
            time.sleep(0.1)

    for width, height, name in ((1280, 800, "desktop"), (390, 844, "phone")):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": name == "phone"},
        )
        browser.get(server.url)
        assert "picture" in text("h1")
        assert not browser.find_element("id", "shown").is_displayed()
        browser.save_screenshot(str(shots / f"app-{name}-empty.png"))
        browser.find_element("id", "file").send_keys(str(good))
        wait_for("#title", "Most likely")
        labels = [one.text for one in browser.find_elements("css selector", "#classes .name span:first-child")]
        assert labels[:2] == ["blue", "yellow"], labels
        assert len(labels) == 5
        # Nothing is wider than the page.
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        time.sleep(0.5)  # bars grow
        browser.save_screenshot(str(shots / f"app-{name}-classes.png"))
        browser.find_element("id", "file").send_keys(str(bad))
        wait_for("#note", "no picture")
        assert not browser.find_element("id", "shown").is_displayed()
        browser.save_screenshot(str(shots / f"app-{name}-bad.png"))
    severe = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    unexpected = [one for one in severe if "415" not in one and "favicon" not in one]
    assert unexpected == []
