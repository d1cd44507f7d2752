"""Names as users know them."""

from __future__ import annotations

from typing import TypeVar

from .hints import give_hints

T = TypeVar("T", bound="type | object")


def public(thing: T) -> T:
    """Let a class or function say that it is of `trtx`, where users find it, and not of a module inside."""
    thing.__module__ = "trtx"
    return give_hints(thing)
