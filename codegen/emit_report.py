"""``csrc/registry/REPORT_gen.md``: what is bound and what is not, and why, counted."""

from __future__ import annotations

from collections import Counter

from .emit_c_header import IDENTIFICATION
from .model import Enum, Interface, Method, Registry, Struct

PATH = "csrc/registry/REPORT_gen.md"
ANSWERED = "only the library asks for it; the bridge answers"


def emit(registry: Registry) -> str:
    interfaces = list(registry.interfaces.values())
    out = ["# What is bound", "", "| | bound | hidden | in all |", "|---|---|---|---|"]
    for title, kind in (
        ("implementation interfaces", "impl"),
        ("parser interfaces", "direct"),
        ("application interfaces, as callbacks", "application"),
    ):
        out.append(_row(title, [i for i in interfaces if i.kind == kind]))
    slots = [(i, m) for i in interfaces for m in i.methods if not m.is_destructor]
    bound = sum(_is_served(i, m) for i, m in slots)
    out.append(f"| methods | {bound} | {len(slots) - bound} | {len(slots)} |")
    enums = list(registry.enums.values())
    out.append(f"| enums | {sum(not e.hidden for e in enums)} | {sum(bool(e.hidden) for e in enums)} | {len(enums)} |")
    structs = list(registry.structs.values())
    out.append(
        f"| structs | {sum(not s.hidden for s in structs)} | {sum(bool(s.hidden) for s in structs)} | {len(structs)} |"
    )
    exports = registry.exports
    out.append(
        f"| exported functions | {sum(not e.hidden for e in exports)} | {sum(bool(e.hidden) for e in exports)} "
        f"| {len(exports)} |"
    )
    out += ["", "## Methods by version", ""]
    since = Counter(m.since for _, m in slots)
    out += [f"- {major}.{minor}: {count}" for (major, minor), count in sorted(since.items())]
    out += ["", "## Hidden, and why", ""]
    out += _hidden(registry)
    out += ["", "## Slots, interface by interface", "", "| interface | bound | hidden |", "|---|---|---|"]
    for interface in interfaces:
        methods = [m for m in interface.methods if not m.is_destructor]
        shown = sum(_is_served(interface, m) for m in methods)
        out.append(f"| {interface.cpp} | {shown} | {len(methods) - shown} |")
    out += ["", "## Known, but not stated here", "", *_unproven(), ""]
    return "\n".join(out)


def _is_served(interface: Interface, method: Method) -> bool:
    """Whether an application calls a method, or is called by it. What kind of interface it is a bridge says itself."""
    answered = interface.kind == "application" and method.name in IDENTIFICATION
    return not interface.hidden and not method.hidden and not answered


def _row(title: str, interfaces: list[Interface]) -> str:
    hidden = sum(bool(i.hidden) for i in interfaces)
    return f"| {title} | {len(interfaces) - hidden} | {hidden} | {len(interfaces)} |"


def _hidden(registry: Registry) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for interface in registry.interfaces.values():
        if interface.hidden:
            reasons.setdefault(interface.hidden, []).append(interface.cpp)
        for method in interface.methods:
            if method.hidden and not interface.hidden:
                reasons.setdefault(method.hidden, []).append(f"{interface.cpp}::{method.name}")
            elif not interface.hidden and not _is_served(interface, method) and not method.is_destructor:
                reasons.setdefault(ANSWERED, []).append(f"{interface.cpp}::{method.name}")
    values: list[Enum | Struct] = [*registry.enums.values(), *registry.structs.values()]
    for item in values:
        if item.hidden:
            reasons.setdefault(item.hidden, []).append(item.cpp)
    for export in registry.exports:
        if export.hidden:
            reasons.setdefault(export.hidden, []).append(export.name)
    lines = []
    for reason, names in sorted(reasons.items()):
        lines.append(f"- {reason} ({len(names)}): " + ", ".join(f"`{name}`" for name in names))
    return lines


def _unproven() -> list[str]:
    """Methods that 1.7 is documented to have, but whose place in the layout nothing here proves."""
    return [
        "- `ICudaEngine::createWeightsManager`, `ICudaEngine::unloadWeights` and `IWeightsManager` (1.7): appended to "
        "an interface that only a GPU can exercise on 1.7; their slots are not published, so they stay out until "
        "a 1.7 header confirms them.",
    ]
