"""Children that are used again for case after case, and replaced when one crashes or hangs."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: A child is replaced after so many cases: what one leaves behind reaches few others.
CASES_EACH = 400


class Child:
    """A worker process, started when it is first asked."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.process: subprocess.Popen[str] | None = None
        self.asked = 0

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Put a request to the process; a crash and a hang are answers too."""
        if self.asked >= CASES_EACH:
            self.close()
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.onnx_backend.worker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self.asked = 0
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        self.asked += 1
        late = threading.Timer(self.timeout, process.kill)
        late.start()
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            late.cancel()
        if line:
            return dict(json.loads(line))
        status = process.wait()
        self.process = None
        return {"parsed": False, "built": False, "error": f"the process ended with {status}, or took too long"}

    def close(self) -> None:
        """Let the process end."""
        if self.process is not None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait()
            self.process = None


def ask_all(
    requests: Iterable[dict[str, Any]],
    workers: int,
    timeout: float,
    seen: Callable[[dict[str, Any], dict[str, Any]], None],
) -> None:
    """Put requests to several children, and pass each request with its answer on, one at a time."""
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    for request in requests:
        waiting.put(request)
    lock = threading.Lock()
    problems: list[BaseException] = []

    def work() -> None:
        child = Child(timeout)
        try:
            while not problems:
                try:
                    request = waiting.get_nowait()
                except queue.Empty:
                    return
                said = child.ask(request)
                with lock:
                    seen(request, said)
        except BaseException as problem:
            problems.append(problem)
        finally:
            child.close()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
