"""``python -m tests.sanitize``: the shim and the fake library under every sanitizer, and the raw layer's tests on them.

It takes some minutes; what a machine lacks is named and left out. ``--quick`` leaves the tests in Python out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.helpers.fake import fake_variant
from tests.sanitize import build
from tests.sanitize.build import PLAIN, ROOT, THREAD, UNDEFINED, Kind, missing, run_driver

#: The tests that drive the raw layer on the fake library.
TESTS = tuple(
    f"tests/sys/test_fake_{name}.py" for name in ("shortcuts", "faults", "layers", "lines", "methods", "ownership")
)
#: NVIDIA's own objects have other classes than our declarations say, by design; the sanitizer calls that undefined.
LEFT_OUT = "tests/sys/test_fake_faults.py::test_the_real_parser_drives_the_fake_network"
#: What these tests import, copied beside an extension of another build.
PARTS = ("tests", "trtx", "trtx_sys", "codegen", "csrc", "build_ffi.py", "pyproject.toml")


def drive(kind: Kind, what: str, count: int, *wrapper: str) -> str:
    """Run the driver; give its figures."""
    done = run_driver(kind, what, count, wrapper=wrapper)
    if done.returncode != 0:
        raise RuntimeError(f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip()


def valgrind() -> str:
    """The driver under Valgrind, which needs no special build."""
    program = shutil.which("valgrind")
    if not program:
        raise FileNotFoundError("valgrind")
    options = ("--leak-check=full", "--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect")
    os.environ["TRTX_DRIVER_COLD"] = "1"
    try:
        return drive(PLAIN, "cycles", 1000, program, "--quiet", "--error-exitcode=9", *options)
    finally:
        del os.environ["TRTX_DRIVER_COLD"]


def raw_layer(kind: Kind) -> str:
    """The raw layer's tests, with an extension and a fake library of this kind."""
    # Compiled here, where the compiler runs without the sanitizer.
    for export in ("BUILDER", "RUNTIME", "REFITTER", "PARSER"):
        fake_variant(export)
    with tempfile.TemporaryDirectory() as scratch:
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, Path(scratch, part))
        for old in Path(scratch, "trtx_sys").glob("_ffi.*.so"):
            old.unlink()
        shutil.copy(build.extension(kind), Path(scratch, "trtx_sys"))
        options = dict(kind.environment)
        options["ASAN_OPTIONS"] += ":detect_leaks=0"  # Python frees little when it ends
        environment = {
            **os.environ, **options,
            "LD_PRELOAD": ":".join(build.runtime_paths(kind)), "PYTHONPATH": scratch, "PYTHONMALLOC": "malloc",
            "TRTX_FAKE_LIBRARY": str(build.fake_library(kind)),
        }  # fmt: skip
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--deselect", LEFT_OUT, *TESTS]
        done = subprocess.run(
            [*command, "-o", "timeout=1200"], cwd=scratch, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise RuntimeError(f"{done.stdout[-20000:]}\n{done.stderr[-4000:]}")
    return done.stdout.strip().splitlines()[-1]


def main() -> int:
    """Run everything; 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the tests in Python")
    options = parser.parse_args()
    runs: list[tuple[str, Kind, Callable[[], str]]] = [
        ("1000 cycles, with LeakSanitizer", UNDEFINED, lambda: drive(UNDEFINED, "cycles", 1000)),
        ("threads", UNDEFINED, lambda: drive(UNDEFINED, "threads", 60)),
        ("threads", THREAD, lambda: drive(THREAD, "threads", 60)),
        ("1000 cycles", THREAD, lambda: drive(THREAD, "cycles", 1000)),
        ("1000 cycles, heap", PLAIN, lambda: drive(PLAIN, "cycles", 1000)),
        ("1000 cycles, with Valgrind", PLAIN, valgrind),
    ]
    if not options.quick:
        runs.append(("the raw layer's tests", UNDEFINED, lambda: raw_layer(UNDEFINED)))
    failed = 0
    for title, kind, run in runs:
        lacking = missing(kind)
        begun = time.monotonic()
        try:
            if lacking:
                raise FileNotFoundError(lacking)
            build.driver(kind)
            said = run()
        except FileNotFoundError as error:
            said = f"SKIPPED: {error} is missing"
        except RuntimeError as error:
            failed += 1
            said = f"FAILED: {error}"
        print(f"{kind.name}: {title}: {said} ({time.monotonic() - begun:.0f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
