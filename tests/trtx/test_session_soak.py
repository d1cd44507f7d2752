"""The soak of `tests/gpu` in small, on the fake library: that it passes, and that it can fail."""

from __future__ import annotations

from tests.helpers.process import run_python

SETUP = """
import trtx
from tests.gpu import soak
"""


def on_fake(code: str, code_of_exit: int) -> str:
    done = run_python(
        SETUP + code + "raise SystemExit(soak.main(['--runs', '2000', '--threads', '4', '--contexts', '2']))\n",
        environment={"TRTX_LIBRARY": "fake"},
        check=False,
    )
    assert done.returncode == code_of_exit, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_session_passes() -> None:
    output = on_fake("", 0)
    assert output.startswith("ok: 2,000 runs by 4 threads on 2 contexts"), output
    assert output.count("\n") == 1


def test_one_wrong_result_fails() -> None:
    output = on_fake(
        """
turn = iter(range(10_000))
run = trtx.Session.run
def wrong(self, inputs, **more):
    result = run(self, inputs, **more)
    if next(turn) == 1000:
        result["y"][0, 0] += 1
    return result
trtx.Session.run = wrong
""",
        1,
    )
    assert "a wrong result" in output
    assert "FAILED" in output


def test_memory_that_grows_fails() -> None:
    output = on_fake(
        """
kept = []
run = trtx.Session.run
def leaking(self, inputs, **more):
    kept.append(b"x" * 20_000)
    return run(self, inputs, **more)
trtx.Session.run = leaking
""",
        1,
    )
    assert "memory of the host grows by" in output


def test_runs_without_graphs_fail() -> None:
    output = on_fake(
        """
from trtx._session.device import HostDevice
def refuse(self, *arguments):
    raise RuntimeError("not permitted")
HostDevice.capture = refuse
""",
        1,
    )
    assert "no graphs" in output
