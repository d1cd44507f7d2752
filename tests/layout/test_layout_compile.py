"""The public headers and the shim's sources compile without a warning, with each compiler that is at hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INCLUDE, SOURCES = ROOT / "csrc" / "include", ROOT / "csrc" / "src"
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror"]

HEADER_USE = """\
#include "trtx_c.h"
#include "trtx_c.h"

int use(void);
int use(void)
{
    trtx_builder *builder = 0;
    trtx_dims dims;
    dims.nb_dims = 0;
    trtx_builder_destroy(builder);
    return dims.nb_dims == 0 && trtx_builder_create(0, &builder) == TRTX_OK && TRTX_DATA_TYPE_FLOAT == 0;
}
"""


def compiler(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}")
    return found


def compiles(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("linkage", [[], ["-DTRTX_STATIC"]], ids=["shared", "static"])
@pytest.mark.parametrize(
    ("name", "suffix", "standard"),
    [
        ("gcc", ".c", "c11"),
        ("clang", ".c", "c11"),
        ("gcc", ".c", "c17"),
        ("g++", ".cpp", "c++17"),
        ("clang++", ".cpp", "c++17"),
        ("g++", ".cpp", "c++20"),
    ],
)
def test_public_header(tmp_path: Path, name: str, suffix: str, standard: str, linkage: list[str]) -> None:
    source = tmp_path / f"use{suffix}"
    source.write_text(HEADER_USE, encoding="utf-8")
    flags = [f"-std={standard}", *STRICT, *linkage, f"-I{INCLUDE}", "-fsyntax-only"]
    compiles([compiler(name), *flags, str(source)])


@pytest.mark.parametrize("name", ["g++", "clang++"])
def test_shim(name: str) -> None:
    found = compiler(name)
    sources = sorted(SOURCES.glob("*.cpp"))
    assert len(sources) > 10
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", f"-I{INCLUDE}", f"-I{SOURCES}", "-fsyntax-only"]
    compiles([found, *flags, *map(str, sources)])


def test_a_warning_would_fail(tmp_path: Path) -> None:
    source = tmp_path / "use.c"
    source.write_text(HEADER_USE.replace("dims.nb_dims = 0;", "int forgotten;"), encoding="utf-8")
    command = [compiler("gcc"), "-std=c11", *STRICT, f"-I{INCLUDE}", "-fsyntax-only", str(source)]
    with pytest.raises(AssertionError, match="forgotten"):
        compiles(command)
