"""Virtual tables as Microsoft's compiler lays them out, worked out from the registry.

Two rules differ from the Itanium ABI, which the registry's order of slots is: a destructor takes one place instead of
two, and methods of one class that share a name stand together, the last declared first, where the first is declared.
"""

from __future__ import annotations

from typing import NamedTuple

from .model import Interface, Method, Registry


class Slot(NamedTuple):
    """A place of a virtual table: overloads are told apart by the number of their parameters."""

    name: str
    parameters: int

    def __str__(self) -> str:
        return f"{self.name}/{self.parameters}"


DESTRUCTOR = Slot("~", 0)


def virtual_table(registry: Registry, interface: Interface, version: tuple[int, int]) -> list[Slot]:
    """The places of a class in a version of TensorRT-RTX, in order."""
    if interface.kind == "impl":
        return [DESTRUCTOR, *_new_slots(interface.methods, version)]
    table: list[Slot] = []
    for ancestor in reversed(registry.ancestors(interface)):
        added = [m for m in ancestor.methods if not registry.overrides(ancestor, m)]
        table += _new_slots(added, version)
    return table


def _new_slots(methods: list[Method], version: tuple[int, int]) -> list[Slot]:
    groups: dict[str, list[Slot]] = {}
    for method in methods:
        if method.since <= version:
            slot = DESTRUCTOR if method.is_destructor else Slot(method.name, len(method.parameters))
            groups.setdefault(method.name, []).insert(0, slot)
    return [slot for group in groups.values() for slot in group]


def moved_slots(registry: Registry) -> list[str]:
    """Where a later version puts its slots between older ones: one build could not serve both then.

    A method that a version appends moves none, unless it is an overload: that stands beside the first of its name.
    """
    newest = max(m.since for i in registry.interfaces.values() for m in i.methods)
    found = []
    for interface in registry.interfaces.values():
        table = virtual_table(registry, interface, newest)
        for version in sorted({m.since for a in registry.ancestors(interface) for m in a.methods}):
            older = virtual_table(registry, interface, version)
            if version >= interface.since and table[: len(older)] != older:
                found.append(f"{interface.cpp}: {version[0]}.{version[1]} has other slots than the newest")
    return found
