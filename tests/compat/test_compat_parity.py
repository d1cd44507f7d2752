"""`trtx.compat` beside NVIDIA's package: every name, and the outcomes of calls, one by one."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import trtx
import trtx.compat
from tests.helpers import libraries
from tests.parity import facts
from tests.parity.tables import NO_API
from trtx._core import hints
from trtx_sys._enum_base import Missing

from . import calls, compare, page, tables

STORED = Path(__file__).with_name("calls_nvidia_1_6.json")


def find(name: str) -> Any:
    found: Any = trtx.compat
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


@pytest.mark.parametrize("version", sorted(facts.VERSIONS))
def test_every_name_is_there_or_has_a_reason(version: str) -> None:
    stored = facts.stored(version)
    missing = []
    for name in [*stored["functions"], *stored["values"], *stored["classes"]]:
        if name not in NO_API and find(name) is None and name not in hints.NAMES and name not in tables.MEMBERS:
            missing.append(name)
    assert missing == []
    assert find("IBuilderConfig") is not None
    assert len([name for name in stored["classes"] if find(name)]) > 150


@pytest.mark.parametrize("version", sorted(facts.VERSIONS))
def test_every_member_is_there_or_has_a_reason(version: str) -> None:
    wrong = []
    for name, kind in facts.stored(version)["classes"].items():
        here = find(name)
        if here is None:
            continue
        for member in [*kind.get("enum", ()), *kind.get("members", ())]:
            static = inspect.getattr_static(here, member, ...)
            if static is ... and member not in getattr(here, "__members__", ()):
                wrong.append(f"{name}.{member}: not there")
            elif "enum" not in kind and not isinstance(static, Missing) and member != "MAX_DESC_LENGTH":
                was_method = kind["members"][member] is not None
                if inspect.isroutine(getattr(here, member)) != was_method:
                    wrong.append(f"{name}.{member}: a method there or here, and an attribute there or here")
    assert wrong == ["NodeIndices.__bool__: not there"]  # a list, which is false when it is empty


def test_keywords_are_those_of_trtx() -> None:
    """`tests.parity` compares the keywords of `trtx`; the methods here have the same."""
    for name in ("NetworkDefinition", "BuilderConfig", "ExecutionContext", "Runtime"):
        here = find(f"I{name}") or find(name)
        for member, function in inspect.getmembers(getattr(trtx, name), inspect.isfunction):
            if not member.startswith("_"):
                theirs = inspect.signature(getattr(here, member))
                assert list(theirs.parameters) == list(inspect.signature(function).parameters), member


@pytest.fixture(scope="module")
def ours(native_library: str) -> dict[str, str]:
    return compare.outcomes("trtx.compat")


def test_calls_answer_as_nvidia_s(ours: dict[str, str]) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert list(stored) == calls.texts(), "write it again: python -m tests.compat --extract"
    differing = {text: f"{stored[text]} there, {ours[text]} here" for text in stored if not same(stored, ours, text)}
    assert {text: said for text, said in differing.items() if text not in tables.CALLS} == {}
    assert [text for text in tables.CALLS if text not in differing] == [], "they do not differ any more"


def same(stored: dict[str, str], ours: dict[str, str], text: str) -> bool:
    return compare.agree(stored[text], ours[text])


def test_no_call_ends_the_process(ours: dict[str, str]) -> None:
    assert "crashes" not in ours.values()


def test_what_is_stored_is_what_nvidia_s_package_answers() -> None:
    package, native = facts.bindings("1.6.1.120"), libraries.library("1.6.1.120")
    if package is None or native is None:
        pytest.skip("NVIDIA's package 1.6.1.120 has not been fetched: python -m tests.parity --extract")
    found = compare.outcomes("tensorrt_rtx_bindings", native, package)
    assert found == json.loads(STORED.read_text(encoding="utf-8"))


def test_a_wrong_outcome_would_fail() -> None:
    assert not compare.agree("None", "False")
    assert not compare.agree("raises TypeError", "raises RuntimeError")
    assert compare.agree("raises TypeError", "raises TypeError ValueError")


def test_the_page_is_up_to_date() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "write it again: python -m tests.compat"


@pytest.mark.parametrize("file", [file for file in page.RUNS if (page.HERE / file).exists()])
def test_what_others_wrote_ends_alike_or_has_a_reason(file: str) -> None:
    found = json.loads((page.HERE / file).read_text(encoding="utf-8"))
    assert sum(ours == "passed" for _, ours in found.values()) > 100
    assert [name for name, (theirs, ours) in found.items() if theirs != ours and not page.why(name)] == []
