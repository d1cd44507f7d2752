"""Soak of `trtx.Session`: ``python -m tests.gpu.soak [--runs 100000] [--threads 8] [--contexts 4]``.

Many threads share a session, with shapes that change from run to run, more of them than a lane keeps graphs of, and in
two profiles; results are arrays of numpy, arrays of the user, futures, and torch tensors where there is torch. Every
result is compared. Memory of the host and of the GPU must be flat: its most in the second half of the runs may exceed
that of the time before only by a little. Prints one line, and exits with 1 on failure.

It runs on the fake library (``TRTX_LIBRARY=fake``) too, where there is no memory of a GPU to look at.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import trtx
from tests.helpers.session_program import plan
from tests.lifetime.soak import resident

MIB = 1 << 20

#: What memory may grow by from the first half to the second: less than 200 bytes a run, of 100,000.
HOST_LIMIT = 8 * MIB
GPU_LIMIT = 16 * MIB

WIDTH = 256
PROFILES = (((1, WIDTH), (4, WIDTH), (16, WIDTH)), ((17, WIDTH), (32, WIDTH), (64, WIDTH)))

#: Numbers of rows that most runs have.
POPULAR = (1, 2, 4, 8, 16, 24, 32, 64)

#: The share of the runs that only warm up.
WARM_UP = 0.1

_SAMPLES = 100


class Soak:
    """The runs of all threads, and what was seen."""

    def __init__(self, session: trtx.Session, runs: int, threads: int) -> None:
        self._session, self._runs = session, runs
        self._shares = [runs // threads + (index < runs % threads) for index in range(threads)]
        self._done = [0] * threads
        self._torch = find_torch(session)
        self._stop = threading.Event()
        self.wrong: list[str] = []
        #: Runs that were done, bytes of the process, bytes that are used on the GPU.
        self.samples: list[tuple[int, int, int]] = []

    def work(self, index: int) -> None:
        """The runs of one thread."""
        chosen = random.Random(index)
        b = np.full((64, WIDTH), index, np.float32)
        a = np.random.default_rng(index).standard_normal((64, WIDTH)).astype(np.float32)
        out = np.empty((64, WIDTH), np.float32)
        ways: list[Callable[[Any, Any, Any], Any]] = [self._plain, self._plain, self._into, self._future]
        if self._torch is not None:
            ways.append(self._tensors)
        try:
            for number in range(self._shares[index]):
                if self._stop.is_set():
                    return
                rows = chosen.choice(POPULAR) if chosen.random() < 0.9 else chosen.randint(1, 64)
                start = chosen.randint(0, 64 - rows)
                way = chosen.choice(ways)
                left, right = a[start : start + rows], b[:rows]
                result = way(left, right, out[:rows])
                if not np.array_equal(result, left + right):
                    raise AssertionError(f"run {number} of {rows} rows by {way.__name__}: a wrong result")
                self._done[index] += 1
        except BaseException as error:
            self.wrong.append(f"thread {index}: {type(error).__name__}: {error}")
            self._stop.set()

    def _plain(self, a: Any, b: Any, out: Any) -> Any:
        return self._session.run({"a": a, "b": b})["y"]

    def _into(self, a: Any, b: Any, out: Any) -> Any:
        return self._session.run({"a": a, "b": b}, out={"y": out})["y"]

    def _future(self, a: Any, b: Any, out: Any) -> Any:
        return self._session.submit({"a": a, "b": b}).result()["y"]

    def _tensors(self, a: Any, b: Any, out: Any) -> Any:
        given = {"a": self._torch.from_numpy(a).cuda(), "b": self._torch.from_numpy(b).cuda()}
        return self._session.run(given, output="device")["y"].cpu().numpy()

    def run(self) -> None:
        """Make all runs, and look at the memory meanwhile."""
        threads = [threading.Thread(target=self.work, args=(index,)) for index in range(len(self._shares))]
        for thread in threads:
            thread.start()
        step = max(self._runs // _SAMPLES, 1)
        due = step
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.005)
            done = sum(self._done)
            if done >= due:
                due = done + step
                self._sample(done)
        for thread in threads:
            thread.join()
        gc.collect()
        self._sample(sum(self._done))

    def _sample(self, done: int) -> None:
        self.samples.append((done, resident(), used_on_gpu(self._session)))

    def growth(self) -> tuple[int, int]:
        """Bytes by which the second half has more than the first, without its start: host and GPU."""
        first = [sample for sample in self.samples if WARM_UP * self._runs <= sample[0] < self._runs / 2]
        second = [sample for sample in self.samples if sample[0] >= self._runs / 2]
        if not first or not second:
            raise SystemExit(f"soak: {self._runs} runs are too few to see whether memory grows")
        host, gpu = (max(one[kind] for one in second) - max(one[kind] for one in first) for kind in (1, 2))
        return host, gpu


def find_torch(session: trtx.Session) -> Any:
    """The package torch, where it is and can use the GPU."""
    if not session._device.is_cuda:
        return None
    try:
        import torch
    except ImportError:
        return None
    return torch if torch.cuda.is_available() else None


def used_on_gpu(session: trtx.Session) -> int:
    """Bytes that are used on the GPU, by whatever process; 0 on the fake library."""
    if not session._device.is_cuda:
        return 0
    from cuda.bindings import driver

    with session._device.current():
        status, free, total = driver.cuMemGetInfo()
    if int(status):
        raise SystemExit(f"soak: the GPU's memory cannot be read: {status}")
    return int(total) - int(free)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print a line, and give the exit code."""
    parser = argparse.ArgumentParser(description="Run one session many times from many threads")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--contexts", type=int, default=4)
    chosen = parser.parse_args(arguments)
    start = time.monotonic()
    with trtx.Session(plan((-1, WIDTH), PROFILES), contexts=chosen.contexts) as session:
        soak = Soak(session, chosen.runs, chosen.threads)
        soak.run()
        state, memory = session.graph_state, session.memory
    for text in soak.wrong:
        print(f"soak: {text}", file=sys.stderr)
    done, seconds = sum(soak._done), time.monotonic() - start
    if done != chosen.runs:
        print(f"FAILED: {done:,} of {chosen.runs:,} runs in {seconds:.0f} s")
        return 1
    host, gpu = soak.growth()
    problems = [
        f"memory of the {name} grows by {grown / MIB:.1f} MiB, allowed is {limit / MIB:.0f}"
        for name, grown, limit in (("host", host, HOST_LIMIT), ("GPU", gpu, GPU_LIMIT))
        if grown > limit
    ]
    if state != "captured":
        problems.append(f"no graphs: {state}")
    parts = [
        f"{done:,} runs by {chosen.threads} threads on {chosen.contexts} contexts in {seconds:.0f} s",
        f"growth of host {host / MIB:+.1f} MiB, of GPU {gpu / MIB:+.1f} MiB",
        f"staging {memory['pinned'] / MIB:.1f} MiB pinned, {memory['device'] / MIB:.1f} MiB on the device",
        *problems,
    ]
    print(f"{'FAILED' if problems else 'ok'}: {'; '.join(parts)}")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
