"""Each mistake in the registry is named, with the file and the line where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.generate import outputs
from codegen.model import RegistryError

from . import tiny

HEAD = '"""More."""\n\nfrom vocabulary import *\n\n'

#: The head of an interface; its first method follows in line 4.
THING = 'class Thing(Interface, cpp="IThing", impl="VThing", field="mImpl", offset=8):\n    """It."""\n\n'

ENUM = 'class E(Enum, cpp="E", underlying=int32):\n    """It."""\n\n'
STRUCT = 'class S(Struct, cpp="S", size=16):\n    """It."""\n\n'
WATCHER = '@callback\nclass Other(VersionedInterface, cpp="IOther"{}):\n    """It."""\n'
#: An enum that is newer than what says nothing.
NEWER = '@since(1, 7)\nclass Newer(Enum, cpp="Newer", underlying=int32):\n    """It."""\n\n    kN = 0\n'
EXPORT = "def create(version: int32) -> int32: ...\n"


def thing(**changes: object) -> str:
    """An interface whose keywords are changed, or left out by None."""
    keywords = {"cpp": "IThing", "impl": "VThing", "field": "m", "offset": 8, **changes}
    said = ", ".join(f"{name}={value!r}" for name, value in keywords.items() if value is not None)
    return f'class Thing(Interface, {said}):\n    """It."""\n'


def layer(more: str) -> str:
    return f'class OtherLayer(Layer, cpp="IOther", impl="VOther", field="m", offset=16, {more}):\n    """It."""\n'


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
    ('@long\n    @hidden("why")\n    def f(self) -> Ok: ...', 6, "Thing.f is @long, but nothing calls it"),
    ("@long\n    def __del__(self) -> None: ...", 5, "Thing.__del__ is @long, but nothing calls it"),
    ("@long(1)\n    def f(self) -> Ok: ...", 4, "decorator 'long(1)' does not take these arguments"),
    ("def f(self) -> Verdict: ...", 4, "Thing.f gives a verdict: write @long"),
    ("def setIt(self, x: Engine) -> Ok: ...", 4, "'x' of Thing.setIt is not held: write Held[Engine]"),
    ("def f(self, x: Held[Engine]) -> Ok: ...", 4, "'x' of Thing.f may end what was held before: write @long"),
    ("def f(self, x: Held[Layer]) -> Ok: ...", 4, "'x' of Thing.f is held, but it is nothing that somebody destroys"),
    ("def f(self, x: Held[int32]) -> Ok: ...", 4, "'x' of Thing.f is held, but it is nothing that somebody destroys"),
    ("def f(self) -> Held[Engine]: ...", 4, "unknown type 'Held[Engine]'"),
    # Parameters
    ("def f() -> Ok: ...", 4, "the first parameter of f is not self"),
    ("def f(x: int32) -> Ok: ...", 4, "the first parameter of f is not self"),
    ("def f(self, *, x: int32) -> Ok: ...", 4, "f takes plain parameters only"),
    ("def f(self, *x: int32) -> Ok: ...", 4, "f takes plain parameters only"),
    ("def f(self, x: int32, /) -> Ok: ...", 4, "the first parameter of f is not self"),
    ("def f(self, x: int32 = 1) -> Ok: ...", 4, "f takes plain parameters only"),
    ("def f(self, result: int32) -> Ok: ...", 4, "Thing.f has a parameter 'result', whose name is reserved"),
    ("def f(self, call: int32) -> Ok: ...", 4, "Thing.f has a parameter 'call', whose name is reserved"),
    ("def f(self, register: int32) -> Ok: ...", 4, "Thing.f has a parameter 'register', whose name is reserved"),
    ("def f(self, aB: int32, a_b: int32) -> Ok: ...", 4, "parameter 'a_b', whose name is reserved or there twice"),
    # Types in places where they have no meaning
    ("def f(self, x: Ok) -> Ok: ...", 4, "Thing.f cannot take Ok as 'x'"),
    ("def f(self, x: Count) -> Ok: ...", 4, "Thing.f cannot take Count as 'x'"),
    ("def f(self, x: Borrowed[Engine]) -> Ok: ...", 4, "Thing.f cannot take Borrowed[Engine] as 'x'"),
    ("def f(self) -> Bytes: ...", 4, "Thing.f cannot return Bytes"),
    ("def f(self) -> Out[int32]: ...", 4, "Thing.f cannot return Out[int32]"),
    ("def f(self) -> Borrowed[Engine] | Runtime: ...", 4, "only None may stand behind '|'"),
    ("def f(self) -> Owned[Engine] | None: ...", 4, "says '| None' of Owned[Engine], which is never null"),
    ("def f(self, x: int32 | None) -> Ok: ...", 4, "says '| None' of int32, which is never null"),
    ("def f(self) -> Owned[int32]: ...", 4, "f hands out int32, which is not @owned"),
    ("def f(self) -> Borrowed[int32]: ...", 4, "Thing.f has no meaning for Borrowed[int32]"),
    ("def f(self) -> Borrowed[Color]: ...", 4, "no meaning for Borrowed[Color]: Color is of another kind"),
    ("def f(self, x: Flags[Engine]) -> Ok: ...", 4, "no meaning for Flags[Engine]: Engine is of another kind"),
    ("def f(self, x: Out[Engine]) -> Ok: ...", 4, "no meaning for Out[Engine]: Engine is of another kind"),
    ("def f(self, x: Out[Dims]) -> Ok: ...", 4, "no meaning for Out[Dims]: Dims is of another kind"),
    ("def f(self) -> Count[float32]: ...", 4, "Thing.f has no meaning for Count[float32]"),
    ("def f(self) -> Counted[Dims]: ...", 4, "no meaning for Counted[Dims]: Dims is of another kind"),
    ('def f(self, x: Raw["foo"]) -> Ok: ...', 4, "Thing.f is bound, but Raw is not"),
    ("def f(self) -> InterfaceInfo: ...\n    def g(self, x: VersionedInterface) -> Ok: ...", 5, "is bound, but"),
    ("def f(self, x: Raw[foo]) -> Ok: ...", 4, "unknown type 'Raw[foo]'"),
    ('def f(self, x: "int32") -> Ok: ...', 4, "unknown type"),
    ("def f(self, x: Bytes) -> Ok: ...", 4, "Thing.f has no size or length for 'x'"),
    ("def f(self, x: Bytes, name: str) -> Ok: ...", 4, "Thing.f has no size or length for 'x'"),
    ("def f(self, x: Array[int32]) -> Ok: ...", 4, "Thing.f has no size or length for 'x'"),
    ("def f(self, x: Array[int32], y: bool, n: int32) -> Ok: ...", 4, "Thing.f has no size or length for 'x'"),
    ("def f(self, n: int32, y: bool, x: OutArray[int32]) -> Ok: ...", 4, "Thing.f has no size or length for 'x'"),
    ("def f(self, n: int32, x: Bytes) -> Ok: ...", 4, "Thing.f has no size or length for 'x'"),
    # What is never null
    ("def f(self, x: Dims | None) -> Ok: ...", 4, "says '| None' of Dims, which is never null"),
    ("def f(self, x: Color | None) -> Ok: ...", 4, "says '| None' of Color, which is never null"),
    ("def f(self) -> Borrowed[Dims] | None: ...", 4, "says '| None' of Borrowed[Dims], which is never null"),
    # What one failure would lose
    (
        "def f(self, n: Out[Count]) -> Owned[Engine]: ...",
        4,
        "Thing.f writes a count, but its failure would lose Owned[",
    ),
    # Versions
    ("def f(self, x: Const[OldWatcher]) -> Ok: ...", 4, "Thing.f is older than OldWatcher, which it takes or gives"),
    ("def f(self, x: OldWatcher | None) -> Ok: ...", 4, "Thing.f is older than OldWatcher, which it takes or gives"),
    ("@since(1, minor=6)\n    def f(self) -> Ok: ...", 4, "does not take these arguments"),
    ("@since(1, 6, minor=6)\n    def f(self) -> Ok: ...", 4, "does not take these arguments"),
    ('@deprecated(why="x")\n    def f(self) -> Ok: ...', 4, "does not take these arguments"),
    ("@deprecated()\n    def f(self) -> Ok: ...", 4, "does not take these arguments"),
    ('@hidden(" ")\n    def f(self) -> Ok: ...', 4, "does not take these arguments"),
    # Decorators
    ("@owned\n    def f(self) -> Ok: ...", 4, "decorator 'owned' does not belong here (method)"),
    ('@bound("f")\n    def f(self) -> Ok: ...', 4, "decorator 'bound' does not belong here (method)"),
    ("@since(1, 6)\n    @since(1, 7)\n    def f(self) -> Ok: ...", 5, "duplicate decorator 'since'"),
    ("@accessor\n    @const\n    def f(self, x: int32) -> Ok: ...", 6, "Thing.f is no accessor"),
    ("@accessor\n    @const\n    def f(self, x: int32) -> Owned[Engine]: ...", 6, "Thing.f is no accessor"),
    ("@accessor\n    @const\n    def f(self, x: int32) -> Dims: ...", 6, "Thing.f is no accessor"),
    ("@accessor\n    def f(self, x: int32) -> int32: ...", 5, "Thing.f is no accessor"),
    ("@accessor\n    @const\n    def f(self, x: Out[int32]) -> int32: ...", 6, "Thing.f is no accessor"),
    ("@accessor\n    @const\n    def f(self, x: str) -> int32: ...", 6, "Thing.f is no accessor"),
    # What becomes of it in C
    ('def f(self) -> Ok:\n        """A */ b."""', 4, "the docstring of f holds '*/'"),
    ('def f(self) -> Ok:\n        r"""A \\ b."""', 4, "the docstring of f holds '*/', '/*' or a backslash"),
    ('def f(self) -> Ok:\n        """A /* b."""', 4, "the docstring of f holds '*/', '/*' or a backslash"),
    ("def f(self) -> Ok:\n        'The \"b\"'", 4, "the docstring of f ends in a quote"),
    ('def f(self) -> Ok:\n        \'The """b""" it is.\'', 4, "the docstring of f ends in a quote"),
    ("def f(self) -> Ok:\n        return 3", 5, "f has a body"),
    ("def aB(self) -> Ok: ...\n    def a_b(self) -> Ok: ...", 5, "duplicate C name trtx_thing_a_b"),
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
            'class Thing(Interface, cpp="IEngine", impl="VThing", field="m", offset=8):\n    """It."""\n',
            1,
            "duplicate name 'IEngine', which Engine",
        ),
        ("builder", "import os\n", 1, "unexpected Import at top level"),
        ("builder", "class Thing(\n", 1, "this is no Python syntax"),
        (
            "builder",
            'class Thing(Interface, cpp="IThing", impl="VThing", field="m", offset=8 + x):\n    """It."""\n',
            1,
            "'8 + x' is not a plain value",
        ),
        (
            "network",
            layer("layer_type=LayerType.kNO"),
            1,
            "unknown layer type 'kNO'",
        ),
        (
            "structs",
            'class S(Struct, cpp="S", size=8):\n    """It."""\n\n    a: int32 = 4\n    b: int32 = 4\n',
            5,
            "do not asc",
        ),
        ("structs", 'class S(Struct, cpp="S", size=4):\n    """It."""\n\n    a: int32 = 8\n', 4, "within its size 4"),
        ("structs", 'class S(Struct, cpp="S", size=4):\n    """It."""\n\n    a = 0\n', 4, "struct S takes NAME: type"),
        ("structs", 'class S(Struct, cpp="S", size=4):\n    """It."""\n\n    a: Gone = 0\n', 4, "unknown type 'Gone'"),
        ("enums", 'class E(Enum, cpp="E"):\n    """It."""\n', 1, "enum E needs underlying=<integer type>"),
        (
            "enums",
            'class E(Enum, cpp="E", underlying=int32):\n    """It."""\n\n    kA = 0\n    kA = 1\n',
            5,
            "'kA' in enum E",
        ),
        (
            "enums",
            'class E(Enum, cpp="E", underlying=int32):\n    """It."""\n\n    kA: int = 0\n',
            4,
            "takes NAME = value",
        ),
        ("exports", "def create(logger: Gone) -> int32: ...\n", 1, "unknown type 'Gone'"),
        ("enums", ENUM + "    kA = 1\n    kB = 1\n", 5, "duplicate value 1 in enum E"),
        ("enums", ENUM + '    kA = "one"\n', 4, "\"'one'\" is not an integer"),
        ("enums", ENUM + "    kA = 1.5\n", 4, "'1.5' is not an integer"),
        ("enums", ENUM + "    kA = True\n", 4, "'True' is not an integer"),
        ("enums", ENUM + "    kA = {[]: 1}\n", 4, "is not a plain value"),
        ("enums", ENUM + "    kA = 1 << 3\n", 4, "'1 << 3' is not a plain value"),
        ("enums", ENUM + "    kA = 4294967296\n", 4, "4294967296 is no int32, which is the type of enum E"),
        ("enums", ENUM + "    kA = kB = 1\n", 4, "enum E takes NAME = value only"),
        ("enums", ENUM, 1, "enum E has no values"),
        ("enums", ENUM + "    kA = 0\n    kB = 1\n    KB = 2\n    B = 3\n", 7, "duplicate C name TRTX_E_B"),
        (
            "enums",
            ENUM.replace('"""It."""', "'It is \"it\"'") + "    kA = 0\n",
            1,
            "the docstring of E ends in a quote",
        ),
        ("enums", ENUM.replace("int32", "float32") + "    kA = 1\n", 1, "enum E needs underlying=<integer type>"),
        ("enums", "@owned\n" + ENUM + "    kA = 1\n", 1, "decorator 'owned' does not belong here (enum)"),
        ("enums", "@since(3, 9)\n" + ENUM + "    kA = 1\n", 2, "unknown version (3, 9) of E"),
        ("enums", ENUM.replace("cpp", "cp") + "    kA = 1\n", 1, "class E takes no cp="),
        ("enums", ENUM.replace('"E", u', "3, u") + "    kA = 1\n", 1, "cpp= of class E is no text"),
        ("structs", 'class S(Struct, cpp="S"):\n    """It."""\n\n    a: int32 = 0\n', 1, "class S needs size="),
        ("structs", STRUCT + "    a: int32 = 0\n    b: int64 = 2\n", 5, "S.b cannot be at 2"),
        ("structs", STRUCT + "    a: int64 = 0\n    b: int32 = 4\n", 5, "S.b cannot be at 4"),
        ("structs", STRUCT + "    a: int64 = 0\n    b: Dims = 8\n", 1, "S needs 80 bytes, but its size is 16"),
        ("structs", STRUCT + "    a: Fixed[int64] = 0\n", 4, "unknown type 'Fixed[int64]'"),
        ("structs", STRUCT + '    a: Fixed[int64, "x"] = 0\n', 4, "is not an integer"),
        ("structs", STRUCT + "    a: Ok = 0\n", 4, "S.a cannot be Ok"),
        ("structs", STRUCT + "    register: int32 = 0\n", 4, "S.register has a name that is reserved or there twice"),
        (
            "structs",
            STRUCT + "    aB: int32 = 0\n    a_b: int32 = 4\n",
            5,
            "S.a_b has a name that is reserved or there",
        ),
        ("structs", STRUCT, 1, "struct S has no fields"),
        ("structs", STRUCT + "    a: Color = 0\n    b: Newer = 4\n" + NEWER, 5, "S.b is older than Newer, which"),
        ("builder", 'class Thing(Interface, Other, cpp="I"):\n    """It."""\n', 1, "class Thing has 2 bases"),
        ("builder", thing(imp="V"), 1, "class Thing takes no imp="),
        ("builder", thing(impl=None), 1, "class Thing needs impl="),
        ("builder", thing(field=None), 1, "class Thing needs field="),
        ("builder", thing(offset=None), 1, "class Thing needs offset="),
        ("builder", thing(offset="8"), 1, "is not an integer"),
        ("builder", thing(info=("I", 1, 0)), 1, "class Thing takes no info="),
        ("runtime", thing(impl="VEngine"), 1, "duplicate impl 'VEngine', which Engine has already"),
        (
            "builder",
            "@since(1, 6)\n" + thing() + "\n    def f(self) -> Ok: ...\n",
            5,
            "Thing.f is older than its class",
        ),
        (
            "builder",
            "@owned\n" + thing() + "\n    def destroy(self) -> Ok: ...\n",
            5,
            "duplicate C name trtx_thing_destroy",
        ),
        ("runtime", "@standalone\n" + thing(), 2, "Thing is @standalone, but not @owned, or the other as well"),
        ("runtime", "@owned\n@standalone\n@sibling\n" + thing(), 4, "Thing is @standalone, but not @owned, or the"),
        ("network", layer("layer_type='kSCALE'"), 1, "is no value of LayerType"),
        ("network", layer("layer_type=Color.kRED"), 1, "'Color.kRED' is no value of LayerType"),
        ("network", layer("layer_type=LayerType.kSCALE"), 1, "layer type 'kSCALE', which ScaleLayer has already"),
        ("network", layer(""), 1, "OtherLayer is a layer: write layer_type="),
        ("callbacks", WATCHER.format(""), 2, "class Other needs info="),
        ("callbacks", WATCHER.format(', info=("IOther", 1)'), 2, "is not (kind, major, minor)"),
        (
            "exports",
            '@bound("trtx_builder_create")\n@library("onxx")\n' + EXPORT,
            3,
            "unknown library 'onxx' of create",
        ),
        ("exports", EXPORT, 1, "create is neither @bound nor @hidden"),
        (
            "exports",
            '@bound("trtx_bilder_create")\n' + EXPORT,
            2,
            "bound to trtx_bilder_create, which trtx_c.h does not",
        ),
        ("exports", '@boud("trtx_builder_create")\n' + EXPORT, 1, "unknown decorator"),
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
        outputs(root)
    assert str(caught.value).startswith(f"{file}.pyi:{line + before.count(chr(10))}: ")
    assert message in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    root = tiny.write_tiny(tmp_path)
    (root / "csrc" / "registry" / "builder.pyi").write_bytes(b"\xff\xfe")
    with pytest.raises(RegistryError, match=r"^builder\.pyi:1: this is no text in UTF-8"):
        outputs(root)


def test_a_method_that_the_header_declares_by_hand(tmp_path: Path) -> None:
    method = THING.replace("Thing", "Builder").replace(
        '"""It."""\n\n', '"""It."""\n\n    def create(self) -> Ok: ...\n'
    )
    root = tiny.write_tiny(tmp_path, builder=HEAD + method)
    with pytest.raises(RegistryError, match=r"^builder\.pyi:8: trtx_c\.h declares trtx_builder_create by hand"):
        outputs(root)
