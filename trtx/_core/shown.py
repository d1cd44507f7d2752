"""Pieces of what objects show of themselves in a repr."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from itertools import islice


def listed(items: Iterable[str], count: int, most: int = 6) -> str:
    """Some of many items; no more than are shown are asked for."""
    shown = ", ".join(islice(items, most if count > most else count))
    return f"{shown}, {count - most} more" if count > most else shown


def counted(count: int, what: str) -> str:
    """``"1 layer"``, ``"2 layers"``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def bits(kind: type[IntEnum], mask: int) -> str:
    """Members of an enum whose bits are set in a mask: ``"TF32 | REFIT"``."""
    return " | ".join(member.name for member in kind if mask >> member & 1)
