"""A case: a small program with a mistake in it, written once over the adapters."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Literal

Program = Callable[..., Generator[None, None, None]]

MODULES = (
    "lifetime",
    "network",
    "layers",
    "control",
    "weights",
    "config",
    "engine",
    "parser",
    "callbacks",
    "hooks",
    "threads",
    "close",
)


@dataclass(frozen=True)
class Case:
    """A program and what is right about its outcome.

    Attributes
    ----------
    program
        Called with the adapter and the variant's arguments. It yields once: what comes before is preparation and must
        work, what comes after is the misuse.
    kind
        "misuse" must raise; "legal" must work; of "either", both is right.
    names
        Words of which the message must have one, to name the culprit; ``{0}`` stands for the variant's first argument.
    raises
        Class name of the one right exception, where the program itself raised it (in a callback, or with Ctrl-C).
    variants
        Arguments of the program, by name.
    only
        The one package that the case makes sense for.
    isolated
        Whether each variant needs a process of its own.
    limit
        Seconds after which a variant counts as hanging.
    """

    name: str
    title: str
    program: Program
    kind: Literal["misuse", "legal", "either"]
    names: tuple[str, ...] = ()
    raises: str = ""
    variants: dict[str, tuple[Any, ...]] = field(default_factory=lambda: {"": ()})
    only: str = ""
    isolated: bool = False
    limit: float = 20.0

    def words(self, variant: str) -> list[str]:
        """Words that name the culprit of a variant."""
        arguments = self.variants.get(variant, ())
        return [name.format(*arguments) for name in self.names]


CASES: dict[str, Case] = {}


def case(title: str, *names: str, **options: Any) -> Callable[[Program], Program]:
    """Register a program as a case; the words are those that name the culprit.

    Variants can be a mapping of names to arguments, or a sequence of single arguments.
    """

    def register(program: Program) -> Program:
        variants = options.pop("variants", {"": ()})
        if not isinstance(variants, dict):
            labels = [_label(value) for value in variants]
            assert len(set(labels)) == len(labels), labels
            variants = {label: (value,) for label, value in zip(labels, variants, strict=True)}
        options.setdefault("kind", "misuse")
        name = program.__name__
        assert name not in CASES, name
        CASES[name] = Case(name, title, program, names=names, variants=variants, **options)
        return program

    return register


def _label(value: Any) -> str:
    shown = value.__name__ if callable(value) else repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."


def load_cases() -> dict[str, Case]:
    for module in MODULES:
        importlib.import_module(f"{__package__}.cases_{module}")
    return CASES
