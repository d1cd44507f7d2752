"""`Session` on the fake library, which computes on host memory: everything but speed."""

from __future__ import annotations

import pytest

from tests.helpers.process import run_python

SETUP = "from tests.helpers.session_program import *\n"


#: Where tensors of a run lie: small ones in host memory, large ones on the device.
SMALL_OR_LARGE = pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
ALL_ARE_LARGE = """
from trtx._session import lane
lane.SMALL_INPUT = lane.SMALL_OUTPUT = 0
"""


def on_fake(code: str, **environment: str) -> str:
    return run_python(SETUP + code, environment={"TRTX_LIBRARY": "fake", **environment}).stdout


def test_arrays_in_arrays_out() -> None:
    on_fake(
        """
with session() as s:
    a, b = np.arange(8, dtype=np.float32).reshape(2, 4), np.ones((2, 4), np.float32)
    results = [s.run({"a": a * i, "b": b})["y"] for i in range(5)]
    for i, result in enumerate(results):  # each run has an array of its own
        np.testing.assert_array_equal(result, a * i + 1)
        assert type(result) is np.ndarray and result.flags.owndata
    np.testing.assert_array_equal(s(a, b), a + b)
    raises(trtx.InvalidArgumentError, ["1 arrays", "2 inputs", "a, b"], s, a)
    assert [str(tensor) for tensor in s.inputs] == [f"{n}: FLOAT (-1, 4), (1, 4) to (8, 4)" for n in "ab"]
    assert s.outputs[0].name == "y" and s.outputs[0].shape == (-1, 4) and s.outputs[0].dtype is trtx.DataType.FLOAT
    assert "a: FLOAT" in repr(s) and s.device == 0 and s.contexts == 1 and not s.is_closed
"""
    )


def test_engines_of_every_kind_are_sources() -> None:
    on_fake(
        """
import tempfile, pathlib
memory = plan()
folder = pathlib.Path(tempfile.mkdtemp())
memory.save(folder / "x.engine")
engine = trtx.Runtime(trtx.Logger()).deserialize_cuda_engine(memory)
ones = np.ones((1, 4), np.float32)
for source in (memory, bytes(memory.view()), folder / "x.engine", str(folder / "x.engine"), engine):
    with trtx.Session(source) as s:
        assert (s(ones, ones) == 2).all()
assert not engine.is_closed  # it is the caller's
raises(trtx.InvalidArgumentError, ["source is int"], trtx.Session, 3)
raises(trtx.Error, ["empty"], trtx.Session, b"")
raises(OSError, ["nowhere"], trtx.Session, folder / "nowhere.engine")
raises(trtx.InvalidArgumentError, ["build", "ONNX"], trtx.Session, memory, build=trtx.BuildOptions())
raises(trtx.InvalidArgumentError, ["contexts"], trtx.Session, memory, contexts=0)
raises(trtx.InvalidArgumentError, ["device"], trtx.Session, memory, device=-1)
"""
    )


def test_graphs_are_captured_by_shape() -> None:
    on_fake(
        """
with session() as s:
    assert s.graph_state.startswith("waiting")
    for _ in range(3):
        for rows in (1, 8, 3):
            a = np.random.rand(rows, 4).astype(np.float32)
            np.testing.assert_array_equal(s(a, a), a + a)
    assert s.graph_state == "captured"
    lane = s._lanes[0]
    assert len(lane.programs) == 3 and all(program.graph for program in lane.programs.values())
with trtx.Session(plan(profiles=(((1, 4), (1, 4), (64, 4)),))) as s:
    for rows in [*range(1, 40), 5, 5, 5]:
        a = np.full((rows, 4), rows, np.float32)
        assert (s(a, a) == 2 * rows).all()
    assert len(s._lanes[0].programs) <= 16
with session(graphs=False) as s:
    a = np.ones((1, 4), np.float32)
    assert all((s(a, a) == 2).all() for _ in range(4))
    assert s.graph_state == "graphs=False was given" and not any(p.graph for p in s._lanes[0].programs.values())
"""
    )


def test_a_run_that_cannot_be_captured_is_made_call_by_call() -> None:
    on_fake(
        """
from trtx._session.device import HostDevice
def refuse(self, *arguments):
    raise RuntimeError("operation not permitted when stream is capturing")
HostDevice.capture = refuse
with session() as s:
    a = np.ones((2, 4), np.float32)
    assert all((s(a, a * i) == 1 + i).all() for i in range(5))
    assert "not permitted" in s.graph_state
"""
    )


def test_profiles_are_chosen_by_shape() -> None:
    on_fake(
        """
ranges = (((1, 4), (1, 4), (2, 4)), ((4, 4), (8, 4), (16, 4)))
with trtx.Session(plan(profiles=ranges)) as s:
    for rows in (1, 16, 2, 4, 1):
        a = np.full((rows, 4), rows, np.float32)
        assert (s(a, a) == 2 * rows).all()
    for rows in (3, 17):
        raises(trtx.InvalidArgumentError, [f"a is of shape ({rows}, 4)", "(1, 4) to (2, 4)", "(4, 4) to (16, 4)"],
               s, np.ones((rows, 4), np.float32), np.ones((rows, 4), np.float32))
    raises(trtx.InvalidArgumentError, ["no profile", "together"], s, np.ones((1, 4), "f"), np.ones((4, 4), "f"))
"""
    )


def test_a_change_of_profile_is_in_the_order_of_the_streams() -> None:
    on_fake(
        """
from trtx._session.device import HostDevice
events = []
HostDevice.event = lambda self: {}
HostDevice.record = lambda self, event, stream: event.update(of=stream)
HostDevice.follow = lambda self, stream, event: events.append((event["of"], stream))
HostDevice.order = lambda self, event, first, then: events.append((first, then)) if first != then else None
enqueue, switch = trtx.ExecutionContext.enqueue_v3, trtx.ExecutionContext.set_optimization_profile_async
def enqueuing(self, stream):
    events.append(f"run {stream}")
    return enqueue(self, stream)
def switching(self, index, stream):
    events.append(f"profile {index} {stream}")
    return switch(self, index, stream)
trtx.ExecutionContext.enqueue_v3, trtx.ExecutionContext.set_optimization_profile_async = enqueuing, switching
ranges = (((1, 4), (1, 4), (2, 4)), ((4, 4), (8, 4), (16, 4)))
with trtx.Session(plan(profiles=ranges), graphs=False) as s:
    few, many = np.ones((1, 4), np.float32), np.ones((8, 4), np.float32)
    kept = []  # so that each result has an address of its own
    def run(rows, stream=None):
        events.clear()
        kept.append(s.run({"a": rows, "b": rows}, stream=stream, output="device"))
        return list(events)
    own = s._lanes[0].handle
    assert run(few, 7) == ["run 7"]
    assert run(many, 7) == [f"profile 1 {own}", (own, 7), "run 7"]
    assert run(many, 7) == ["run 7"]
    # What was launched on 7 is under way.
    assert run(few, 8) == [(7, own), f"profile 0 {own}", (own, 8), "run 8"], events
    assert run(many) == [(8, own), f"profile 1 {own}", f"run {own}"], events
"""
    )


def test_a_stream_that_is_capturing_is_refused() -> None:
    on_fake(
        """
from trtx._session.device import HostDevice
HostDevice.is_capturing = lambda self, stream: stream == 8
with session() as s:
    a = np.ones((2, 4), np.float32)
    raises(trtx.UnsupportedError, ["capturing", "Session.bind", "Binding.launch"], s.run, {"a": a, "b": a}, stream=8)
    assert (s.run({"a": a, "b": a}, stream=7)["y"] == 2).all()
"""
    )


def test_wrong_inputs_are_named() -> None:
    on_fake(
        """
wrong = trtx.InvalidArgumentError
with session() as s:
    a = np.ones((2, 4), np.float32)
    raises(wrong, ["'b' is missing", "allowed are 'a', 'b'"], s.run, {"a": a})
    raises(wrong, ["'bb' is unknown (did you mean 'b'?)"], s.run, {"a": a, "bb": a})
    raises(wrong, ["'c' is unknown"], s.run, {"a": a, "b": a, "c": a})
    raises(wrong, ["inputs is list"], s.run, [a, a])
    raises(wrong, ["b is an array of float64", "FLOAT"], s.run, {"a": a, "b": a.astype("d")})
    raises(wrong, ["b is an array of float64"], s.run, {"a": a, "b": [[1.0] * 4] * 2})
    raises(wrong, ["b is an array of int32"], s.run, {"a": a, "b": a.astype(np.int32)})
    raises(wrong, ["b is of shape (4,)"], s.run, {"a": a, "b": a[0]})
    raises(wrong, ["b is of shape (0, 4)"], s.run, {"a": a, "b": a[:0]})
    raises(wrong, ["b is NoneType"], s.run, {"a": a, "b": None})
    raises(wrong, ["b is str"], s.run, {"a": a, "b": "abc"})
    raises(wrong, ["output", "numpy"], s.run, {"a": a, "b": a}, output="cuda")
    raises(wrong, ["out names 'z'", "'y'"], s.run, {"a": a, "b": a}, out={"z": a})
    raises(wrong, ["y is of shape (3, 4)"], s.run, {"a": a, "b": a}, out={"y": np.ones((3, 4), "f")})
    locked = np.ones((2, 4), np.float32)
    locked.flags.writeable = False
    raises(wrong, ["y is an array that is read-only"], s.run, {"a": a, "b": a}, out={"y": locked})
    raises(wrong, ["y is bytes"], s.run, {"a": a, "b": a}, out={"y": bytes(32)})
    raises(wrong, ["stream"], s.run, {"a": a, "b": a}, stream="x")
    assert (s(a, a) == 2).all()  # nothing of it stays
"""
    )


@SMALL_OR_LARGE
def test_awkward_arrays(large: bool) -> None:
    on_fake(
        (ALL_ARE_LARGE if large else "")
        + """
with session() as s:
    wide = np.arange(64, dtype=np.float32).reshape(8, 8)
    a, b = wide[::2, ::2], wide.T[:4, 4:]  # not contiguous
    np.testing.assert_array_equal(s(a, b), a + b)
    np.testing.assert_array_equal(s(a, b), a + b)
    odd = np.array([[np.nan, np.inf, -np.inf, -0.0]], np.float32)
    np.testing.assert_array_equal(s(odd, odd), odd + odd)
    locked = np.ones((1, 4), np.float32)
    locked.flags.writeable = False
    assert (s(locked, locked) == 2).all()
    class Array(np.ndarray):
        pass
    assert (s(locked.view(Array), memoryview(np.ones((1, 4), np.float32))) == 2).all()
    out = np.zeros((1, 4), np.float32)
    result = s.run({"a": locked, "b": locked}, out={"y": out})
    assert result["y"] is out and (out == 2).all()
    gaps = np.zeros((1, 8), np.float32)
    s.run({"a": locked, "b": locked}, out={"y": gaps[:, ::2]})
    assert gaps.tolist() == [[2, 0] * 4]
"""
    )


@pytest.mark.parametrize(("dtype", "numpy"), [("HALF", "float16"), ("INT32", "int32"), ("INT64", "int64")])
def test_types(dtype: str, numpy: str) -> None:
    on_fake(
        f"""
with trtx.Session(plan(dtype=trtx.DataType.{dtype})) as s:
    a = np.arange(4).reshape(1, 4).astype("{numpy}")
    result = s(a, a)
    assert result.dtype == a.dtype and (result == 2 * a).all()
"""
    )


def test_bfloat16_by_ml_dtypes() -> None:
    pytest.importorskip("ml_dtypes", reason="ml_dtypes is missing")
    on_fake(
        """
import ml_dtypes
with trtx.Session(plan(dtype=trtx.DataType.BF16)) as s:
    a = np.arange(4).reshape(1, 4).astype(ml_dtypes.bfloat16)
    result = s(a, a)
    assert result.dtype == a.dtype and (result == 2 * a).all()
    raises(trtx.InvalidArgumentError, ["uint16"], s, a.view(np.uint16), a)
"""
    )


def test_many_threads_on_few_contexts() -> None:
    on_fake(
        """
with session(contexts=3) as s:
    wrong = []
    def work(number):
        for i in range(300):
            rows = (number + i) % 8 + 1
            a = np.full((rows, 4), number, np.float32)
            if not (s(a, a) == 2 * number).all():
                wrong.append((number, i))
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    assert not wrong
    a = np.ones((1, 4), np.float32)
    futures = [s.submit({"a": a * i, "b": a}) for i in range(50)]
    assert all((future.result()["y"] == i + 1).all() for i, future in enumerate(futures))
    import asyncio
    async def both():
        return await asyncio.gather(*(s.arun({"a": a * i, "b": a}) for i in range(9)))
    assert all((result["y"] == i + 1).all() for i, result in enumerate(asyncio.run(both())))
    raises(trtx.InvalidArgumentError, ["missing"], s.submit({"a": a}).result)
"""
    )


def test_a_closed_session_refuses_and_lets_runs_end() -> None:
    on_fake(
        """
s = session(contexts=2)
a = np.ones((1, 4), np.float32)
stop, results = threading.Event(), []
def work():
    while True:
        try:
            results.append((s(a, a) == 2).all())
        except trtx.ClosedError:
            return
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
while len(results) < 50:
    time.sleep(0.001)
s.close()
[t.join() for t in threads]
assert all(results)
s.close()
assert s.is_closed and "closed" in repr(s)
for call in (s.run, s.submit, s.bind):
    raises(trtx.ClosedError, ["closed"], call, {"a": a, "b": a})
raises(trtx.ClosedError, ["closed"], lambda: s.engine)
raises(trtx.ClosedError, ["closed"], s.__enter__)
engine = trtx.Runtime(trtx.Logger()).deserialize_cuda_engine(plan())
s = trtx.Session(engine)
s(a, a)
engine.close()
raises(trtx.ClosedError, ["closed"], s, a, a)
"""
    )


def test_after_fork_it_is_closed() -> None:
    on_fake(
        """
s = session()
a = np.ones((1, 4), np.float32)
[s(a, a) for _ in range(3)]
child = os.fork()
if not child:
    try:
        s(a, a)
    except trtx.ClosedError:
        os._exit(0)
    os._exit(1)
assert os.waitpid(child, 0)[1] == 0
assert (s(a, a) == 2).all()
"""
    )


@SMALL_OR_LARGE
def test_steady_state_allocates_nothing(large: bool) -> None:
    on_fake(
        (ALL_ARE_LARGE if large else "")
        + """
import sys
from trtx._session import lane
from trtx._session.device import HostDevice
made = []
for name in ("pinned", "allocate"):
    def count(self, *arguments, _do=getattr(HostDevice, name)):
        made.append(arguments)
        return _do(self, *arguments)
    setattr(HostDevice, name, count)
with session() as s:
    shapes = [np.ones((rows, 4), np.float32) for rows in (8, 2, 5)]
    out = {rows.shape: np.zeros_like(rows) for rows in shapes}
    for rows in shapes:
        s(rows, rows)
    before = len(made)
    def runs():
        for _ in range(1500):
            for rows in shapes:
                s.run({"a": rows, "b": rows}, out={"y": out[rows.shape]})
    runs()
    first = sys.getallocatedblocks()
    runs()
    grown = sys.getallocatedblocks() - first
    assert len(made) == before, made[before:]
    assert grown < 50, grown
    block = 8 * 4 * 4
    pinned, device = (block, 3 * block) if lane.SMALL_INPUT == 0 else (3 * block, 2 * block)
    assert (s.memory["pinned"], s.memory["device"]) == (pinned, device), s.memory
"""
    )


def test_interrupts_lose_no_context() -> None:
    on_fake(
        """
import signal
a = np.ones((2, 4), np.float32)
with session() as s:
    [s(a, a) for _ in range(3)]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    caught, done = 0, 0
    go, stop = threading.Event(), False
    def storm():
        go.wait()
        while not stop:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.0003)
    thread = threading.Thread(target=storm)
    thread.start()
    start = time.monotonic()
    go.set()
    # For as long as it takes to see enough of both, which on a busy machine is longer.
    while (took := time.monotonic() - start) < 3 or (min(caught, done) <= 20 and took < 60):
        try:
            for _ in range(20):
                s(a, a)
                done += 1
        except KeyboardInterrupt:
            caught += 1
    while thread.is_alive():
        try:
            stop = True
            thread.join()
        except KeyboardInterrupt:
            pass
    for _ in range(50):
        try:
            time.sleep(0.001)
        except KeyboardInterrupt:
            pass
    assert caught > 20 and done > 20, (caught, done)
    assert not s._lanes[0].busy.locked()
    assert (s(a, a) == 2).all()
"""
    )


@SMALL_OR_LARGE
def test_bound_arrays(large: bool) -> None:
    on_fake(
        (ALL_ARE_LARGE if large else "")
        + """
with session() as s:
    own = s.memory["scratch"]
    a, b = np.ones((2, 4), np.float32), np.ones((2, 4), np.float32)
    with s.bind({"a": a, "b": b}) as binding:
        y = binding.outputs["y"]
        for i in range(4):
            a[:] = i
            assert binding.run()["y"] is y and (y == i + 1).all()
        raises(trtx.InvalidArgumentError, ["GPU"], binding.launch, 0)
        assert s.memory["scratch"] == 2 * own > 0
    assert s.memory["scratch"] == own
    raises(trtx.ClosedError, ["Binding"], binding.run)
    assert binding.is_closed and "closed" in repr(binding)
    out = np.zeros((2, 4), np.float32)
    binding = s.bind({"a": a, "b": b}, out={"y": out})
    b[:] = 5
    binding.run()
    assert (out == 8).all()
    raises(trtx.InvalidArgumentError, ["out names"], s.bind, {"a": a, "b": b}, out={"q": out})
    raises(trtx.InvalidArgumentError, ["missing"], s.bind, {"a": a})
assert binding.is_closed  # with its session
"""
    )


def test_without_a_gpu_the_real_library_says_so() -> None:
    from trtx import cuda

    if cuda.driver_problem() is None:
        pytest.skip("a machine without a GPU is missing")
    import trtx

    with pytest.raises(trtx.CudaError, match="GPU"):
        trtx.Session(b"vtrt" + bytes(100))
