"""The command: ``python -m tests.misuse [--nvidia] [-k PATTERN] [-v]``."""

from __future__ import annotations

import argparse
import re
import sys
import time

from .adapters import nvidia_module
from .case import load_cases
from .runner import Report, counts, run_all
from .verdict import BAD, VERDICTS

COLOURS = {"crash": "bold red", "hang": "bold red", "broken": "bold red", "silent": "magenta", "vague": "yellow"}


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.misuse", description=__doc__)
    options.add_argument("--nvidia", action="store_true", help="run NVIDIA's package too, and show both columns")
    options.add_argument("-k", metavar="PATTERN", default="", help="only cases whose name or title has this in it")
    options.add_argument("-v", action="store_true", help="show what each variant did")
    options.add_argument("-j", type=int, default=2, metavar="N", help="processes at a time (default 2)")
    chosen = options.parse_args()
    packages = ["trtx"]
    if chosen.nvidia:
        try:
            nvidia_module()
        except ImportError as error:
            print(error, file=sys.stderr)
            return 2
        packages.append("nvidia")
    cases = [case for case in load_cases().values() if re.search(chosen.k, f"{case.name} {case.title}", re.IGNORECASE)]
    reports: dict[str, list[Report]] = {}
    for package in packages:
        start = time.monotonic()
        reports[package] = list(run_all(cases, package, chosen.j))
        print(f"{package}: {len(cases)} cases in {time.monotonic() - start:.0f} s", file=sys.stderr)
    show(reports, chosen.v)
    return 1 if any(report.verdict in ("broken", *BAD) for report in reports["trtx"]) else 0


def show(reports: dict[str, list[Report]], verbose: bool) -> None:
    rows = [
        (column[0].case.title, *(_cell(report) for report in column)) for column in zip(*reports.values(), strict=True)
    ]
    table(("case", *reports), rows)
    summary = []
    for verdict in (*VERDICTS, "broken"):
        numbers = [
            f"{counts(column).get(verdict, 0)} ({counts(column, variants=True).get(verdict, 0)})"
            for column in reports.values()
        ]
        if verdict != "broken" or any(number != "0 (0)" for number in numbers):
            summary.append((verdict, *numbers))
    summary.append(
        (
            "all",
            *(f"{sum(counts(c).values())} ({sum(counts(c, variants=True).values())})" for c in reports.values()),
        )
    )
    table(("cases (variants)", *reports), summary)
    if "nvidia" in reports:
        quiet = sum(
            verdict == "silent" and not outcome.logged
            for report in reports["nvidia"]
            for verdict, outcome in zip(report.verdicts, report.outcomes, strict=True)
        )
        print(f"of the silent variants of nvidia, {quiet} do not even log")
    for package, column in reports.items():
        for report in column:
            which = (*VERDICTS, "broken") if verbose else ("broken", *BAD) if package == "trtx" else ()
            for line in report.lines(*which):
                print(f"{package}: {report.case.name}: {line}")


def _cell(report: Report) -> str:
    if not report.outcomes:
        return "-"
    number = len(report.outcomes)
    bad = report.verdicts.count(report.verdict)
    return report.verdict if number == 1 else f"{report.verdict} {bad}/{number}"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        for row in [head, tuple("-" * width for width in widths), *rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        print()
        return
    grid = Table(*head)
    for row in rows:
        grid.add_row(
            row[0], *(f"[{COLOURS.get(cell.split()[0], 'default')}]{cell}[/]" if cell else "" for cell in row[1:])
        )
    Console().print(grid)


if __name__ == "__main__":
    sys.exit(main())
