"""Run what others wrote for NVIDIA's package on it and on `trtx.compat`, test by test.

::

    python -m tests.compat.upstream CHECKOUT --save tests/compat/upstream_cpu.json

CHECKOUT is a folder with ``TensorRT`` (NVIDIA/TensorRT, of which tools/Polygraphy/tests is used) and ``TensorRT-RTX``
(its samples); what is missing is cloned from GitHub. Nothing of it is kept in this project. Needed beside `trtx` are
NVIDIA's package, polygraphy 0.53 or newer, onnx, onnx_graphsurgeon, onnxruntime, colored, ``pytest<9`` and
pytest-xdist, which tells a crash from a failure; with torch and a GPU, more of the tests run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

#: Where each package is put in place.
PACKAGES = {"nvidia": "nvidia_in_place", "trtx": "trtx_in_place"}
SAMPLES = ("samples/apiUsage/python/api_usage.py", "samples/helloWorld/python/hello_world.py")
REPOSITORIES = {"TensorRT": "tools/Polygraphy/tests", "TensorRT-RTX": "samples"}


def clone(checkout: Path) -> None:
    """Fetch what the folder lacks, and of each repository no more than what is used."""
    for name, part in REPOSITORIES.items():
        if not (checkout / name).is_dir():
            url = f"https://github.com/NVIDIA/{name}"
            clone = ["git", "clone", "--quiet", "--depth", "1", "--filter=blob:none", "--sparse", url, name]
            subprocess.run(clone, cwd=checkout, check=True)
            subprocess.run(["git", "sparse-checkout", "set", part], cwd=checkout / name, check=True)


def environment() -> dict[str, str]:
    """Variables of the processes: both packages use the same native library."""
    import trtx_sys

    found = {**os.environ, "POLYGRAPHY_USE_TENSORRT_RTX": "1"}
    found["LD_LIBRARY_PATH"] = os.path.dirname(os.path.realpath(trtx_sys.find().path))
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    # Absolute, as the processes run in folders of their own.
    folders = (str(HERE / "stand_in"), str(ROOT), *(os.path.abspath(one) for one in given if one))
    found["PYTHONPATH"] = os.pathsep.join(folders)
    return found


def polygraphy(checkout: Path, plugin: str, tests: str, workers: int) -> dict[str, str]:
    """Outcomes of Polygraphy's tests with a package: passed, failed, error, skipped, by test."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(checkout / "TensorRT/tools/Polygraphy/tests", Path(folder) / "tests")
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-p", plugin, tests, "-q", f"--junitxml={report}"]
        command += ["-p", "no:cacheprovider"]
        if importlib.util.find_spec("xdist"):
            command += ["-n", str(workers)]
        result = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
        if not report.exists():
            raise RuntimeError(f"pytest made no report with {plugin}:\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
        return read(report)


def read(report: Path) -> dict[str, str]:
    """Outcomes by test. Parameters have other texts in the other package, and enums another order of members.

    So the tests of one function are numbered, those first that passed.
    """
    groups: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        function = f"{case.get('classname')}::{(case.get('name') or '').partition('[')[0]}"
        kinds = [kind for kind in ("error", "failure", "skipped") if case.find(kind) is not None]
        outcome = {"failure": "failed"}.get(kinds[0], kinds[0]) if kinds else "passed"
        groups.setdefault(function, []).append(outcome)
    order = ("passed", "skipped", "failed", "error")
    return {
        f"{function} {number}": outcome
        for function, outcomes in groups.items()
        for number, outcome in enumerate(sorted(outcomes, key=order.index), 1)
    }


def samples(checkout: Path, plugin: str) -> dict[str, str]:
    """How each sample ends with a package: with 0, or with the last line that it says."""
    found = {}
    for sample in SAMPLES:
        path = checkout / "TensorRT-RTX" / sample
        start = f"import {plugin}, runpy; runpy.run_path({str(path)!r}, run_name='__main__')"
        if plugin == PACKAGES["trtx"]:
            command = [sys.executable, "-m", "trtx.compat", str(path)]
        else:
            command = [sys.executable, "-c", start]
        result = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=600, check=False)
        said = [line for line in result.stderr.splitlines() if line and not line.startswith("[")]
        found[sample] = "passed" if result.returncode == 0 else f"failed: {said[-1] if said else result.returncode}"
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run everything, and print how the packages differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.compat.upstream", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("checkout", type=Path, help="folder with TensorRT and TensorRT-RTX")
    parser.add_argument("--save", type=Path, help="file to write the outcomes to, as JSON")
    parser.add_argument("--tests", default="tests/backend/trt", help="tests of Polygraphy (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes of pytest-xdist (default: %(default)s)")
    options = parser.parse_args(arguments)
    clone(options.checkout)
    outcomes = {
        package: {
            **samples(options.checkout, plugin),
            **polygraphy(options.checkout, plugin, options.tests, options.workers),
        }
        for package, plugin in PACKAGES.items()
    }
    both = {name: [outcomes[package].get(name, "missing") for package in PACKAGES] for name in sorted(outcomes["trtx"])}
    both |= {name: [outcome, "missing"] for name, outcome in outcomes["nvidia"].items() if name not in both}
    if options.save:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(outcome)}" for name, outcome in sorted(both.items()))
        options.save.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    for package in PACKAGES:
        print(package, dict(Counter(outcome.partition(":")[0] for outcome in outcomes[package].values())))
    differing = {name: outcome for name, outcome in both.items() if outcome[0] != outcome[1]}
    for name, (theirs, ours) in differing.items():
        print(f"{name}: {theirs} with NVIDIA's package, {ours} with trtx.compat")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
