"""What NVIDIA's Python package offers: names and keywords alone, as one JSON object on standard output.

Run as a script in a process of its own, with the package on ``PYTHONPATH`` and its libraries on ``LD_LIBRARY_PATH``,
as two versions do not go into one process. Docstrings hold the signatures; nothing else of them is read.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from typing import Any

#: Protocols of Python that a script may use; other names with underscores are pybind11's.
PROTOCOLS = ("__getitem__", "__setitem__", "__len__", "__iter__", "__enter__", "__exit__", "__bool__")

#: Properties that pybind11 gives every enum, as Python does.
OF_ENUMS = ("name", "value", "__doc__", "__members__")


def main() -> None:
    """Print the facts."""
    package = importlib.import_module("tensorrt_rtx_bindings")
    facts: dict[str, Any] = {"version": package.__version__, "classes": {}, "functions": {}, "values": []}
    for name in sorted(vars(package)):
        thing = getattr(package, name)
        if name.startswith("_") or inspect.ismodule(thing):
            continue
        if inspect.isclass(thing) and thing.__module__.startswith("tensorrt_rtx"):
            add_class(facts["classes"], name, thing)
        elif callable(thing) and not inspect.isclass(thing):
            facts["functions"][name] = keywords(thing, name)
        else:
            facts["values"].append(name)
    json.dump(facts, sys.stdout)


def add_class(classes: dict[str, Any], name: str, kind: type) -> None:
    """Add a class, and those inside it."""
    members = getattr(kind, "__members__", None)
    if members is not None:
        classes[name] = {"enum": sorted(members)}
        extra = sorted(n for n, v in vars(kind).items() if isinstance(v, property) and n not in OF_ENUMS)
        if extra:
            classes[name]["properties"] = extra
        return
    found: dict[str, Any] = {}
    for member, value in sorted(vars(kind).items()):
        if inspect.isclass(value):
            add_class(classes, f"{name}.{member}", value)
        elif member == "__init__" or member in PROTOCOLS or not member.startswith("_"):
            found[member] = None if isinstance(value, property) or not callable(value) else keywords(value, member)
            if member == "__init__" and found[member] == [["args", "kwargs"]]:  # inherited: nobody can make one
                del found[member]
    bases = [b.__name__ for b in kind.__bases__ if b.__module__.startswith("tensorrt_rtx")]
    classes[name] = {"bases": bases, "members": found}


def keywords(function: Any, name: str) -> list[list[str]]:
    """Parameters of every overload, without ``self``; ``=`` behind those that may be left out."""
    text = inspect.getdoc(function) or ""
    found = []
    for match in re.finditer(rf"^(?:\d+\. )?{re.escape(name)}\(", text, re.MULTILINE):
        parameters = names(text[match.end() :])
        if parameters != ["*args", "**kwargs"] and parameters not in found:
            found.append(parameters)
    if not found:  # written in Python
        try:
            found.append([p for p in inspect.signature(function).parameters if p not in ("self", "this")])
        except (TypeError, ValueError):
            return []
    return found


def names(text: str) -> list[str]:
    """Names of parameters, up to the parenthesis that closes them."""
    found, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if depth == 0 and character in ",)":
            part = text[start:position]
            name = re.split("[:=]", part)[0].strip()
            if name and name not in ("self", "/", "*"):
                found.append(name + "=" * ("=" in part))
            start = position + 1
            if character == ")":
                return found
        depth += (character in "([{<") - (character in ")]}>" and text[position - 1] != "-")
    raise ValueError(f"no end of a signature: {text[:200]}")


if __name__ == "__main__":
    main()
