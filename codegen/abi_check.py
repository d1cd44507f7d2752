"""``python -m codegen.abi_check``: compiles and runs the comparison of the registry with an SDK's own headers.

The SDK is the folder in ``TENSORRT_RTX_ROOT``. Without it there is nothing to compare with: that is said, and is no
failure. The compiler is ``CXX`` or ``c++``; a CUDA toolkit is not needed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from .read import ROOT

VARIABLE = "TENSORRT_RTX_ROOT"
HEADER = "NvInfer.h"
SOURCES = ("main.cpp", "abi_check_gen.cpp")

#: The two types of CUDA that TensorRT-RTX's headers name, for machines that have no toolkit.
CUDA_STUB = "#pragma once\ntypedef struct CUstream_st *cudaStream_t;\ntypedef struct CUevent_st *cudaEvent_t;\n"


class AbiCheckError(Exception):
    """The check itself could not be made."""


def compile_check(root: Path, sdk: Path, build: Path) -> Path:
    """Compile the program into ``build`` and return it."""
    include = sdk / "include"
    if not (include / HEADER).exists():
        raise AbiCheckError(f"{VARIABLE} is {sdk}, but there is no {HEADER} in {include}")
    stub = build / "cuda_stub"
    stub.mkdir(parents=True, exist_ok=True)
    (stub / "cuda_runtime_api.h").write_text(CUDA_STUB, encoding="utf-8")
    program = build / "abi_check"
    command = [*shlex.split(os.environ.get("CXX", "c++")), "-std=c++17", "-O0", "-w", "-DTRTX_STATIC"]
    command += [f"-I{root / 'csrc' / folder}" for folder in ("include", "src", "abi_check")]
    # The stub is asked last: an installed toolkit goes before it.
    command += ["-isystem", str(include), "-idirafter", str(stub)]
    command += [str(root / "csrc" / "abi_check" / name) for name in SOURCES]
    command += ["-o", str(program)]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise AbiCheckError(f"no C++ compiler: {error}; set CXX") from error
    if result.returncode != 0:
        raise AbiCheckError(f"the registry and {include} do not compile together:\n{result.stderr.strip()}")
    return program


def main(arguments: list[str] | None = None) -> int:
    """Return 0 where all is equal or no SDK is at hand, 1 where something differs, 2 where the check cannot be made."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.abi_check", description="Compare the registry with an SDK."
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    sdk = os.environ.get(VARIABLE, "")
    if not sdk:
        print(f"abi-check: skipped; set {VARIABLE} to an unpacked TensorRT-RTX SDK")
        return 0
    try:
        with tempfile.TemporaryDirectory(prefix="trtx-abi-check-") as build:
            program = compile_check(options.root, Path(sdk), Path(build))
            return subprocess.run([str(program)], check=False).returncode
    except AbiCheckError as error:
        print(f"abi-check: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
