"""Docstrings: their sections have the names, underlines and order of NumPy's style."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ORDER = ["Parameters", "Attributes", "Returns", "Raises", "Warns", "Notes", "Examples"]


def docstrings() -> Iterator[tuple[str, str]]:
    for folder in ("trtx", "trtx_sys", "codegen"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                    text = ast.get_docstring(node, clean=False)
                    if text:
                        name = "" if isinstance(node, ast.Module) else node.name
                        yield f"{path.relative_to(ROOT).as_posix()}: {name}", inspect.cleandoc(text)


DOCSTRINGS = list(docstrings())


def sections(text: str) -> list[str]:
    return re.findall(r"^(.+)\n-{3,}$", text, re.MULTILINE)


def test_docstrings_were_found() -> None:
    assert sum("Raises" in sections(text) for _, text in DOCSTRINGS) > 200


def test_sections_are_known_and_in_order() -> None:
    wrong = [
        f"{name}: {found}"
        for name, text in DOCSTRINGS
        if (found := sections(text)) != [one for one in ORDER if one in found]
    ]
    assert wrong == []


def test_underlines_stand_alone_and_are_as_long_as_titles() -> None:
    wrong = [
        f"{name}: {line}"
        for name, text in DOCSTRINGS
        for before, line in zip(["", *text.splitlines()], text.splitlines(), strict=False)
        if re.search(r"(?:^|\w )-{3,}", line) and len(before) != len(line)
    ]
    assert wrong == []
