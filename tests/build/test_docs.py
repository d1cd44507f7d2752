"""The documentation: its code runs as it is written, it builds without a warning, and every public name is in it."""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import trtx
from tests.helpers.pages import Block, blocks, commands, run_block, unknown_make_targets, write_models
from tests.helpers.process import ROOT, python_path
from trtx import cuda
from trtx_sys._enum_base import Missing

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
BLOCKS = [block for page in PAGES for block in blocks(page)]
COMMANDS = [one for page in PAGES for one in commands(page)]


@pytest.mark.usefixtures("native_library")
@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_code_runs(block: Block, tmp_path: Path) -> None:
    run_block(block, tmp_path)


@pytest.mark.usefixtures("native_library")
@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_commands_run(number: int, tmp_path: Path) -> None:
    needs, lines = COMMANDS[number]
    problem = cuda.why_unavailable()
    if "gpu" in needs and problem:
        pytest.skip(problem)
    write_models(tmp_path)
    for line in lines.splitlines():
        command = shlex.split(line, comments=True)
        assert command[0] == "trtx"
        environment = {**os.environ, "PYTHONPATH": python_path()}
        called = [sys.executable, "-m", *command]
        result = subprocess.run(called, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{line}: exit code {result.returncode}\n{result.stdout}\n{result.stderr}"


def test_there_is_code() -> None:
    assert len(BLOCKS) >= 35
    guides = [page for page in PAGES if page.startswith("docs/guides/") and not page.endswith("index.md")]
    assert [page for page in guides if not any(block.page == page for block in BLOCKS)] == []


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_python_are_named_so(page: str) -> None:
    """No code is kept from its test by the way in which its block begins."""
    text = (ROOT / page).read_text(encoding="utf-8")
    fences = [line for line in re.findall(r"^ *`{3,}[^`\n]*(?:py|code)[^\n]*$", text, re.MULTILINE) if "{" not in line]
    assert {*fences} <= {"```python"}


def test_make_targets_named_in_the_pages_exist() -> None:
    for page in PAGES:
        assert unknown_make_targets(page) == [], page


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names in the built pages, which are made anew, with warnings as errors."""
    for package in ("sphinx", "furo", "myst_parser", "sphinx_click", "sphinx_copybutton", "sphinx_design"):
        pytest.importorskip(package, reason=f"{package} is missing: pip install '.[docs]'")
    from sphinx.util.inventory import InventoryFile

    target = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-n", "-q"]
    result = subprocess.run(
        [*command, "-d", str(target / "doctrees"), str(ROOT / "docs"), str(target / "html")],
        env={**os.environ, "PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = InventoryFile.loads((target / "html" / "objects.inv").read_bytes(), uri="")
    return {name for kind, entries in found.data.items() if kind.startswith(("py:", "c:")) for name in entries}


def named(kind: type) -> Iterator[str]:
    """Public methods, properties and members of a class, but what builtins have and what a public base has."""
    bases = [one for one in kind.__mro__[1:] if getattr(trtx, one.__name__, None) is one]
    fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    for name in dir(kind):
        owner = next((one for one in kind.__mro__ if name in vars(one)), None)
        if owner is None:  # of the metaclass
            continue
        value = inspect.getattr_static(kind, name)
        is_ours = owner.__module__.split(".")[0] in ("trtx", "trtx_sys")
        if name.startswith("_") or not is_ours or isinstance(value, (type, Missing)) or name in fields:
            continue
        if not any(name in dir(base) and owner in base.__mro__ for base in bases):
            yield name
    if issubclass(kind, Enum):
        yield from kind.__members__


@pytest.mark.timeout(1800)
def test_every_public_name_is_in_the_reference(inventory: set[str]) -> None:
    missing = []
    for name in trtx.__all__:
        value: Any = getattr(trtx, name)
        if f"trtx.{name}" not in inventory:
            missing.append(name)
        if inspect.ismodule(value):
            missing += [f"{name}.{one}" for one in value.__all__ if f"trtx.{name}.{one}" not in inventory]
        if inspect.isclass(value):
            missing += [f"{name}.{one}" for one in named(value) if f"trtx.{name}.{one}" not in inventory]
    assert missing == []


@pytest.mark.timeout(1800)
def test_every_c_function_is_in_the_reference(inventory: set[str]) -> None:
    text = (ROOT / "trtx_sys" / "_cdef_gen.txt").read_text(encoding="utf-8")
    functions = set(re.findall(r"^(?!typedef|extern)[\w *]*?\b(trtx_(?!py_)\w+)\(", text, re.MULTILINE))
    assert len(functions) > 700
    assert functions - inventory == set()
