"""Rules of the source tree that can be read off the files: no compiler, no library, no GPU."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from codegen.generate import NOTICE, outputs

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("csrc", "codegen", "trtx_sys", "trtx", "tests", "benchmarks", "examples", "docs", ".ci")
SUFFIXES = {".py", ".pyi", ".hpp", ".h", ".cpp", ".c", ".md", ".txt", ".toml", ".json", ".cmake", ".in", ".yml", ".sh"}
LONGEST = 600

#: Built or cached, and so no part of the tree.
SKIPPED = {"__pycache__", "build", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}

#: Stubs must be named like the modules that they describe.
GENERATED_BY_ANOTHER_NAME = {"trtx_sys/_ffi.pyi", "trtx/__init__.pyi"}


def tree() -> list[Path]:
    found = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    named = [path for path in found if path.suffix in SUFFIXES or path.name in ("Makefile", "run")]
    return sorted(path for path in named if not SKIPPED & set(path.relative_to(ROOT).parts))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


FILES = {relative(path): path.read_text(encoding="utf-8") for path in tree()}


def is_generated(name: str) -> bool:
    return re.search(r"_gen\.\w+$", name) is not None or name in GENERATED_BY_ANOTHER_NAME


def test_the_tree_was_found() -> None:
    assert {"csrc/src/guard.hpp", "codegen/model.py", "trtx_sys/__init__.py", "pyproject.toml"} <= FILES.keys()


def test_handwritten_files_are_short() -> None:
    long = {
        name: lines
        for name, text in FILES.items()
        if not is_generated(name) and not name.endswith(".json") and (lines := text.count("\n")) > LONGEST
    }
    assert long == {}


def test_generated_files_and_only_those_say_so() -> None:
    said = {name for name, text in FILES.items() if NOTICE in text.split("\n", 1)[0]}
    assert said == {name for name in FILES if is_generated(name)}


def test_generated_files_are_those_of_the_generator() -> None:
    assert {name for name in FILES if is_generated(name)} == set(outputs())


def test_no_header_of_the_sdk_is_included() -> None:
    """Only the comparison with an SDK may, which is never part of a build."""
    including = {name for name, text in FILES.items() if re.search(r"^\s*#\s*include\s*[<\"]Nv", text, re.MULTILINE)}
    assert including == {"csrc/abi_check/abi_check.hpp"}


def test_nothing_of_cuda_is_included_by_the_shim() -> None:
    pattern = re.compile(r"^\s*#\s*include\s*[<\"]cuda", re.MULTILINE)
    assert [name for name, text in FILES.items() if name.startswith("csrc/") and pattern.search(text)] == []


def test_who_may_see_the_declarations_of_the_library() -> None:
    """The table of slots is behind the guard: no other source may call the library past it."""
    including = {name for name, text in FILES.items() if '#include "abi_gen.hpp"' in text}
    assert {name for name in including if name.startswith("csrc/src/")} == {"csrc/src/guard.hpp"}
    others = ("csrc/src/", "csrc/fake/", "csrc/abi_check/", "benchmarks/cpp/", "tests/")
    assert [name for name in including if not name.startswith(others)] == []


def test_sources_say_what_licence_they_have() -> None:
    missing = [
        name
        for name, text in FILES.items()
        if re.match(r"csrc/(src|include|abi_check|fake)/", name)
        and name.endswith((".cpp", ".hpp", ".h"))
        and not is_generated(name)
        and "SPDX-License-Identifier: Apache-2.0" not in text.split("\n", 1)[0]
    ]
    assert missing == []


def test_the_shim_has_a_licence_of_its_own() -> None:
    """It is copied out of here alone."""
    assert (ROOT / "csrc" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_python_modules_say_what_they_are() -> None:
    missing = [
        name
        for name, text in FILES.items()
        if name.endswith(".py") and not name.endswith("__init__.py") and not is_generated(name)
        if not re.match(r'(#![^\n]*\n|# SPDX[^\n]*\n)*r?"""', text)
    ]
    assert missing == []


#: What only one machine has. The parts are joined here, so that this file does not match itself.
MACHINE_PATHS = [f"{ROOT}/", "/".join(("", "home", "")), "/".join(("", "root", ""))]


@pytest.mark.parametrize("path", MACHINE_PATHS)
def test_no_path_of_a_machine(path: str) -> None:
    assert [name for name, text in FILES.items() if path in text] == []


def test_no_whitespace_at_the_end_and_a_newline_at_the_end() -> None:
    wrong = [
        name
        for name, text in FILES.items()
        if text and (not text.endswith("\n") or re.search(r"[ \t]+$", text, re.MULTILINE) or "\r" in text)
    ]
    assert wrong == []


def test_importing_registry_words_never_happens() -> None:
    """The registry is read, not run: nothing imports it, and it imports nothing but its words."""
    for name, text in FILES.items():
        if name.startswith("csrc/registry/") and name.endswith(".pyi"):
            assert set(re.findall(r"^[ \t]*(?:from|import) .*", text, re.MULTILINE)) <= {"from vocabulary import *"}, (
                name
            )


def test_the_shim_has_the_version_of_the_package() -> None:
    package = re.search(r'__version__ = "(\d+\.\d+\.\d+)', FILES["trtx/_version.py"])
    shim = re.search(r"project\(trtx_shim VERSION (\S+)", FILES["csrc/CMakeLists.txt"])
    assert package is not None
    assert shim is not None
    assert package[1] == shim[1]
