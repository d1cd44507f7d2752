"""The process that a case runs in: ``python -m tests.misuse.child PACKAGE CASE FIRST COUNT RESULTS``.

Writes a line to the file RESULTS when a variant begins and when it has ended, so that the runner knows which one was
under way when the process died.
"""

from __future__ import annotations

import gc
import json
import sys
from typing import Any, TextIO

from tests.helpers.process import hear_interrupts

from .adapters import Api, make
from .case import Case, load_cases


def main(package: str, name: str, first: str, count: str, path: str) -> None:
    hear_interrupts()
    found = load_cases()[name]
    with open(path, "a", encoding="utf-8", buffering=1) as results:
        api = make(package)
        for variant in list(found.variants)[int(first) : int(first) + int(count)]:
            _write(results, begin=variant)
            outcome = run(api, found, variant)
            gc.collect()  # whatever the variant left behind ends while it is under way
            _write(results, end=variant, **outcome)


def run(api: Api, case: Case, variant: str) -> dict[str, Any]:
    logged = api.logged()
    program = case.program(api, *case.variants[variant])
    try:
        next(program)
    except BaseException as error:
        return {"fate": "broken", "raised": type(error).__name__, "message": str(error)}
    raised = message = ""
    try:
        next(program)
    except StopIteration:
        pass
    except BaseException as error:
        raised, message = type(error).__name__, str(error)
        told = getattr(error, "told", None)  # of an exception in a forked child
        if told is not None:
            raised, message = told
    return {"raised": raised, "message": message[:2000], "logged": api.logged() > logged}


def _write(results: TextIO, **line: Any) -> None:
    results.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
