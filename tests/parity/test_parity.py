"""Nothing of NVIDIA's package is missing without a word, and no word is out of date."""

from __future__ import annotations

import ast
import inspect

import pytest

import trtx
from codegen.read import ROOT, read_registry
from tests.helpers import libraries
from trtx._core import hints, keywords
from trtx_sys._enum_base import Missing

from . import compare, facts, native, tables
from .__main__ import PAGE
from .page import page


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_every_name_and_keyword_is_there_or_explained(version: str) -> None:
    assert compare.problems(version) == []


def test_nothing_is_left_for_later() -> None:
    assert set() == tables.NOT_YET


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_the_stored_facts_are_those_of_the_package(version: str) -> None:
    if facts.bindings(version) is None or libraries.library(version) is None:
        pytest.skip(f"NVIDIA's package {version} is not here: run 'python -m tests.parity --extract'")
    assert facts.extract(version) == facts.stored(version)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run 'python -m tests.parity'"


def test_the_tables_of_other_names_are_needed() -> None:
    classes = {name for version in facts.VERSIONS for name in facts.stored(version)["classes"]}
    assert tables.CLASSES.keys() <= classes
    members = {
        f"{name}.{member}"
        for version in facts.VERSIONS
        for name, kind in facts.stored(version)["classes"].items()
        for member in kind.get("members", ())
    }
    assert {*tables.OTHER_KINDS, *tables.POSITIONS, *tables.KEYWORDS} <= members
    assert {
        name for each in facts.VERSIONS for part in ("functions", "values") for name in facts.stored(each)[part]
    } >= tables.NO_API


def test_hints_of_the_module() -> None:
    assert [name for name in hints.NAMES if name in trtx.__all__] == []
    for name, hint in hints.NAMES.items():
        with pytest.raises(AttributeError) as caught:
            getattr(trtx, name)
        assert str(caught.value) == f"module 'trtx' has no attribute {name!r}; {hint}"
    with pytest.raises(AttributeError, match=r"^module 'trtx' has no attribute 'IBuilder'; use trtx\.Builder$"):
        trtx.IBuilder  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^module 'trtx' has no attribute 'Nonsense'$"):
        trtx.Nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_hints_are_not_among_the_names_of_an_object(native_library: str) -> None:
    class Mine(trtx.Logger):
        pass

    with trtx.Builder(logger := Mine()) as builder:
        logger.mine = 3  # type: ignore[attr-defined]
        assert {"mine", "log"} <= set(dir(logger))
        assert "build_engine" not in dir(builder)
        assert {"build_serialized_network", "max_threads"} <= set(dir(builder))


def test_hints_of_classes_and_enums() -> None:
    for owner, table in hints.MEMBERS.items():
        kind = getattr(trtx, owner)
        for name, hint in table.items():
            with pytest.raises(AttributeError) as caught:
                getattr(kind, name)
            assert str(caught.value) == f"{owner} has no {name}; {hint}"
            assert not hasattr(kind, name)


def test_hints_name_what_is_there() -> None:
    """``use X`` names a member of the class, or of `trtx`."""
    for owner, table in hints.MEMBERS.items():
        for hint in table.values():
            if hint.startswith("use "):
                name = hint.removeprefix("use ").split("(")[0].split(",")[0].split(" ")[0]
                target = getattr(trtx, owner)
                if "." in name:
                    first, _, name = name.removeprefix("trtx.").partition(".")
                    target = getattr(trtx, first)
                if owner != "ParserErrorInfo" and name != "len":
                    assert hasattr(target, name), hint


def test_hints_on_objects() -> None:
    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
    network = builder.create_network()
    with pytest.raises(AttributeError, match=r"^NetworkDefinition has no add_plugin_v3; TensorRT-RTX has no plugins$"):
        network.add_plugin_v3()  # type: ignore[attr-defined]
    layer = network.add_identity(network.add_input("x", trtx.float32, (2,)))
    with pytest.raises(AttributeError, match=r"^IdentityLayer has no precision; networks are strongly typed: cast"):
        layer.precision = trtx.float16  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"^BuilderConfig has no max_workspace_size; use set_memory_pool_limit"):
        builder.create_config().max_workspace_size = 1 << 30  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        network.nonsense  # type: ignore[attr-defined]  # noqa: B018
    network.close()
    with pytest.raises(AttributeError, match="no plugins"):
        network.add_plugin_v3()  # type: ignore[attr-defined]


def test_hints_do_not_slow_classes_down() -> None:
    """``__getattr__`` would: it takes away a shortcut for every name, also for those that are there."""
    kinds = [value for name in trtx.__all__ if isinstance(value := getattr(trtx, name), type)]
    assert [kind for kind in kinds if any("__getattr__" in vars(base) for base in kind.__mro__)] == []
    assert "FP16" not in dir(trtx.DataType)
    assert "FP16" not in trtx.DataType.__members__


# Keywords


def test_other_keywords_for_the_same_parameter() -> None:
    calls = []

    @keywords.also_named(theirs="ours")
    def function(first: int, ours: int = 0) -> int:
        """It."""
        calls.append((first, ours))
        return ours

    assert function(1, theirs=2) == function(1, 2) == function(1, ours=2) == 2  # type: ignore[call-arg]
    assert function.__doc__ == "It."
    assert list(inspect.signature(function).parameters) == ["first", "ours"]
    with pytest.raises(TypeError, match=r"function\(\) got both 'ours' and 'theirs', which mean the same"):
        function(1, ours=1, theirs=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="others"):
        function(1, others=1)  # type: ignore[call-arg]
    assert calls == [(1, 2)] * 3


def test_execute_async_v3_is_enqueue_v3_with_another_keyword() -> None:
    ours, theirs = trtx.ExecutionContext.enqueue_v3, trtx.ExecutionContext.execute_async_v3
    assert list(inspect.signature(theirs).parameters) == ["self", "stream_handle"]
    assert theirs.__code__.co_code == ours.__code__.co_code  # type: ignore[attr-defined]
    assert theirs.__qualname__ == "ExecutionContext.execute_async_v3"
    assert "stream_handle\n            What" in (theirs.__doc__ or "")


def test_keywords_of_weights() -> None:
    np = pytest.importorskip("numpy")
    values = np.ones(3, "float32")
    assert trtx.Weights(type=trtx.float32, ptr=values, count=2).size == 2
    assert trtx.Weights(a=values).size == 3
    assert trtx.Weights(type=trtx.float16).dtype is trtx.float16
    with pytest.raises(TypeError, match="two of"):
        trtx.Weights(trtx.float32, type=trtx.float32)


# Enums


def test_every_value_of_an_enum_is_explained() -> None:
    for enum in read_registry().enums.values():
        if not enum.hidden:
            assert enum.docs.keys() == enum.values.keys(), enum.name
            kind = getattr(trtx, enum.name)
            for member in kind:
                assert member.__doc__
                assert member.__doc__ != kind.__doc__
                assert member.__doc__ in inspect.getdoc(kind)  # type: ignore[operator]
    assert trtx.DataType.HALF.__doc__ == "IEEE float of 16 bits."


def test_aliases_and_sizes() -> None:
    assert trtx.LayerType.KV_CACHE_UPDATE is trtx.LayerType.KVCACHE_UPDATE
    sizes = {kind.name: kind.itemsize for kind in trtx.DataType}
    assert sizes.pop("INT4") == sizes.pop("FP4") == 0.5
    assert {name: trtx.nbytes((1,), trtx.DataType[name]) for name in sizes} == sizes
    assert all(type(size) is int for size in sizes.values())


# The native side


def test_every_native_method_is_used_or_explained() -> None:
    assert [name for name, reason in native.missing().items() if not reason] == []
    assert native.stale() == []


def test_what_trtx_calls_is_there() -> None:
    """The search finds what it should: a method that is called, one by a put-together name, and no other."""
    assert {"trtx_builder_create_builder_config", "trtx_fill_layer_set_alpha_int64"} <= native.called()
    assert native.bound()["trtx_builder_create_builder_config"] == "IBuilder::createBuilderConfig"
    tree = ast.parse((ROOT / "trtx" / "_build" / "builder.py").read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("trtx_")}
    assert used <= native.called()


def test_missing_stands_in_no_signature() -> None:
    found = [name for name, value in vars(trtx.NetworkDefinition).items() if isinstance(value, Missing)]
    assert "add_plugin_v3" in found
