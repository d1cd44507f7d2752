"""The page ``docs/compat.md``, from the tables and from what was run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.parity import facts
from trtx._core import hints

from . import calls, tables

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "compat.md"
#: Where the tests of others were run, by file.
RUNS = {"upstream_cpu.json": "without a GPU", "upstream_gpu.json": "on a GPU"}

HEAD = """\
# Scripts written for NVIDIA's package

`python -m tests.compat` writes this page; a test fails when it is out of date.

`import trtx.compat as trt` gives the names of NVIDIA's package `tensorrt_rtx` over the objects of `trtx`, and its
conventions: what fails answers `None` or `False`, and says why in the log. The objects are instances of both:
`isinstance(config, trt.IBuilderConfig)` and `isinstance(config, trtx.BuilderConfig)`.

| to | do |
|---|---|
| move a script | `import trtx.compat as trt` in place of `import tensorrt_rtx as trt` |
| run a script as it is | `python -m trtx.compat SCRIPT ARGUMENTS`; `-m MODULE ARGUMENTS` for a module |
| stand in for `import tensorrt` as well | `python -m trtx.compat --tensorrt SCRIPT` |
| the same from Python | `trtx.compat.install()` before the script's own imports; `install(tensorrt=True)` |
| get exceptions instead | `trtx.compat.raise_errors = True`, or `--raise-errors` |

## What is as in NVIDIA's package

- A wrong type is a `TypeError`; a wrong value is a line in the log and `None`, `False`, `-1`, or a setting that stays.
- Shapes are `trt.Dims`, equal to tuples, and can be changed in place; the shape of a tensor whose rank is not known has
  no length (`ValueError`).
- `network.get_layer(i)` is a plain `ILayer`, whose `type` is a `LayerType`, until a script assigns its class.
- `layer.kernel` and the like are arrays. Errors of the parser have methods (`error.desc()`).
- An `IHostMemory` has the buffer protocol: `file.write(engine)`, `memoryview(engine)`, on every Python.
- Loggers, monitors, profilers, allocators, recorders, listeners, readers and writers are classes to derive from, with
  an `__init__` to call. `with` frees nothing.

## What is better

- What a callback raises comes out of the call that led to it. NVIDIA's package prints it, or drops it.
- Ctrl-C ends a build. Objects may go in any order. Closed ones raise, also here.
- What cannot work raises also here: a `ClosedError`, a `BusyError`, a library that is missing.
"""


def text() -> str:
    """The page."""
    lines = [HEAD]
    lines += ["## Calls", ""]
    stored = json.loads((HERE / "calls_nvidia_1_6.json").read_text(encoding="utf-8"))
    same = len(stored) - len(tables.CALLS)
    lines += [
        f"Of {len(calls.texts())} calls that are made on both packages, {same} answer alike. The others:",
        "",
        "| call | NVIDIA's 1.6.1 | why another here |",
        "|---|---|---|",
    ]
    lines += [f"| `{_cell(call)}` | {_cell(stored[call])} | {reason} |" for call, reason in tables.CALLS.items()]
    lines += ["", "## Names that are left out", "", "Asking for one raises an `AttributeError` that says why.", ""]
    lines[-1:] = ["Methods that are left out are those of [parity.md](parity.md), but for what this page names.", ""]
    lines += ["| names | why |", "|---|---|"]
    lines += [f"| {' '.join(f'`{name}`' for name in names)} | {reason} |" for reason, names in left_out().items()]
    lines += ["", "## What others wrote", ""]
    lines += [
        "NVIDIA's TensorRT-RTX samples in Python, and the tests of Polygraphy's TensorRT backend, run on both",
        "packages by `python -m tests.compat.upstream`, with Polygraphy 0.53.6 and its tests of version 0.49.27,",
        "the newest that are public. Many of them need a GPU, or torch, and fail without it in both packages.",
        "",
        "| | | passed | skipped | failed | other |",
        "|---|---|---|---|---|---|",
    ]
    differing = {}
    for file, where in RUNS.items():
        path = HERE / file
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            for index, package in enumerate(("NVIDIA's package", "`trtx.compat`")):
                count = Counter(outcome[index].partition(":")[0] for outcome in found.values())
                counts = [count.pop(kind, 0) for kind in ("passed", "skipped", "failed")]
                counts.append(sum(number for kind, number in count.items() if kind != "missing"))
                lines.append(f"| {where} | {package} | {' | '.join(map(str, counts))} |")
            differing |= {name: outcome for name, outcome in found.items() if outcome[0] != outcome[1]}
    lines += ["", "Tests that end in another way:", "", "| test | NVIDIA's | here | why |", "|---|---|---|---|"]
    for name, (theirs, ours) in differing.items():
        lines.append(f"| `{name}` | {_cell(theirs)} | {_cell(ours)} | {why(name)} |")
    return "\n".join(lines) + "\n"


def why(test: str) -> str:
    """The reason why a test ends in another way; empty where there is none."""
    return next((reason for name, reason in tables.UPSTREAM.items() if test.startswith(name)), "")


def left_out() -> dict[str, list[str]]:
    """Names of NVIDIA's 1.6.1 and 1.7.1 that are not here, by the reason."""
    import trtx.compat

    found: dict[str, list[str]] = {}
    for version in facts.VERSIONS:
        stored = facts.stored(version)
        for name in [*stored["functions"], *stored["classes"]]:
            reason = hints.NAMES.get(name, "")
            if reason and not hasattr(trtx.compat, name) and name not in found.setdefault(reason, []):
                found[reason].append(name)
    return {reason: sorted(names) for reason, names in found.items() if names}


def _cell(value: str) -> str:
    return value.replace("|", "\\|")
