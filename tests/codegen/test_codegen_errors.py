"""Each mistake in the registry is named, with the file and the line where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.model import RegistryError

from . import tiny

HEAD = '"""More."""\n\nfrom vocabulary import *\n\n'

#: The head of an interface; its first method follows in line 4.
THING = 'class Thing(Interface, cpp="IThing", impl="VThing", field="mImpl", offset=8):\n    """It."""\n\n'

CASES = [
    ("def f(self) -> Nonsense: ...", 4, "unknown type 'Nonsense'"),
    ("def f(self, x: Array[Nonsense], n: int32) -> Ok: ...", 4, "unknown type 'Nonsense'"),
    ("def f(self, x: Maybe[int32]) -> Ok: ...", 4, "unknown type 'Maybe[int32]'"),
    ("def f(self) -> Engine: ...", 4, "Thing.f returns Engine without ownership: write Owned[Engine] or"),
    ("def f(self) -> Owned[Layer]: ...", 4, "f hands out Layer, which is not @owned"),
    ('def f(self) -> Raw["Thing &"]: ...', 4, "Thing.f is bound but has a raw result"),
    ("def f(self, x) -> Ok: ...", 4, "parameter 'x' of f has no type"),
    ("def f(self): ...", 4, "f has no result type"),
    ("x: int32 = 0", 4, "interface Thing takes methods only"),
    ("@sinse(1, 6)\n    def f(self) -> Ok: ...", 4, "unknown decorator 'sinse(1, 6)'"),
    ("@since(1)\n    def f(self) -> Ok: ...", 4, "decorator 'since(1)' does not take these arguments"),
    ("@hidden\n    def f(self) -> Ok: ...", 4, "decorator 'hidden' does not take these arguments"),
    ('@hidden("")\n    def f(self) -> Ok: ...', 4, "decorator \"hidden('')\" does not take these arguments"),
    ("@since(2, 0)\n    def f(self) -> Ok: ...", 5, "unknown version (2, 0) of f"),
    ("def f(self) -> Ok: ...\n    def f(self) -> Ok: ...", 5, "duplicate name 'f' in Thing"),
    (
        "@since(1, 6)\n    def f(self) -> Ok: ...\n    def g(self) -> Ok: ...",
        6,
        "since of Thing.g goes back: it stands behind a method of 1.6, and versions only append",
    ),
]


@pytest.mark.parametrize(("method", "line", "message"), CASES)
def test_mistakes_of_methods(tmp_path: Path, method: str, line: int, message: str) -> None:
    assert_fails(tmp_path, "builder", f"{THING}    {method}\n", line, message)


@pytest.mark.parametrize(
    ("file", "text", "line", "message"),
    [
        ("builder", 'class Thing(Interface, cpp="IThing"):\n    ...\n', 1, "class Thing has no docstring"),
        ("builder", 'class Thing:\n    """It."""\n', 1, "class Thing names no kind"),
        ("builder", 'class Thing(Gadget, cpp="IThing"):\n    """It."""\n', 1, "unknown base 'Gadget' of class Thing"),
        ("builder", 'class Thing(Interface):\n    """It."""\n', 1, "class Thing needs cpp="),
        ("builder", 'class Color(Interface, cpp="IColor"):\n    """It."""\n', 1, "duplicate name 'Color'"),
        (
            "runtime",
            'class Thing(Interface, cpp="IEngine"):\n    """It."""\n',
            1,
            "duplicate name 'IEngine', which Engine",
        ),
        ("builder", "import os\n", 1, "unexpected Import at top level"),
        ("builder", "class Thing(\n", 1, "this is no Python syntax"),
        (
            "builder",
            'class Thing(Interface, cpp="IThing", impl="VThing", offset=8 + x):\n    """It."""\n',
            1,
            "'8 + x' is not a plain value",
        ),
        (
            "network",
            'class Thing(Layer, cpp="IThing", impl="V", field="m", layer_type=LayerType.kNO):\n    """It."""\n',
            1,
            "unknown layer type 'kNO'",
        ),
        (
            "structs",
            'class S(Struct, cpp="S", size=8):\n    """It."""\n\n    a: int32 = 4\n    b: int32 = 4\n',
            1,
            "do not asc",
        ),
        ("structs", 'class S(Struct, cpp="S", size=4):\n    """It."""\n\n    a: int32 = 8\n', 1, "within its size 4"),
        ("structs", 'class S(Struct, cpp="S", size=4):\n    """It."""\n\n    a = 0\n', 4, "struct S takes NAME: type"),
        ("structs", 'class S(Struct, cpp="S", size=4):\n    """It."""\n\n    a: Gone = 0\n', 1, "unknown type 'Gone'"),
        ("enums", 'class E(Enum, cpp="E"):\n    """It."""\n', 1, "enum E needs underlying=<integer type>"),
        (
            "enums",
            'class E(Enum, cpp="E", underlying=int32):\n    """It."""\n\n    kA = 0\n    kA = 1\n',
            1,
            "'kA' in enum E",
        ),
        (
            "enums",
            'class E(Enum, cpp="E", underlying=int32):\n    """It."""\n\n    kA: int = 0\n',
            4,
            "takes NAME = value",
        ),
        ("exports", "def create(logger: Gone) -> int32: ...\n", 1, "unknown type 'Gone'"),
        ("layers_odd", "", -3, "this family is not listed in codegen/read.py"),
    ],
)
def test_mistakes_of_files(tmp_path: Path, file: str, text: str, line: int, message: str) -> None:
    assert_fails(tmp_path, file, text, line, message)


def test_the_tiny_registry_itself_is_right(tmp_path: Path) -> None:
    assert tiny.load(tiny.write_tiny(tmp_path)).interfaces.keys() >= {"Engine", "Runtime", "ScaleLayer"}


def assert_fails(folder: Path, file: str, text: str, line: int, message: str) -> None:
    """Append to a file of the tiny registry; the line counts within what is appended."""
    before = tiny.FILES.get(file, HEAD)
    root = tiny.write_tiny(folder, **{file: before + text})
    with pytest.raises(RegistryError) as caught:
        tiny.load(root)
    assert str(caught.value).startswith(f"{file}.pyi:{line + before.count(chr(10))}: ")
    assert message in str(caught.value)
