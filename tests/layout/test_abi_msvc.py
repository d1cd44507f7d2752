"""The declarations under Microsoft's binary interface, as Clang lays it out; and proof that this check can fail."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import abi_check, msvc_check
from codegen.generate import write
from codegen.msvc import DESTRUCTOR, Slot, moved_slots, virtual_table
from codegen.read import ROOT, read_registry

needs_clang = pytest.mark.skipif(msvc_check.compiler() is None, reason="no clang")
needs_sdk = pytest.mark.skipif(
    not os.environ.get(abi_check.VARIABLE), reason=f"{abi_check.VARIABLE} names no TensorRT-RTX SDK"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the check compiles, and of the registry that it is made from."""
    for folder in ("registry", "include", "abi_check", "src"):
        shutil.copytree(ROOT / "csrc" / folder, tmp_path / "csrc" / folder)
    return tmp_path


def change(path: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1)
    assert count == 1
    path.write_text(text, encoding="utf-8")


@needs_clang
def test_declarations_and_registry_agree(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv(abi_check.VARIABLE, raising=False)
    status = msvc_check.main([])
    printed = capsys.readouterr()
    assert status == 0, printed.out + printed.err
    tables, slots = map(int, re.findall(r"(\d+) (?:virtual tables|slots)", printed.out))
    assert tables >= 110
    assert slots >= 1080


@needs_clang
@needs_sdk
def test_headers_of_an_sdk_agree(capsys: pytest.CaptureFixture[str]) -> None:
    status = msvc_check.main([])
    printed = capsys.readouterr()
    assert status == 0, printed.out + printed.err
    line = next(line for line in printed.out.splitlines() if "headers of TensorRT-RTX" in line)
    counts = [int(number) for number in re.findall(r"(\d+) (?:virtual|slots|enum|sizes|offsets|signatures)", line)]
    assert len(counts) == 7
    assert all(count >= least for count, least in zip(counts, (110, 1050, 380, 60, 90, 150, 750), strict=True))


@needs_clang
def test_swapped_declarations_are_reported(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(
        copy / "csrc" / "src" / "abi_gen.hpp",
        r"(    virtual void setDLACore\(int32_t \w+\) = 0;\n)"
        r"(    virtual int32_t getDLACore\(\) const = 0;\n)(?=    virtual int32_t getNbDLACores)",
        r"\2\1",
    )
    assert msvc_check.main(["--root", str(copy)]) == 1
    assert "of VRuntime: the compiler has getDLACore/0, the registry setDLACore/1" in capsys.readouterr().out


def test_an_overload_that_is_appended_later_is_reported() -> None:
    """It would stand beside the first of its name, and move all that follow: one build could not serve both."""
    registry = read_registry()
    assert moved_slots(registry) == []
    methods = registry.interfaces["Runtime"].methods
    appended = replace(methods[3], since=(1, 7), parameters=[])
    methods.append(replace(appended, name="quiteNew"))
    assert moved_slots(registry) == []
    methods.append(appended)
    assert moved_slots(registry) == [
        f"IRuntime: {version} has other slots than the newest" for version in ("1.5", "1.6")
    ]


@needs_clang
@needs_sdk
@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "reported"),
    [
        pytest.param("enums", "kHALF = 1", "kHALF = 70", "value of DataType::kHALF", id="enum value"),
        pytest.param("structs", '"PluginField", size=24', '"PluginField", size=32', "size of PluginField", id="size"),
        pytest.param(
            "runtime",
            r"def setDLACore\(self, dlaCore: int32\)",
            "def setDLACore(self, dlaCore: int64)",
            "signature of VRuntime::setDLACore",
            id="type of a parameter",
        ),
    ],
)
def test_a_registry_that_differs_from_the_headers_is_reported(
    copy: Path, capsys: pytest.CaptureFixture[str], file: str, pattern: str, replacement: str, reported: str
) -> None:
    change(copy / "csrc" / "registry" / f"{file}.pyi", pattern, replacement)
    write(copy)
    assert msvc_check.main(["--root", str(copy)]) == 1
    assert reported in capsys.readouterr().out


def test_destructors_take_one_place_and_overloads_stand_together() -> None:
    registry = read_registry()
    runtime = virtual_table(registry, registry.interfaces["Runtime"], (1, 5))
    assert runtime[:2] == [DESTRUCTOR, Slot("getPImpl", 0)]
    dynamic = virtual_table(registry, registry.interfaces["PluginV2DynamicExt"], (1, 6))
    assert dynamic.count(DESTRUCTOR) == 1
    assert dynamic[-5:] == [
        Slot("getOutputDimensions", 4),
        Slot("supportsFormatCombination", 4),
        Slot("configurePlugin", 4),
        Slot("getWorkspaceSize", 4),
        Slot("enqueue", 6),
    ]


def test_without_clang_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(msvc_check.COMPILER, "no-such-compiler")
    assert msvc_check.main([]) == 2
    assert msvc_check.COMPILER in capsys.readouterr().err
