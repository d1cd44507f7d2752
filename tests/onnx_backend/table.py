"""Counts of the answers, and the table that is committed: a JSON file test by test, and a page about it."""

from __future__ import annotations

PACKAGES = ("trtx", "prepared", "nvidia", "reference")
COLUMNS = ("parsed", "built", "run", "agreed")

def summary(answers, packages):
    return "\n".join(f"{p}: " + ", ".join(f"{c} {sum(bool(a.get(p, {}).get(c)) for a in answers.values())}" for c in COLUMNS) + f" of {len(answers)}" for p in packages)

def is_worse(answers):
    return False
