"""Runs the fuzzers in processes, and keeps the inputs that ended one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.helpers.fake import fake_library

ROOT = Path(__file__).resolve().parents[2]
#: A process that makes no new input for so long is stuck.
PATIENCE = 60


@dataclass
class Campaign:
    """What became of the cases of one target."""

    target: str
    outcomes: dict[str, int] = field(default_factory=dict)
    #: What happened, and the file of the input that did it.
    findings: list[str] = field(default_factory=list)
    unavailable: str = ""
    seconds: float = 0

    @property
    def cases(self) -> int:
        return (
            self.outcomes["done"] + self.outcomes["refused"] if "done" in self.outcomes else sum(self.outcomes.values())
        )

    def __str__(self) -> str:
        if self.unavailable:
            return f"{self.target}: SKIPPED: {self.unavailable}"
        parts = ", ".join(f"{count} {name}" for name, count in self.outcomes.items())
        found = "".join(f"\n  FOUND: {finding}" for finding in self.findings)
        return f"{self.target}: {self.cases} cases in {self.seconds:.0f} s ({parts}){found}"


def fuzz_bytes(target: str, seed: int, cases: int, seconds: float, keep: Path) -> Campaign:
    """Fuzz one target with bytes; a process that ends early is replaced by another with another seed."""
    campaign = Campaign(target)
    begun = time.monotonic()
    while campaign.cases < cases and (left := begun + seconds - time.monotonic()) > 0:
        with tempfile.TemporaryDirectory() as folder:
            done = _run_worker([target, str(seed), str(cases - campaign.cases), f"{left:.1f}", folder], Path(folder))
            said = _last_json(done.stdout)
            campaign.unavailable = str(said.pop("unavailable", ""))
            for name, count in said.items():
                campaign.outcomes[name] = campaign.outcomes.get(name, 0) + int(str(count))
            if campaign.unavailable:
                break
            if done.returncode != 0 or not said:
                campaign.outcomes["ended the process"] = campaign.outcomes.get("ended the process", 0) + 1
                saved = _save(Path(folder, "current"), keep, f"{target}-{seed}")
                campaign.findings.append(f"{_how(done)}: {saved}")
        seed += 1
    campaign.seconds = time.monotonic() - begun
    return campaign


def _run_worker(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.worker", *arguments]
    with (folder / "out").open("w+") as out, (folder / "err").open("w+") as err:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err)
        last, since = b"", time.monotonic()
        while process.poll() is None:
            time.sleep(0.1)
            now = _current(folder / "current")
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                process.kill()
                process.wait()
                return subprocess.CompletedProcess(command, 124, "", "no progress")
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, process.returncode, out.read(), err.read())


def _current(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            return file.read(size)
    except OSError:
        return b""


def _save(current: Path, keep: Path, name: str) -> str:
    keep.mkdir(parents=True, exist_ok=True)
    saved = keep / f"{name}.bin"
    saved.write_bytes(_current(current))
    return os.fspath(saved)


def _last_json(text: str) -> dict[str, object]:
    try:
        said = json.loads(text.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    return said if isinstance(said, dict) else {}


def _how(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    frames = [line.strip() for line in lines if line.lstrip().startswith("File ")][:1]
    return f"exit status {done.returncode}: {' '.join([*lines[:1], *lines[-1:], *frames])[:400]}"


def fuzz_calls(seed: int, seconds: float, examples: int = sys.maxsize, at_once: int = 100) -> Campaign:
    """Random sequences of calls on the fake library, some at a time in a process."""
    campaign = Campaign("calls on the fake library")
    begun = time.monotonic()
    environment = {**os.environ, "TRTX_LIBRARY": str(fake_library())}
    while campaign.outcomes.get("sequences", 0) < examples and time.monotonic() - begun < seconds:
        count = min(at_once, examples - campaign.outcomes.get("sequences", 0))
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.machine", str(seed), str(count)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200, check=False
        )
        said = _last_json(done.stdout)
        for name, number in said.items():
            campaign.outcomes[name] = campaign.outcomes.get(name, 0) + int(str(number))
        if done.returncode != 0 or not said:
            campaign.findings.append(
                f"seed {seed}, {count} sequences: {_how(done)}\n{done.stdout}\n{done.stderr}"[:8000]
            )
            break
        seed += 1
    campaign.seconds = time.monotonic() - begun
    return campaign
