"""Counts of the answers, and the table that is committed: a JSON file test by test, and a page about it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx

import trtx

Answers = Mapping[str, Mapping[str, Mapping[str, Any]]]

PACKAGES = ("trtx", "prepared", "nvidia", "reference")
COLUMNS = ("parsed", "built", "run", "agreed")
TITLES = {
    "trtx": "`trtx`",
    "prepared": "`trtx` with `prepare_onnx`",
    "nvidia": "NVIDIA's package",
    "reference": "prepared, by ONNX's reference on the CPU",
}

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "onnx_backend.md"
DATA = Path(__file__).parent / "results.json"
#: What was run on a GPU: the counts, and what did not agree.
GPU_DATA = Path(__file__).parent / "results_gpu.json"


def letters(said: Mapping[str, Any]) -> str:
    """An answer in short: p(arsed), b(uilt), r(un), a(greed); a dash for what was asked for and failed."""
    return "".join(column[0] if said[column] else "-" for column in COLUMNS if column in said)


def counts(answers: Answers, package: str) -> dict[str, int]:
    """How many cases got how far."""
    asked = [case[package] for case in answers.values() if package in case]
    return {column: sum(bool(said.get(column)) for said in asked) for column in COLUMNS}


def summary(answers: Answers, packages: Sequence[str]) -> str:
    """The counts, for a terminal."""
    lines = []
    for package in packages:
        found = ", ".join(f"{column} {number}" for column, number in counts(answers, package).items())
        lines.append(f"{package}: {found} of {sum(package in case for case in answers.values())}")
    return "\n".join(lines)


def differences(answers: Answers, one: str, other: str) -> list[str]:
    """Cases that two packages answer differently."""
    return [
        name
        for name, case in answers.items()
        if one in case and other in case and letters(case[one]) != letters(case[other])
    ]


def is_worse(answers: Answers) -> bool:
    """Whether trtx reads, builds or agrees with less than NVIDIA's package."""
    return any(
        case["nvidia"].get(column) and not case["trtx"].get(column)
        for case in answers.values()
        if "trtx" in case and "nvidia" in case
        for column in ("parsed", "built", "agreed")
    )


#: Reasons of failures, by what errors say.
REASONS = (
    (
        "a type that TensorRT-RTX lacks",
        r"Failed to convert ONNX|Unsupported data type|unsupported data ?type|no tensor",
    ),
    ("an operator without support", r": false \[|is not supported in TensorRT-RTX|Plugin|plugin|no runners"),
    (
        "a value that must be known at build time",
        r"build-time constant|must be an initializer|dynamic shape|shape tensor",
    ),
    ("a sequence or an optional value", r"takes tensors only|[Ss]equence|[Oo]ptional"),
)


def reasons(answers: Answers, package: str) -> Counter[str]:
    """Why cases are not built."""
    found: Counter[str] = Counter()
    for case in answers.values():
        said = case.get(package)
        if said is None or said.get("built"):
            continue
        text = said.get("error", "")
        found[
            next((reason for reason, pattern in REASONS if re.search(pattern, text)), "a form of an operator, or else")
        ] += 1
    return found


def _version() -> str:
    return ".".join(map(str, trtx.library_version()[:3]))


def page(answers: Answers, packages: Sequence[str]) -> str:
    """The page, in Markdown."""
    lines = [
        "# ONNX's backend tests",
        "",
        f"{len(answers)} models of `onnx.backend.test` (node, simple, pytorch-*) of onnx {onnx.__version__}, on",
        f"TensorRT-RTX {_version()}. `python -m tests.onnx_backend --write` writes this page, and every case into",
        "`tests/onnx_backend/results.json`. Models with open shapes get a profile for the shapes of the test.",
        "",
        "| | parsed | built | run | agreed | of |",
        "|---|---|---|---|---|---|",
    ]
    on_gpu = [package for package in packages if package != "reference"]
    ran = any("run" in case.get(package, {}) for case in answers.values() for package in on_gpu)
    for package in packages:
        found = counts(answers, package)
        cells = [str(found[column]) if ran or column in COLUMNS[:2] else "-" for column in COLUMNS]
        if package == "reference":
            cells = ["-", "-", str(found["run"]), str(found["agreed"])]
        lines.append(
            f"| {TITLES[package]} | {' | '.join(cells)} | {sum(package in case for case in answers.values())} |"
        )
    if "trtx" in packages and "nvidia" in packages:
        apart = differences(answers, "trtx", "nvidia")
        lines += [
            "",
            f"`trtx` and NVIDIA's package differ in {len(apart)} cases{': ' + ', '.join(apart) if apart else '.'}",
        ]
    for package in ("trtx", "prepared"):
        if package in packages:
            lines += ["", f"## Not built: {TITLES[package]}", ""]
            lines += [f"- {number}: {reason}" for reason, number in reasons(answers, package).most_common()]
    return "\n".join([*lines, *_on_a_gpu()]) + "\n"


def _on_a_gpu() -> list[str]:
    """The part about runs, as they were saved by `write_gpu`."""
    if not GPU_DATA.exists():
        return []
    saved = json.loads(GPU_DATA.read_text(encoding="utf-8"))
    which = f"one case in {saved['every']}" if saved["every"] > 1 else "all cases"
    lines = [
        "",
        "## Run on a GPU",
        "",
        f"On one {saved['gpu']}, TensorRT-RTX {saved['tensorrt_rtx']}, onnx {saved['onnx']}: {which}.",
        "",
        "| | parsed | built | run | agreed | of |",
        "|---|---|---|---|---|---|",
    ]
    for package, found in saved["counts"].items():
        lines.append(f"| {TITLES[package]} | {' | '.join(map(str, found.values()))} | {saved['cases']} |")
    lines += [
        "",
        "Built, but not run or not agreed, by `trtx` with `prepare_onnx`; * where NVIDIA's package does not either:",
        "",
    ]
    return [*lines, *(f"- {name}{'*' if theirs else ''}: {text}" for name, text, theirs in saved["apart"])]


def write_gpu(answers: Answers, packages: Sequence[str], gpu: str, every: int) -> None:
    """Write what a run on a GPU found, for the page."""
    apart = []
    for name, case in answers.items():
        said, theirs = case.get("prepared", {}), case.get("nvidia", {})
        if said.get("built") and not said.get("agreed"):
            failed = bool(theirs.get("built")) and not theirs.get("agreed")
            apart.append((name, str(said.get("error", ""))[:120], failed))
    saved = {
        "gpu": gpu,
        "onnx": onnx.__version__,
        "tensorrt_rtx": _version(),
        "every": every,
        "cases": len(answers),
        "counts": {package: counts(answers, package) for package in packages},
        "apart": apart,
    }
    GPU_DATA.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


def write(answers: Answers, packages: Sequence[str]) -> None:
    """Write what is committed."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(answers, packages), encoding="utf-8")
    kept = {"onnx": onnx.__version__, "tensorrt_rtx": _version(), "packages": list(packages)}
    lines = [json.dumps(kept)[:-1] + ', "cases": {']
    lines += [f'"{name}": "{" ".join(letters(case.get(p, {})) for p in packages)}",' for name, case in answers.items()]
    DATA.write_text("\n".join(lines).rstrip(",") + "\n}}\n", encoding="utf-8")
