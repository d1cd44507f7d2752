"""Every slot, value and offset that is known of TensorRT-RTX stands in the registry, and nothing else does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen.read import REGISTRY, read_registry

from .slot_facts import differences, load_facts


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str, str], list[str]]:
    """The differences after one change to a copy of the registry."""

    def change(file: str, pattern: str, replacement: str) -> list[str]:
        folder = shutil.copytree(REGISTRY, tmp_path / "registry")
        path = folder / f"{file}.pyi"
        text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1)
        assert count == 1, f"{pattern} is not in {file}.pyi"
        path.write_text(text, encoding="utf-8")
        return differences(read_registry(folder), load_facts())

    return change


def test_registry_and_facts_agree_both_ways() -> None:
    assert differences(read_registry(), load_facts()) == []


def test_facts_are_whole() -> None:
    """A file that lost its content would agree with an empty registry."""
    facts = load_facts()
    assert sum(len(slots) for slots in facts["interfaces"].values()) > 900
    assert sum(len(enum["values"]) for enum in facts["enums"].values()) > 380
    assert len(facts["structs"]) == 17
    assert len(facts["exports"]) == 16


BODY = r"[^\n]*\n(?:        [^\n]*\n)*"
SWAP = rf"(    def setName\(self, name: str\) -> None:{BODY})((?:    @[^\n]*\n)+    def getName{BODY})"


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "reported"),
    [
        pytest.param(
            "runtime",
            rf"    def setDLACore\({BODY}",
            "",
            r"VRuntime: slot 2 is 'setDLACore v\(i\)'",
            id="slot removed",
        ),
        pytest.param("network", SWAP, r"\2\1", r"VTensor: slot 0 is 'setName v\(p\)', stated 'getName", id="swapped"),
        pytest.param(
            "runtime",
            r"setDLACore\(self, dlaCore: int32\)",
            "setDLACore(self, dlaCore: int64)",
            r"slot 2 is 'setDLACore v\(i\)', stated 'setDLACore v\(l\)'",
            id="type of a parameter",
        ),
        pytest.param("engine", r"    @since\(1, 6\)\n", "", "since 1.6", id="since forgotten"),
        pytest.param("enums", r"kHALF = 1", "kHALF = 70", "enums: DataType", id="value of an enum"),
        pytest.param("enums", r'    kHALF = 1\n    """.*?"""\n', "", "enums: DataType", id="value left out"),
        pytest.param("structs", r"count: int64 = 16", "count: int64 = 20", "structs: Weights", id="offset"),
        pytest.param("exports", r"getInferLibVersion", "getInferLibNumber", "exports", id="export"),
        pytest.param("callbacks", r'"IProfiler", 1, 0', '"IProfiler", 2, 0', "infos: IProfiler", id="interface info"),
        pytest.param("runtime", r'cpp="IRuntime"', 'cpp="IRunner"', "classes: IRuntime is not", id="class renamed"),
    ],
)
def test_a_difference_is_reported(
    changed: Callable[[str, str, str], list[str]], file: str, pattern: str, replacement: str, reported: str
) -> None:
    assert any(re.search(reported, line) for line in changed(file, pattern, replacement))
