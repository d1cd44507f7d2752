"""`Batcher` on the fake library."""

from __future__ import annotations

from tests.helpers.process import run_python

SETUP = """
from tests.helpers.session_program import *
calls = []
run = trtx.Session.run
def recording(self, inputs, **more):
    calls.append(len(inputs["a"]))
    return run(self, inputs, **more)
trtx.Session.run = recording
row = lambda value, rows=1: {"a": np.full((rows, 4), value, np.float32), "b": np.ones((rows, 4), np.float32)}
"""


def on_fake(code: str) -> str:
    return run_python(SETUP + code, environment={"TRTX_LIBRARY": "fake"}).stdout


def test_requests_become_batches() -> None:
    on_fake(
        """
with session(contexts=2) as s, trtx.Batcher(s, max_delay=0.05) as batcher:
    assert batcher.max_batch == 8 and batcher.max_delay == 0.05
    futures = [batcher.submit(row(i)) for i in range(100)]
    for i, future in enumerate(futures):
        result = future.result()["y"]
        assert result.shape == (1, 4) and (result == i + 1).all()
    assert sum(calls) == 100 and max(calls) == 8 and len(calls) <= 20, calls
    calls.clear()
    assert (batcher.run(row(3))["y"] == 4).all() and calls == [1]
    calls.clear()
    futures = [batcher.submit(row(i, 3)) for i in range(7)]
    assert all((f.result()["y"] == i + 1).all() and len(f.result()["y"]) == 3 for i, f in enumerate(futures))
    assert sum(calls) == 21 and max(calls) <= 8, calls
"""
    )


def test_no_request_waits_longer_than_said() -> None:
    on_fake(
        """
with session() as s, trtx.Batcher(s, max_delay=0.2) as batcher:
    start = time.monotonic()
    batcher.run(row(1))
    assert 0.15 < time.monotonic() - start < 2
    start = time.monotonic()
    [future.result() for future in [batcher.submit(row(1)) for _ in range(8)]]  # a full batch waits for nobody
    assert time.monotonic() - start < 0.15
"""
    )


def test_failures_reach_those_who_asked() -> None:
    on_fake(
        """
with session() as s:
    batcher = trtx.Batcher(s, max_batch=4, max_delay=0.05)
    wrong = trtx.InvalidArgumentError
    raises(wrong, ["'b' is missing"], batcher.submit, {"a": row(1)["a"]})
    raises(wrong, ["float64"], batcher.submit, {**row(1), "b": np.ones((1, 4))})
    raises(wrong, ["first sizes", "1 to 4"], batcher.submit, row(1, 5))
    raises(wrong, ["first sizes"], batcher.submit, {**row(1), "b": row(1, 2)["b"]})
    good = [batcher.submit(row(i)) for i in range(3)]
    assert all((f.result()["y"] == i + 1).all() for i, f in enumerate(good))
    def fail(self, inputs, **more):
        raise RuntimeError("no more")
    trtx.Session.run = fail
    for future in [batcher.submit(row(i)) for i in range(6)]:
        raises(RuntimeError, ["no more"], future.result)
    trtx.Session.run = recording
    assert (batcher.run(row(1))["y"] == 2).all()
    cancelled = batcher.submit(row(1))
    cancelled.cancel()
    late = [batcher.submit(row(i)) for i in range(20)]
    batcher.close()
    [future.result(5) for future in late]  # what was submitted is run
    batcher.close()
    raises(trtx.ClosedError, ["Batcher"], batcher.submit, row(1))
    assert batcher.is_closed
    closing = trtx.Batcher(s)
s.close()
raises(trtx.ClosedError, ["closed"], closing.run, row(1))
closing.close()
"""
    )


def test_models_without_an_open_batch_are_refused() -> None:
    on_fake(
        """
with trtx.Session(plan((2, 4))) as s:
    raises(trtx.InvalidArgumentError, ["open", "a: FLOAT (2, 4)"], trtx.Batcher, s)
with session() as s:
    raises(trtx.InvalidArgumentError, ["max_batch"], trtx.Batcher, s, max_batch=9)
    raises(trtx.InvalidArgumentError, ["max_delay"], trtx.Batcher, s, max_delay=-1)
raises(trtx.InvalidArgumentError, ["session"], trtx.Batcher, 3)
"""
    )
