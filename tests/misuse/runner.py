"""Runs the cases in processes, some at a time, and collects what became of them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .case import Case
from .verdict import VERDICTS, Outcome, judge, worst

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Report:
    """What a case did with one package."""

    case: Case
    package: str
    outcomes: tuple[Outcome, ...]

    @property
    def verdict(self) -> str:
        return worst([judge(self.case, outcome) for outcome in self.outcomes]) if self.outcomes else ""

    @property
    def verdicts(self) -> list[str]:
        return [judge(self.case, outcome) for outcome in self.outcomes]

    def lines(self, *which: str) -> list[str]:
        """Variants with one of these verdicts, for people."""
        return [
            f"{verdict}: {outcome.variant or 'the case'}: {describe(outcome)}"
            for verdict, outcome in zip(self.verdicts, self.outcomes, strict=True)
            if verdict in which
        ]


def describe(outcome: Outcome) -> str:
    if outcome.fate in ("crash", "hang"):
        return outcome.message
    if not outcome.raised:
        return "no exception, but a line in the log" if outcome.logged else "no exception"
    return f"{outcome.raised}: {outcome.message}"


def run_all(cases: Iterable[Case], package: str, jobs: int = 2) -> Iterator[Report]:
    """Run cases, each in processes of its own; reports come in order."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda case: run_case(case, package), cases)


def run_case(case: Case, package: str) -> Report:
    """Run a case's variants; a process that dies takes one variant with it, and the next one goes on behind it."""
    names = list(case.variants)
    outcomes: list[Outcome] = []
    if case.only in ("", package):
        while len(outcomes) < len(names):
            outcomes += _run_some(case, package, len(outcomes), 1 if case.isolated else len(names))
    return Report(case, package, tuple(outcomes))


def _run_some(case: Case, package: str, first: int, count: int) -> list[Outcome]:
    with tempfile.TemporaryDirectory(prefix="misuse-") as folder:
        results = Path(folder, "results")
        results.touch()
        code, errors, is_late = _process(case, package, first, count, results, folder)
        lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    outcomes = [
        Outcome(line["end"], line["raised"], line["message"], line.get("logged", False), line.get("fate", ""))
        for line in lines
        if "end" in line
    ]
    under_way = lines[-1].get("begin") if lines else list(case.variants)[first]
    if is_late or code:
        at_exit = under_way is None
        variant = outcomes.pop().variant if at_exit and outcomes else under_way
        when = " at the end of the process" if at_exit else ""
        if is_late:
            outcomes.append(Outcome(variant, "Hung", f"still running{when}", fate="hang"))
        elif code < 0 or code > 128:
            number = -code if code < 0 else code - 128
            outcomes.append(Outcome(variant, "Crashed", f"{signal.Signals(number).name}{when}", fate="crash"))
        else:
            outcomes.append(Outcome(variant, "Broken", f"exit code {code}{when}: {errors[-500:]}", fate="broken"))
    return outcomes


def _process(case: Case, package: str, first: int, count: int, results: Path, folder: str) -> tuple[int, str, bool]:
    command = [sys.executable, "-m", f"{__package__}.child", package, case.name, str(first), str(count), str(results)]
    errors = Path(folder, "errors")
    with open(errors, "wb") as stream:
        # Freed memory is filled, so that reading it shows; core files are not wanted.
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env={**os.environ, "MALLOC_PERTURB_": "165", "TMPDIR": folder},
            start_new_session=True,
        )
        is_late = False
        seen = -1
        while True:
            try:
                child.wait(case.limit)
                break
            except subprocess.TimeoutExpired:
                # The limit is for one variant: as long as results come in, the process is alive.
                size = results.stat().st_size
                if size == seen or count == 1:
                    is_late = True
                    break
                seen = size
        _end_group(child)
    return child.returncode, errors.read_text(encoding="utf-8", errors="replace"), is_late


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End the process and the children that it may have left."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()


def counts(reports: Iterable[Report], *, variants: bool = False) -> dict[str, int]:
    """Number of cases, or of variants, of each verdict."""
    found = dict.fromkeys(VERDICTS, 0)
    for report in reports:
        for verdict in report.verdicts if variants else [report.verdict] if report.outcomes else []:
            found[verdict] = found.get(verdict, 0) + 1
    return found
