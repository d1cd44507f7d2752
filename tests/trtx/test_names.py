"""What users see of names: at a prompt, in `help`, in messages, and as `inspect` tells them."""

from __future__ import annotations

import enum
import inspect
import pydoc
import re
import rlcompleter
import subprocess
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import pytest

import trtx
import trtx.cuda
import trtx.diagnostics
from tests.helpers.process import ROOT

KINDS = {name: kind for name in trtx.__all__ if isinstance(kind := getattr(trtx, name), type)}


def test_only_public_names_are_listed() -> None:
    assert dir(trtx) == sorted(trtx.__all__)
    assert dir(trtx.diagnostics) == sorted(trtx.diagnostics.__all__)
    assert dir(trtx.cuda) == sorted([*trtx.cuda.__all__, *trtx.cuda.CORE_NAMES])
    assert {"Device", "Stream", "Buffer"} <= set(dir(trtx.cuda))
    for module in (trtx, trtx.cuda, trtx.diagnostics):
        assert [name for name in dir(module) if name.startswith("_") and name != "__version__"] == []
        assert len(set(dir(module))) == len(dir(module))


def test_the_backend_lists_only_public_names() -> None:
    backend = pytest.importorskip("trtx.onnx_backend", reason="needs the package onnx", exc_type=ImportError)
    assert dir(backend) == sorted(backend.__all__)


def completions(text: str) -> list[str]:
    return rlcompleter.Completer({"trtx": trtx}).attr_matches(text)


def test_a_prompt_completes_names_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trtx.cuda, "driver_problem", lambda: "There is no GPU")
    found = [text.rstrip("()").removeprefix("trtx.cuda.") for text in completions("trtx.cuda.")]
    assert sorted(found) == dir(trtx.cuda)


def test_a_prompt_completes_names_without_optional_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "trtx.onnx_backend", raising=False)
    monkeypatch.delattr(trtx, "onnx_backend", raising=False)
    found = {text.rstrip("()").removeprefix("trtx.") for text in completions("trtx.")}
    assert found == {name for name in trtx.__all__ if not name.startswith("_")}
    with pytest.raises(AttributeError, match=r"needs the package onnx .*pip install onnx"):
        _ = trtx.onnx_backend
    with pytest.raises(ImportError, match=r"needs the package onnx .*pip install onnx"):
        from trtx import onnx_backend  # noqa: F401


def test_listing_names_loads_nothing() -> None:
    program = (
        "import sys, trtx, trtx.cuda; before = {*sys.modules}; dir(trtx); dir(trtx.cuda); "
        "assert {*sys.modules} == before, {*sys.modules} - before"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_names_of_cuda_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As tests of users do."""
    with monkeypatch.context() as patch:
        patch.setattr(trtx.cuda, "driver_problem", lambda: None)
        patch.setattr(trtx.cuda, "_core", lambda: ModuleType("core"))
        with pytest.raises(AttributeError, match="Device"):
            _ = trtx.cuda.Device
        trtx.cuda.Device = "mine"  # type: ignore[misc, assignment]
        assert trtx.cuda.Device == "mine"
        del trtx.cuda.Device
        with pytest.raises(AttributeError, match="Device"):
            _ = trtx.cuda.Device


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """Methods, getters and setters that a class has of `trtx`, with those of its bases."""
    for name in dir(kind):
        value = inspect.getattr_static(kind, name)
        parts = (value.fget, value.fset) if isinstance(value, property) else (getattr(value, "__func__", value),)
        for part in parts:
            if isinstance(part, FunctionType) and part.__module__.partition(".")[0] == "trtx":
                yield name, part


@pytest.mark.parametrize("name", KINDS)
def test_methods_say_that_they_are_of_public_classes(name: str) -> None:
    kind = KINDS[name]
    owners = {base.__name__ for base in kind.__mro__ if base.__module__ == "trtx"}
    wrong = {
        (method, part.__qualname__)
        for method, part in members(kind)
        if not method.startswith("_") and part.__qualname__.rpartition(".")[0] not in owners
    }
    assert wrong == set()


@pytest.mark.parametrize("name", [name for name in KINDS if not issubclass(KINDS[name], (enum.Enum, Exception))])
def test_help_has_no_methods_of_private_classes(name: str) -> None:
    text = pydoc.render_doc(KINDS[name], renderer=pydoc.plaintext)
    for block in re.split(r"^ \|  -{70}$", text, flags=re.MULTILINE):
        if re.search(r"inherited from trtx\._", block):  # what is left there is of Python, such as __init__
            assert re.findall(r"^ \|  ([a-zA-Z]\w*)(?:\(|$)", block, re.MULTILINE) == []


@pytest.mark.parametrize("name", KINDS)
def test_everything_has_a_signature(name: str) -> None:
    kind = KINDS[name]
    signature = inspect.signature(kind)
    if not issubclass(kind, (enum.Enum, Exception)):
        assert not {"_", "__", "args", "kwargs"} & signature.parameters.keys()
        assert "object at 0x" not in str(signature)
    for _, part in members(kind):
        assert "object at 0x" not in str(inspect.signature(part))
    if "__call__" in vars(kind):
        assert inspect.signature(vars(kind)["__call__"]).parameters


def test_functions_have_signatures() -> None:
    functions = [getattr(trtx, name) for name in trtx.__all__ if isinstance(getattr(trtx, name), FunctionType)]
    functions += [getattr(trtx.cuda, name) for name in trtx.cuda.__all__]
    functions += [getattr(trtx.diagnostics, name) for name in trtx.diagnostics.__all__]
    assert len(functions) > 15
    for function in functions:
        assert "object at 0x" not in str(inspect.signature(function))


def test_signatures_of_classes_that_users_derive() -> None:
    class Mine(trtx.Profiler):
        def __init__(self, path: str, *, runs: int = 3) -> None: ...

        def report_layer_time(self, layer_name: str, ms: float) -> None: ...

    assert str(inspect.signature(Mine)) == "(path: 'str', *, runs: 'int' = 3)"
    assert str(inspect.signature(trtx.Profiler)) == "()"
    assert str(inspect.signature(trtx.Logger)).startswith("(min_severity")
    assert not hasattr(Mine("x"), "__signature__")


def test_messages_of_wrong_calls_name_public_classes(network: trtx.NetworkDefinition) -> None:
    with pytest.raises(TypeError, match=r"^NetworkDefinition\.add_normalization\(\) missing"):
        network.add_normalization()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^NetworkDefinition\.close\(\) takes"):
        network.close(1)  # type: ignore[call-arg]
    tensor = network.add_input("x", trtx.float32, (2, 3))
    with pytest.raises(TypeError, match=r"^Layer\.get_output\(\) missing"):
        network.add_identity(tensor).get_output()  # type: ignore[call-arg]


def test_a_method_of_a_private_base_can_be_overridden(builder: trtx.Builder) -> None:
    """What a public class has of its bases is its own: `super` finds it, and `vars` too."""

    class Mine(trtx.Logger):
        closed = 0

        def close(self) -> None:
            self.closed += 1
            super().close()

    mine = Mine()
    with mine:
        pass
    assert mine.closed == 1
    assert mine.is_closed
