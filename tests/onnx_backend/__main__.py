"""Go through ONNX's backend tests: ``python -m tests.onnx_backend [--packages trtx nvidia prepared] [--write]``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from trtx import cuda

from . import cases, pool, table


def main(arguments: list[str] | None = None) -> int:
    """Ask, count and print; 1 where trtx reads or builds less than NVIDIA's package."""
    parser = argparse.ArgumentParser(prog="python -m tests.onnx_backend", description=__doc__)
    parser.add_argument("--packages", nargs="+", default=["trtx", "prepared", "nvidia"], choices=table.PACKAGES)
    parser.add_argument("--match", default="", help="only cases whose name has this in it")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth case")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=120, help="seconds for a case")
    parser.add_argument("--build-only", action="store_true", help="do not run, though there is a GPU")
    parser.add_argument("--write", action="store_true", help="write the table that is committed")
    parser.add_argument("--write-gpu", action="store_true", help="write what was run, for the page that --write writes")
    parser.add_argument("--save", type=Path, help="save the answers, as JSON")
    options = parser.parse_args(arguments)
    problem = "not asked for" if options.build_only else cuda.why_unavailable()
    print(f"Nothing is run: {problem}" if problem else "Engines are run and their results compared")
    chosen = [name for name in cases.names() if options.match in name][:: options.every]
    answers: dict[str, dict[str, Any]] = {name: {} for name in chosen}
    start = time.monotonic()
    done = 0

    def seen(request: dict[str, Any], said: dict[str, Any]) -> None:
        nonlocal done
        done += 1
        answers[request["name"]][request["package"]] = said
        if done % 200 == 0:
            print(f"{done} of {total}, {time.monotonic() - start:.0f} s", flush=True)

    # One package after the other, so that a child loads one of them only.
    total = len(chosen) * len(options.packages)
    for package in options.packages:
        asked = [{"name": name, "package": package, "run": problem is None} for name in chosen]
        pool.ask_all(asked, options.workers, options.timeout, seen)
    if options.save:
        options.save.write_text(json.dumps(answers, indent=0), encoding="utf-8")
    print(table.summary(answers, options.packages))
    if options.write_gpu:
        table.write_gpu(answers, options.packages, cuda.Device(0).name, options.every)
    if options.write:
        table.write(answers, options.packages)
    return int(table.is_worse(answers))


if __name__ == "__main__":
    sys.exit(main())
