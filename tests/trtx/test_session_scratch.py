"""`SharedScratch` on the fake library: who has which block, and that runs never overlap."""

from __future__ import annotations

from tests.helpers.process import run_python

SETUP = """
import gc
from tests.helpers.session_program import *
from trtx._session.device import HostDevice
a = np.ones((2, 4), np.float32)
sizes = []  # of the blocks that contexts were given
give = trtx.ExecutionContext.set_device_memory
def giving(self, memory, size=None):
    assert memory % 256 == 0
    sizes.append(size)
    return give(self, memory, size)
trtx.ExecutionContext.set_device_memory = giving
plain = trtx.CudaEngine.device_memory_size_v2.fget
extra = 0
trtx.CudaEngine.device_memory_size_v2 = property(lambda self: plain(self) + extra)
"""


def on_fake(code: str) -> str:
    return run_python(SETUP + code, environment={"TRTX_LIBRARY": "fake"}).stdout


def test_one_block_serves_all() -> None:
    on_fake(
        """
with session() as s:
    own = s.memory["scratch"]
    assert own > 0 and s.memory["shared_scratch"] == 0 and sizes == []
with session(contexts=3) as s:
    assert s.memory["scratch"] == 3 * own
scratch = trtx.SharedScratch()
assert scratch.nbytes == 0
with session(scratch=scratch) as first, session(scratch=scratch) as second:
    assert scratch.nbytes == own and sizes == [own] * 2
    for s in (first, second):
        assert s.memory["scratch"] == 0 and s.memory["shared_scratch"] == own
    blocks = {id(s._lanes[0]._scratch_block) for s in (first, second)}
    assert len(blocks) == 1
    for i in range(5):
        for s in (first, second):
            assert (s(a, a * i) == 1 + i).all()
    assert first.graph_state == second.graph_state == "captured"
    with first.bind({"a": a, "b": a}) as binding:
        assert (binding.run()["y"] == 2).all() and len(sizes) == 3
        raises(trtx.InvalidArgumentError, ["launch", "shares scratch"], binding.launch, 0)
    assert "3 contexts" not in repr(scratch) and "2 contexts" in repr(scratch)
assert scratch.nbytes == 0
"""
    )


def test_a_session_that_needs_more_brings_a_larger_block() -> None:
    on_fake(
        """
scratch = trtx.SharedScratch()
with session(scratch=scratch) as small:
    out = np.zeros((2, 4), np.float32)
    binding = small.bind({"a": a, "b": a}, out={"y": out})
    before = scratch.nbytes
    assert all((small(a, a) == 2).all() for _ in range(3)) and small.graph_state == "captured"
    extra = 4096
    large = session(scratch=scratch)
    extra = 0
    assert scratch.nbytes == before + 4096 and sizes[-3:] == [before + 4096] * 3, sizes
    assert small.graph_state.startswith("waiting")  # graphs with the former address are gone
    assert all((s(a, a * i) == 1 + i).all() for i in range(4) for s in (small, large))
    out[:] = 0
    binding.run()
    assert (out == 2).all() and small.graph_state == "captured"
    large.close()
    assert scratch.nbytes == before + 4096  # others have it still
    last = session(scratch=scratch)
    assert len({id(s._lanes[0]._scratch_block) for s in (small, last)}) == 1
    last.close()
    binding.close()
assert scratch.nbytes == 0
with session(scratch=scratch) as s:  # it can be used again
    assert (s(a, a) == 2).all() and scratch.nbytes == before
"""
    )


def test_runs_never_overlap() -> None:
    on_fake(
        """
running, most, wrong = 0, 0, []
enqueue = trtx.ExecutionContext.enqueue_v3
def watching(self, stream):
    global running, most
    running += 1
    most = max(most, running)
    time.sleep(0.0005)  # other threads get their turn
    result = enqueue(self, stream)
    running -= 1
    return result
trtx.ExecutionContext.enqueue_v3 = watching
def storm(sessions):
    def work(number):
        for i in range(25):
            rows = np.full((i % 8 + 1, 4), number, np.float32)
            if not (sessions[(number + i) % len(sessions)](rows, rows) == 2 * number).all():
                wrong.append((number, i))
    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    [t.start() for t in threads]; [t.join() for t in threads]
    [s.close() for s in sessions]
scratch = trtx.SharedScratch()
storm([session(scratch=scratch) for _ in range(3)])
assert most == 1 and not wrong, (most, wrong)
storm([session() for _ in range(3)])
assert most > 1 and not wrong  # the test can tell
"""
    )


def test_a_run_that_was_interrupted_is_waited_for() -> None:
    on_fake(
        """
waited = []
wait = HostDevice.wait
interrupted = True
def stopping(self, stream):
    if interrupted:
        raise KeyboardInterrupt
    waited.append(stream)
HostDevice.wait = lambda self, stream: None
scratch = trtx.SharedScratch()
first, second = session(scratch=scratch), session(scratch=scratch)
[s(a, a) for s in (first, second) for _ in range(3)]
HostDevice.wait = stopping
raises(KeyboardInterrupt, [], first, a, a)
lane = first._lanes[0]
assert lane.in_flight and scratch._runner is lane and not scratch._lock.locked()
raises(KeyboardInterrupt, [], second, a, a)  # it cannot be waited for now, either: nothing is launched beside it
assert scratch._runner is lane and not second._lanes[0].in_flight
interrupted = False
assert (second(a, a) == 2).all()
assert len(waited) == 2 and not lane.in_flight and scratch._runner is None
first.close(); second.close()
"""
    )


def test_what_cannot_be_shared_is_refused() -> None:
    on_fake(
        """
wrong = trtx.InvalidArgumentError
scratch = trtx.SharedScratch()
raises(wrong, ["scratch is <trtx.Session"], session, scratch=session())
raises(wrong, ["contexts is 2", "allowed is 1"], session, scratch=scratch, contexts=2)
with session(scratch=scratch, device=0) as s:
    raises(wrong, ["GPU 0", "GPU 1"], session, scratch=scratch, device=1)
with session(scratch=scratch, device=1) as s:  # nobody has it any more
    assert (s(a, a) == 2).all()
"""
    )


def test_sessions_that_are_dropped_give_it_back() -> None:
    on_fake(
        """
scratch = trtx.SharedScratch()
s = session(scratch=scratch)
[s(a, a) for _ in range(3)]
assert scratch.nbytes > 0
del s
gc.collect()
assert scratch.nbytes == 0
engine = trtx.Runtime(trtx.Logger()).deserialize_cuda_engine(plan())
first = trtx.Session(engine, scratch=scratch)
first(a, a)
engine.close()
extra = 4096
second = session(scratch=scratch)  # the first one's context is gone: no harm
assert (second(a, a) == 2).all()
first.close(); second.close()
"""
    )
