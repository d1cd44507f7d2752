"""The native side: which bound C functions `trtx` calls, and why it leaves the others out."""

from __future__ import annotations

import re
from functools import cache

from codegen.naming import c_function
from codegen.read import ROOT, read_registry

#: C functions of methods that `trtx` does not call, by patterns, with the reason.
LEFT_OUT: dict[str, str] = {}


@cache
def bound() -> dict[str, str]:
    """The C functions of all bound methods of the library, with the methods' names."""
    registry = read_registry()
    return {
        c_function(interface.name, method.name): f"{interface.cpp}::{method.name}"
        for interface in registry.interfaces.values()
        if interface.kind != "application"
        for method in interface.bound_methods
    }


@cache
def called() -> set[str]:
    """The C functions that `trtx` names, also those whose names it puts together."""
    found: set[str] = set()
    for path in sorted((ROOT / "trtx").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"\btrtx_\w+", text))
        for pattern in re.findall(r'f"(trtx_\w*\{[^"]*)"', text):
            whole = re.compile(re.sub(r"\{[^{}]*\}", r"\\w*", pattern))
            found |= {name for name in bound() if whole.fullmatch(name)}
    return found


def missing() -> dict[str, str]:
    """C functions that `trtx` does not call, with their reasons; empty where there is none."""
    return {name: _reason(name) for name in bound() if name not in called()}


def _reason(name: str) -> str:
    return next((reason for pattern, reason in LEFT_OUT.items() if re.fullmatch(pattern, name)), "")


def stale() -> list[str]:
    """Patterns that stand for nothing any more."""
    return [pattern for pattern in LEFT_OUT if not any(re.fullmatch(pattern, name) for name in missing())]


def page() -> list[str]:
    """The part of the page."""
    found = missing()
    lines = ["## Methods of the library", ""]
    lines += [
        f"Of {len(bound())} methods that `trtx_sys` binds, `trtx` calls {len(bound()) - len(found)}. The others:",
        "",
    ]
    lines += ["| method | why |", "|---|---|"]
    lines += [f"| `{bound()[name]}` | {reason or 'not explained'} |" for name, reason in found.items()]
    return [*lines, ""]
