"""Names of a module that are loaded on first use."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any


def give_lazily(module: str, names: Sequence[str], load: Callable[[str], Any]) -> None:
    """Let a module have names that are loaded when they are asked for, and list only these and its ``__all__``.

    ``load`` puts into the module what it need not be asked for again.

    They are properties of the module, not left to a ``__getattr__``: Python's own prompt completes names by reading all
    that `dir` gives, and gives up at an error such as that there is no driver. Properties are what it does not read.
    """
    itself = sys.modules[module]
    listed = sorted((*itself.__all__, *names))
    body: dict[str, Any] = {name: _property(name, load) for name in names}
    itself.__class__ = type("module", (ModuleType,), {**body, "__dir__": lambda _: [*listed]})


def _property(name: str, load: Callable[[str], Any]) -> property:
    def read(module: ModuleType) -> Any:
        known = vars(module)
        return known[name] if name in known else load(name)

    def write(module: ModuleType, value: object) -> None:  # for tests of users, which put something else in its place
        vars(module)[name] = value

    return property(read, write, lambda module: vars(module).pop(name, None))
