"""Accessors: which ones the registry asks for, what is written for each, and what it must not say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from codegen import accessors, emit_accessors, emit_layers
from codegen.model import Registry, RegistryError
from codegen.read import read_registry

from . import tiny

HEAD = '''"""A builder."""

from vocabulary import *

@owned
class Builder(Interface, cpp="IBuilder", impl="VBuilder", field="mImpl", offset=8):
    """Builds."""

'''


def builder(tmp_path: Path, *methods: str) -> Registry:
    """A registry whose builder has these methods; the decorators stand in one line with them."""
    lines = [line for method in methods for line in method.split("; ")]
    return tiny.load(tiny.write_tiny(tmp_path, builder=HEAD + "".join(f"    {line}\n" for line in lines)))


def written(registry: Registry) -> str:
    """The accessors of the builder, without what is imported."""
    text = emit_accessors.emit(registry)["trtx/_build/accessors_gen.py"]
    compile(text, "accessors_gen.py", "exec")
    return text[text.index("class BuilderAccessors") : text.find("\nclass ", text.index("class BuilderAccessors")) + 1]


def body(text: str, name: str, setter: bool = False) -> str:
    """One function of a class, in one line."""
    start = text.index(f"@{name}.setter" if setter else f"def {name}(")
    rest = text[start:].split("\n\n    @")[0].split("\n\n    def ")[0]
    return " ".join(rest.split())


SET = "def setSize(self, size: int32) -> Ok: ..."
GET = "@const; def getSize(self) -> int32: ..."


def test_a_getter_is_a_property(tmp_path: Path) -> None:
    text = written(builder(tmp_path, GET))
    assert "    @property\n    def size(self) -> int:\n" in text
    assert "return _builder_get_size(self._ptr)" in text
    assert "setter" not in text


def test_a_setter_makes_it_writable(tmp_path: Path) -> None:
    text = body(written(builder(tmp_path, SET, f'@python("width", low=1); {GET}')), "width", setter=True)
    assert "def width(self, value: SupportsIndex) -> None:" in text
    assert "if type(value) is not int or not 1 <= value <= 2**31 - 1:" in text
    assert 'value = check_int(value, "width", 1, 2**31 - 1)' in text
    assert 'self._check(status, f"width = {value}")' in text


def test_nothing_comes_between_the_look_at_notes_and_the_call(tmp_path: Path) -> None:
    """Before Python 3.11 threads may switch at a jump that is taken: the branch with the call has none."""
    tree = ast.parse(written(builder(tmp_path, SET, GET)))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "_notes" in ast.unparse(node.test)]
    assert [ast.unparse(node.test) for node in found] == ["not self._notes"]
    assert [ast.unparse(line) for line in found[0].body] == ["status = _builder_set_size(self._ptr, value)"]
    assert [ast.unparse(line) for line in found[0].orelse] == [
        "status = changed(self, 'size', self, _builder_set_size, value)"
    ]


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        ("bool", "if type(value) is not bool: value = check_bool"),
        ("Color", "if type(value) is not Color: value = check_enum(Color, value, "),
        ("Flags[Color]", "if type(value) is not int or value & ~0x3: value = check_mask(Color, value, "),
        ("float32", 'number = check_float(value, "x")'),
        ("str", 'encoded = check_text(value, "x")'),
        ("int64", 'if type(value) is not int or not -(2**63) <= value <= 2**63 - 1: value = check_int(value, "x")'),
        ("size_t", "if type(value) is not int or not 0 <= value <= 2**64 - 1:"),
        ("Stream", "if type(value) is not int or not 0 <= value <= 2**64 - 1:"),
    ],
)
def test_values_are_checked(tmp_path: Path, type_: str, words: str) -> None:
    registry = builder(tmp_path, f"def setX(self, x: {type_}) -> Ok: ...", f"@const; def getX(self) -> {type_}: ...")
    assert words in body(written(registry), "x", setter=True)


def test_what_is_read(tmp_path: Path) -> None:
    text = written(
        builder(
            tmp_path,
            "@const; def getColor(self) -> Color: ...",
            "@const; def getName(self) -> str | None: ...",
            "@const; def isOn(self) -> bool: ...",
            "@long; @const; def getSpace(self) -> int64: ...",
            "@since(1, 6); @const; def getNewer(self) -> str: ...",
        )
    )
    assert "return _COLOR[_builder_get_color(self._ptr)]" in text
    assert 'return _builder_get_name(self._ptr) or ""' in text
    assert "def is_on(self) -> bool:" in text
    assert 'return self._long("space", _builder_get_space)' in text
    newer = body(text, "newer")
    assert "Needs TensorRT-RTX 1.6." in newer
    assert 'if status or pending: self._check(status, "newer") return text(result[0])' in newer


def test_words_about_settings(tmp_path: Path) -> None:
    text = written(
        builder(
            tmp_path,
            "def setShare(self, x: float32) -> Ok: ...",
            "@python(low=0, high=1); @const; def getShare(self) -> float32: ...",
            "def setName(self, x: str) -> Ok: ...",
            "@python(limit=9); @const; def getName(self) -> str: ...",
            SET,
            f'@python(read_back="it has none", more="Not for all."); {GET}',
        )
    )
    assert 'reject("share", value, "a number from 0 to 1")' in text
    assert 'check_text(value, "name", limit=9)' in text
    assert 'self._check(status, f"name = {value!r}")' in text
    size = body(text, "size", setter=True)
    assert 'if _builder_get_size(self._ptr) != value: no_effect(self, "size", value, "it has none")' in size
    assert "Not for all." in body(text, "size")


def test_methods(tmp_path: Path) -> None:
    text = written(
        builder(
            tmp_path,
            "@python(method=True); def setColor(self, color: Color, size: int32) -> Ok: ...",
            "@python(method=True); def clearAll(self) -> None: ...",
            "@python(method=True); @accessor; @const; def getColor(self, color: Color) -> bool: ...",
            "@python(method=True); @const; def getSize(self, color: Color) -> int64: ...",
        )
    )
    changing = body(text, "set_color")
    assert "(self, color: Color, size: SupportsIndex) -> Literal[True]:" in changing
    assert 'self._check(status, f"set_color({color}, {size})") return True' in changing
    assert "Parameters ---------- color : Color size : int" in changing
    assert body(text, "clear_all").endswith('self._check(status, "clear_all()")')
    assert body(text, "get_color").endswith("return _builder_get_color(self._ptr, color)")
    asking = body(text, "get_size")
    assert 'result = ffi.new("int64_t *") status = _builder_get_size(self._ptr, color, result)' in asking
    assert asking.endswith("value: int = result[0] return value")


def test_a_parameter_that_is_called_like_its_type() -> None:
    registry = read_registry()
    (flag,) = [c for c in accessors.calls(registry, registry.interfaces["BuilderConfig"]) if c.name == "set_flag"]
    assert [name for name, _ in flag.parameters] == ["flag"]


def test_settings_of_layers(tmp_path: Path) -> None:
    settings = """
    def setNbGroups(self, nbGroups: int64) -> None: ...
    @python("groups", high="rank")
    @const
    def getNbGroups(self) -> int64: ...
    def setPad(self, pad: Dims) -> None: ...
    @python(unset=True, length="rank")
    @const
    def getPad(self) -> Dims: ...
    def setAxes(self, axes: uint32) -> None: ...
    @const
    def getAxes(self) -> uint32: ...
    @const
    def getKernel(self) -> Weights: ...
"""
    network = tiny.NETWORK[: tiny.NETWORK.index("    def setNbGroups")] + settings
    text = emit_layers.emit(tiny.load(tiny.write_tiny(tmp_path, network=network)))
    compile(text, "layers_gen.py", "exec")
    assert 'value = check_dimension(self, value, "groups", 1)' in text
    assert "def pad(self) -> tuple[int, ...] | None:" in text
    assert 'return read_unset_dims(self, ScaleLayer, "pad", _scale_layer_get_pad)' in text
    assert 'write_dims(self, ScaleLayer, "pad", _scale_layer_get_pad, _scale_layer_set_pad, value, is_win' in text
    assert 'mask = check_axes_of(value, "axes", input_shape(self))' in text
    assert "Their numbers can be set as well." in text
    assert 'return read_weights(self, ScaleLayer, "kernel", _scale_layer_get_kernel)' in text
    assert "if not value:\n            check_kind(self, ScaleLayer, " in text


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        (["@const; def getOther(self) -> Borrowed[Builder]: ..."], "getOther can be no property: write @by_hand"),
        (["@python(low=1); @const; def isOn(self) -> bool: ..."], "isOn has no use for low= as it is"),
        (["@python(filled=True); @const; def isOn(self) -> bool: ..."], "isOn has no use for filled= as it is"),
        (["@python(method=True, low=0); def setOn(self, on: bool) -> Ok: ..."], "setOn has no one number for low="),
        ([f"@python(finite=True); {GET}"], "getSize has no use for finite="),
        ([f'@python(high="most"); {GET}'], "getSize has no use for high="),
        ([f'@python(read_back="why"); {GET}'], "getSize has no use for read_back="),
        ([f'@python("a"); @by_hand("why"); {GET}'], "getSize says @python or @by_hand, but there is no accessor, or"),
        (['@python("a"); @hidden("why"); def getSize(self) -> int32: ...'], "but there is no accessor"),
        (['@python("a"); def setSize(self, x: int32) -> Ok: ...'], "setSize is no getter"),
        (["@python(method=True); def setIt(self, x: str) -> Ok: ..."], "setIt cannot take 'x': write @by_hand"),
        (["@python(method=True); def make(self) -> Owned[Builder]: ..."], "make gives no plain value"),
        ([f"@python; {GET}"], "decorator 'python' does not take these arguments"),
        ([f"@python(); {GET}"], "decorator 'python()' does not take these arguments"),
        ([f'@python("a", "b"); {GET}'], "does not take these arguments"),
        ([f"@python(lowest=1); {GET}"], "does not take these arguments"),
        ([f'@python(low="1"); {GET}'], "does not take these arguments"),
        ([f'@by_hand(""); {GET}'], "does not take these arguments"),
    ],
)
def test_mistakes(tmp_path: Path, methods: list[str], message: str) -> None:
    with pytest.raises(RegistryError, match=re.escape(message)) as caught:
        builder(tmp_path, *methods)
    assert str(caught.value).startswith("builder.pyi:")


def test_other_classes_have_no_accessors(tmp_path: Path) -> None:
    runtime = tiny.RUNTIME.replace("    def setName", '    @by_hand("why")\n    def setName')
    with pytest.raises(RegistryError, match=r"Engine\.setName says @python or @by_hand, but there is no accessor"):
        tiny.load(tiny.write_tiny(tmp_path, runtime=runtime))


def test_lines_are_short_and_functions_are_looked_up_once() -> None:
    registry = read_registry()
    for text in (*emit_accessors.emit(registry).values(), emit_layers.emit(registry)):
        assert max(map(len, text.splitlines())) <= emit_accessors.WIDTH
        assert "lib." not in text[text.index("\nclass ") :]


def test_a_method_may_have_a_range(tmp_path: Path) -> None:
    text = body(
        written(builder(tmp_path, "@python(method=True, low=0, high=9); def setLimit(self, size: int32) -> Ok: ...")),
        "set_limit",
    )
    assert 'if type(size) is not int or not 0 <= size <= 9: size = check_int(size, "size", 0, 9)' in text


def test_a_text_that_must_not_be_empty(tmp_path: Path) -> None:
    methods = (
        "def setTitle(self, title: str) -> Ok: ...",
        "@python(filled=True); @const; def getTitle(self) -> str: ...",
    )
    text = body(written(builder(tmp_path, *methods)), "title", setter=True)
    assert 'check_text(value, "title", empty=False)' in text
