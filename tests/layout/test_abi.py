"""The registry against the headers of an SDK, where one is at hand; and proof that this check can fail."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from codegen import abi_check
from codegen.generate import write
from codegen.read import ROOT

needs_sdk = pytest.mark.skipif(
    not os.environ.get(abi_check.VARIABLE), reason=f"{abi_check.VARIABLE} names no TensorRT-RTX SDK"
)
needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "c++").split()[0]) is None, reason="no C++ compiler"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the check compiles, and of the registry that it is made from."""
    for folder in ("registry", "include", "abi_check", "src"):
        shutil.copytree(ROOT / "csrc" / folder, tmp_path / "csrc" / folder)
    return tmp_path


@needs_sdk
@needs_compiler
def test_registry_and_sdk_agree(capfd: pytest.CaptureFixture[str]) -> None:
    status = abi_check.main([])
    printed = capfd.readouterr()
    assert status == 0, printed.out + printed.err
    counts = [
        int(number) for number in re.findall(r"(\d+) (?:enum|sizes|offsets|slots|signatures|virtual)", printed.out)
    ]
    assert len(counts) == 7
    assert all(count >= least for count, least in zip(counts, (380, 60, 90, 150, 880, 750, 110), strict=True))


BODY = r"[^\n]*\n(?:        [^\n]*\n)*"


@needs_sdk
@needs_compiler
@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "reported"),
    [
        pytest.param(
            "runtime",
            rf"(    def setGpuAllocator{BODY})(    @long\n    def setErrorRecorder{BODY})",
            r"\2\1",
            "slot of VRuntime::setGpuAllocator: the SDK has 7, the registry 8",
            id="methods swapped",
        ),
        pytest.param(
            "runtime",
            rf"    @hidden[^\n]*\n    def getPluginRegistry{BODY}",
            "",
            "number of slots of VRuntime",
            id="method left out",
        ),
        pytest.param("enums", "kHALF = 1", "kHALF = 70", "value of DataType::kHALF: the SDK has 1", id="enum value"),
        pytest.param(
            "runtime",
            r"def setDLACore\(self, dlaCore: int32\)",
            "def setDLACore(self, dlaCore: int64)",
            "signature of VRuntime::setDLACore: the SDK has void (int32), the registry void (int64)",
            id="type of a parameter",
        ),
        pytest.param(
            "runtime",
            r"def getEngineHeaderSize\(self\) -> int64",
            "def getEngineHeaderSize(self) -> int32",
            "signature of VRuntime::getEngineHeaderSize: the SDK has int64 () const, the registry int32 () const",
            id="type of a result",
        ),
        pytest.param("structs", '"PluginField", size=24', '"PluginField", size=32', "size of PluginField", id="size"),
    ],
)
def test_a_wrong_registry_is_reported(
    copy: Path, capfd: pytest.CaptureFixture[str], file: str, pattern: str, replacement: str, reported: str
) -> None:
    path = copy / "csrc" / "registry" / f"{file}.pyi"
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1)
    assert count == 1
    path.write_text(text, encoding="utf-8")
    write(copy)
    assert abi_check.main(["--root", str(copy)]) == 1
    assert reported in capfd.readouterr().out


def test_without_an_sdk_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv(abi_check.VARIABLE, raising=False)
    assert abi_check.main([]) == 0
    assert abi_check.VARIABLE in capsys.readouterr().out


def test_a_folder_without_headers_is_no_sdk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(abi_check.VARIABLE, str(tmp_path))
    assert abi_check.main([]) == 2
    assert abi_check.HEADER in capsys.readouterr().err
