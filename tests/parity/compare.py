"""The comparison: for every name of NVIDIA's package, what `trtx` has in its place."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import trtx
from trtx._core import hints
from trtx_sys._enum_base import Missing

from . import facts, tables


@dataclass
class Row:
    """A name of NVIDIA's."""

    name: str
    #: The name here; empty where there is none.
    here: str = ""
    #: Why it has another name, or none.
    reason: str = ""
    #: What is wrong: it should be here, or have a reason.
    problem: str = ""
    #: What must be said of its keywords.
    notes: list[str] = field(default_factory=list)


@dataclass
class Group:
    """A class of NVIDIA's, or the module."""

    name: str
    here: str
    rows: list[Row]


def groups(version: str) -> list[Group]:
    """Everything that a version has."""
    found = facts.stored(version)
    module = [_of_module(name, found["functions"].get(name)) for name in [*found["functions"], *found["values"]]]
    result = [Group("", "trtx", [row for row in module if row])]
    for name, kind in found["classes"].items():
        here = _class_here(name)
        if here is None:
            result[0].rows.append(_missing_class(name))
        elif "enum" in kind:
            members = [*kind["enum"], *kind.get("properties", ())]
            result.append(Group(name, here.__name__, [_member(name, member, here, None) for member in members]))
        else:
            rows = [_member(name, member, here, calls) for member, calls in kind["members"].items()]
            result.append(Group(name, here.__name__, rows))
    return result


def problems(version: str) -> list[str]:
    """What is neither the same nor explained."""
    return [f"{group.name}.{row.name}: {row.problem}" for group, row in rows(version) if row.problem]


def rows(version: str) -> Iterator[tuple[Group, Row]]:
    for group in groups(version):
        for row in group.rows:
            yield group, row


def _class_here(name: str) -> Any:
    plain = name.split(".")[-1]
    wanted = tables.CLASSES.get(name)
    candidates = [wanted] if wanted else [plain[1:], plain] if plain[:1] == "I" and plain[1:2].isupper() else [plain]
    return next((getattr(trtx, each) for each in candidates if each in trtx.__all__), None)


def _missing_class(name: str) -> Row:
    reason = hints.NAMES.get(name, "")
    return Row(name, "", reason, "" if reason or name in tables.NOT_YET else "neither here nor explained")


def _of_module(name: str, calls: list[list[str]] | None) -> Row | None:
    if name in tables.NO_API:
        return None
    if name not in trtx.__all__:
        return _missing_class(name)
    row = Row(name, name)
    if calls:
        _compare_calls(row, name, getattr(trtx, name), calls, is_method=False)
    return row


def _member(owner: str, name: str, here: type, calls: list[list[str]] | None) -> Row:
    where = f"{owner}.{name}"
    row = Row(name)
    static = inspect.getattr_static(here, name, None)
    if static is None:
        row.problem = "" if where in tables.NOT_YET else "neither here nor explained"
        return row
    if isinstance(static, Missing):
        row.reason = static.hint
        return row
    row.here = name
    if name == "__init__":
        _compare_calls(row, where, here, calls or [], is_method=False)
        return row
    is_method, was_method = inspect.isroutine(getattr(here, name)), calls is not None
    row.reason = tables.OTHER_KINDS.get(where, "")
    if is_method != was_method:
        row.problem = "" if row.reason else "a method there or here, and an attribute there or here"
    elif row.reason:
        row.problem = "the same kind, so OTHER_KINDS needs no line for it"
    elif calls:
        _compare_calls(row, where, getattr(here, name), calls, is_method=True)
    return row


def _compare_calls(row: Row, where: str, function: Any, calls: list[list[str]], *, is_method: bool) -> None:
    """Call by keywords and by positions, as NVIDIA's package is called; nothing is really called."""
    signature = inspect.signature(function)
    also = getattr(function, "_also_named", {})
    positions = tables.POSITIONS.get(where, {})
    wrong = []
    for call in calls:
        given = [name.rstrip("=") for name in call]
        unnamed = any(name.startswith("arg") and name[3:].isdigit() for name in given)
        first = [None] if is_method else []
        for names in (given, [name for name in call if not name.endswith("=")]):
            keywords = {also.get(name.rstrip("="), name.rstrip("=")): None for name in names}
            try:
                if not unnamed:
                    signature.bind(*first, **keywords)
                if names is not given:
                    continue
                bound = signature.bind(*first, *[None] * len(names))
            except TypeError as error:
                wrong.append(f"({', '.join(names)}): {error}")
                continue
            order = list(bound.arguments)[len(first) :]
            wanted = [positions.get(also.get(name, name), also.get(name, name)) for name in map(_plain, names)]
            if not unnamed and "args" not in order and order != wanted:
                wrong.append(f"({', '.join(names)}): positions are {order}")
    row.notes += [f"`{theirs}=` as well as `{ours}=`" for theirs, ours in {**also, **positions}.items()]
    row.problem = "; ".join(dict.fromkeys(wrong))
    reason = tables.KEYWORDS.get(where, "")
    if reason:
        row.reason, row.problem = reason, "" if wrong else "taken as it is, so KEYWORDS needs no line for it"


def _plain(name: str) -> str:
    return name.rstrip("=")
