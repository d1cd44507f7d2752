"""The rooms of the package: who may import whom, and no circle of imports, also not by way of functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import trtx

PACKAGE = Path(__file__).resolve().parents[2] / "trtx"

#: What a room, or a module beside the rooms, may import from beside itself.
ALLOWED = {
    "_core": set(),
    "_build": {"_core"},
    # Refitting is of an engine, by weights as those of a network.
    "_onnx": {"_core", "_build", "_run"},
    "_run": {"_core", "_build", "cuda"},
    "_session": {"_core", "_build", "_onnx", "_run", "_version", "cuda"},
    # What users have, by the public names; these are the lists that the options are made of.
    "_cli": {"_core", "_onnx", "_session", "_version"},
    "_pyinstaller": set(),
    "cuda": {"_core"},
    "diagnostics": {"_core"},
    "onnx_backend": {"_build", "_core", "_onnx", "_run", "cuda"},
    "__main__": {"_cli"},
    "__init__": {"_names_gen", "_version"},
    "_names_gen": set(),
    "_version": set(),
}


def imports_of(path: Path) -> set[str]:
    """Modules of the package that a module imports at run time, wherever that stands."""
    parents = path.relative_to(PACKAGE.parent).with_suffix("").parts[:-1]
    found = set()
    for node in _run_time(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*parents[: len(parents) - node.level + 1], *(node.module or "").split(".")]
            base = [part for part in base if part]
            for alias in node.names:
                whole = PACKAGE.parent.joinpath(*base, f"{alias.name}.py")
                found.add(".".join([*base, alias.name] if whole.exists() else base))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("trtx.")}
    return {name.removeprefix("trtx.") for name in found if name != "trtx"}


def _run_time(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_time(child)


def modules() -> dict[str, set[str]]:
    names = {path: ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}
    return {name: imports_of(path) for path, name in names.items() if not name.endswith(".__init__")}


def test_rooms_import_only_what_they_may() -> None:
    assert {name.split(".")[0] for name in modules()} == set(ALLOWED)
    wrong = [
        f"{name} imports {imported}"
        for name, found in sorted(modules().items())
        for imported in sorted(found)
        if imported.split(".")[0] not in ALLOWED[name.split(".")[0]] | {name.split(".")[0]}
    ]
    assert wrong == []


def test_no_circle_of_imports() -> None:
    graph = modules()
    assert graph["_build.builder"] >= {"_core.logger"}
    while True:
        leaves = {name for name, found in graph.items() if not found & graph.keys()}
        if not leaves:
            break
        graph = {name: found for name, found in graph.items() if name not in leaves}
    assert graph == {}


def test_public_things_say_where_users_find_them() -> None:
    things = {name: getattr(trtx, name) for name in trtx.__all__}
    said = {name: thing.__module__ for name, thing in things.items() if isinstance(thing, (type, FunctionType))}
    assert len(said) > 150
    assert {name for name, module in said.items() if module not in ("trtx", "trtx_sys._enums_gen")} == set()
