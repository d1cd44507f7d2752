"""The public names of `trtx`: found in ``__all__`` of the modules in its rooms, so that each name stands once.

``trtx/_names_gen.py`` says where a name is loaded from on first use, ``trtx/__init__.pyi`` tells type checkers.
"""

from __future__ import annotations

import ast
from pathlib import Path

from .model import Registry

TABLE = "trtx/_names_gen.py"
STUB = "trtx/__init__.pyi"
ENUMS = "trtx_sys._enums_gen"
#: Where the package loads the enums from: the same, with hints.
ENUMS_WITH_HINTS = "trtx._core.enums"

#: Packages whose modules have public names, and modules that are public themselves.
ROOMS = ("_core", "_build", "_onnx", "_run", "_session")
MODULES = ("cuda", "diagnostics", "onnx_backend")


def emit(root: Path, registry: Registry, generated: dict[str, str]) -> dict[str, str]:
    """Both files; of modules that are generated themselves, the text that they are going to have counts."""
    names: dict[str, str] = {}
    for room in ROOMS:
        paths = {path.relative_to(root).as_posix() for path in (root / "trtx" / room).glob("*.py")}
        paths |= {path for path in generated if path.startswith(f"trtx/{room}/")}
        for path in sorted(paths):
            text = generated.get(path) or (root / path).read_text(encoding="utf-8")
            names |= dict.fromkeys(public_names(text), path.removesuffix(".py").replace("/", "."))
    enums = sorted(enum.name for enum in registry.enums.values() if not enum.hidden)
    return {TABLE: _table(names, enums), STUB: _stub(names, enums)}


def public_names(text: str) -> list[str]:
    """What a module lists in ``__all__``."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return []


def _table(names: dict[str, str], enums: list[str]) -> str:
    places: dict[str, list[str]] = {}
    for name, module in sorted({**names, **dict.fromkeys(enums, ENUMS_WITH_HINTS)}.items()):
        places.setdefault(module, []).append(name)
    lines = [
        '"""Where the public names of trtx are."""',
        "",
        "MODULES = (",
        *(f'    "{module}",' for module in MODULES),
        ")",
    ]
    lines += ["", "NAMES = {"]
    for module, found in sorted(places.items()):
        lines += [f'    "{module}": (', *(f'        "{name}",' for name in found), "    ),"]
    return "\n".join([*lines, "}"])


def _stub(names: dict[str, str], enums: list[str]) -> str:
    lines = ['"""What `trtx` offers, for type checkers: the package loads it on first use."""', ""]
    lines += [f"from {ENUMS} import {name} as {name}" for name in enums]
    lines += ["", *(f"from . import {module} as {module}" for module in MODULES)]
    lines += [f"from .{module.removeprefix('trtx.')} import {name} as {name}" for name, module in sorted(names.items())]
    return "\n".join([*lines, "from ._version import __version__ as __version__"])
