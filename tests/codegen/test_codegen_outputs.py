"""The committed files are what the registry says, and the gate that holds them to it bites."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import __main__ as command
from codegen.generate import NOTICE, check, outputs, write
from codegen.read import ROOT
from tests.helpers.process import python_path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the registry, of the modules whose names are listed, and of every generated file."""
    (tmp_path / "csrc" / "include").mkdir(parents=True)
    shutil.copytree(ROOT / "csrc" / "registry", tmp_path / "csrc" / "registry")
    shutil.copy(ROOT / "csrc" / "include" / "trtx_c.h", tmp_path / "csrc" / "include")
    shutil.copytree(ROOT / "trtx", tmp_path / "trtx", ignore=shutil.ignore_patterns("__pycache__"))
    for path in outputs():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_generated_files_are_up_to_date() -> None:
    assert "".join(check()) == ""


def test_every_output_starts_with_the_notice() -> None:
    for path, text in outputs().items():
        assert NOTICE in text.splitlines()[0], path


def test_outputs_do_not_depend_on_the_machine(copy: Path) -> None:
    assert outputs(copy) == outputs()


def test_an_edit_of_a_generated_file_is_reported(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = copy / "csrc" / "include" / "trtx_c_gen.h"
    path.write_text(path.read_text(encoding="utf-8").replace("trtx_builder_destroy", "trtx_builder_delete"), "utf-8")
    (difference,) = check(copy)
    assert "-TRTX_LONG TRTX_API void trtx_builder_delete" in difference
    assert "+TRTX_LONG TRTX_API void trtx_builder_destroy" in difference

    assert command.main(["--check", "--root", str(copy)]) == 1
    printed = capsys.readouterr()
    assert "--- csrc/include/trtx_c_gen.h" in printed.out
    assert "python -m codegen" in printed.err


def test_a_missing_generated_file_is_reported(copy: Path) -> None:
    (copy / "trtx_sys" / "_cdef_gen.txt").unlink()
    (difference,) = check(copy)
    assert "trtx_sys/_cdef_gen.txt" in difference


def test_a_change_of_the_registry_is_reported(copy: Path) -> None:
    path = copy / "csrc" / "registry" / "runtime.pyi"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("def getNbDLACores", "def getNbDLAKernels"), encoding="utf-8")
    changed = "".join(check(copy))
    for name in ("csrc/src/abi_gen.hpp", "csrc/src/runtime_gen.cpp", "trtx_sys/_cdef_gen.txt", "trtx_sys/_ffi.pyi"):
        assert f"--- {name}" in changed


def test_write_touches_only_what_differs(copy: Path) -> None:
    assert write(copy) == []
    (copy / "csrc" / "src" / "abi_gen.hpp").write_text("", encoding="utf-8")
    assert write(copy) == ["csrc/src/abi_gen.hpp"]
    assert check(copy) == []


def test_the_command_exits_with_0_where_all_is_equal() -> None:
    result = _run("--check")
    assert (result.returncode, result.stdout) == (0, "")


def test_the_command_exits_with_1_and_shows_the_difference(copy: Path) -> None:
    (copy / "trtx" / "_build" / "layers_gen.py").write_text("edited\n", encoding="utf-8")
    result = _run("--check", "--root", str(copy))
    assert result.returncode == 1
    assert "-edited" in result.stdout


def test_the_command_names_a_mistake_of_the_registry(copy: Path) -> None:
    path = copy / "csrc" / "registry" / "onnx_parser.pyi"
    path.write_text(path.read_text(encoding="utf-8") + "\nclass Stray: ...\n", encoding="utf-8")
    result = _run("--check", "--root", str(copy))
    assert result.returncode == 1
    assert "onnx_parser.pyi:" in result.stderr
    assert "Stray" in result.stderr
    assert "Traceback" not in result.stderr


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": python_path()}
    command_line = [sys.executable, "-m", "codegen", *arguments]
    return subprocess.run(command_line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
