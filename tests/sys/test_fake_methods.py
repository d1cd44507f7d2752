# SPDX-License-Identifier: Apache-2.0
"""Every bound method of the registry, under every fault and every kind of wrong argument, on the fake library.

A failing call says so by its status (a getter: by trtx_last_status), its message names the C function, its results are
null or zero, and nothing is made or lost: the fake's live counts stay.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from codegen.ctypes_map import CTypes
from codegen.model import ARRAYS, Interface, Method, Parameter, length_of
from codegen.naming import c_function
from codegen.read import read_registry
from tests.helpers.fake import run_with_fake

FAMILIES = [
    "builder", "network", "layers_dense", "layers_shape", "layers_control", "layers_transformer", "onnx_parser",
    "runtime", "engine",
]  # fmt: skip

DRIVER = (Path(__file__).parent / "fake_methods_driver.py").read_text(encoding="utf-8")


@cache
def methods(family: str) -> list[dict[str, object]]:
    """What the driver needs to know of each method."""
    registry = read_registry()
    types = CTypes(registry)
    found = next(f for f in registry.families if f.name == family)
    described = []
    for interface in found.interfaces:
        if interface.kind in ("impl", "direct") and not interface.hidden and not interface.callback:
            described += [_describe(types, interface, m) for m in interface.bound_methods]
    return described


def _describe(types: CTypes, interface: Interface, method: Method) -> dict[str, object]:
    base = interface.impl if interface.kind == "impl" else interface.cpp.split("::")[-1]
    returns = method.returns
    must = returns.kind in ("ok", "owned") or (types.is_handle(returns) and not returns.optional)
    must = must or (returns.kind == "str" and not returns.optional)
    status = not method.is_accessor or types.is_struct(returns)
    # Positions among the arguments in C, of which self is the first.
    results = [i for i, p in enumerate(method.parameters, 1) if p.type.kind == "out"]
    if status and types.result(returns):
        results.append(len(method.parameters) + 1)
    lengths = {
        method.parameters.index(length) + 1
        for i, p in enumerate(method.parameters)
        if p.type.kind == "bytes" or p.type.kind in ARRAYS
        for length in [length_of(method.parameters, i)]
        if length and length.type.name in ("int32", "int64")
    }
    return {
        "interface": interface.name,
        "layer_type": interface.layer_type,
        "function": c_function(interface.name, method.name),
        "virtual": f"{base}::{method.name}",
        "since": list(method.since),
        "long": method.long,
        "status": status,
        "results": results,
        "lengths": sorted(lengths),
        "void": returns.kind == "none",
        "null_fails": must and status,
        "negative_fails": returns.kind == "count",
        "required": [_is_required(types, p) for p in method.parameters],
    }


def _is_required(types: CTypes, parameter: Parameter) -> bool:
    """Whether null cannot be right for a parameter that is a pointer; arrays may be null when they are empty."""
    type_ = parameter.type
    if type_.optional or (types.is_struct(type_) and type_.name == "Weights"):
        return False
    return type_.kind in ("str", "bytes", "out") or types.is_struct(type_) or types.is_handle(type_)


def run(family: str, what: str, version: str | None = None) -> int:
    """Run one kind of check on all methods of a family; give how many calls were checked."""
    code = f"METHODS = {methods(family)!r}\n{DRIVER}\nprint({what})\n"
    return int(run_with_fake(code, version=version).split()[-1])


@pytest.mark.parametrize("family", FAMILIES)
def test_throwing(family: str) -> None:
    assert run(family, "throwing()") == 3 * len(methods(family))


@pytest.mark.parametrize("family", FAMILIES)
def test_failing_answers(family: str) -> None:
    """Null, false and negative answers, and errors in the log of calls that have no answer."""
    assert run(family, "answers()") > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_null_self(family: str) -> None:
    assert run(family, "null_self()") == len(methods(family))


@pytest.mark.parametrize("family", FAMILIES)
def test_null_arguments(family: str) -> None:
    run(family, "null_arguments()")


@pytest.mark.parametrize("family", FAMILIES)
def test_negative_lengths(family: str) -> None:
    assert run(family, "negative_lengths()") == sum(len(m["lengths"]) for m in methods(family))


@pytest.mark.parametrize("family", FAMILIES)
def test_newer_than_the_library(family: str) -> None:
    newer = [m for m in methods(family) if m["since"] != [1, 5]]
    assert run(family, "newer()", version="1.5") == len(newer)


@pytest.mark.parametrize("family", FAMILIES)
def test_harmless_faults(family: str) -> None:
    """Sleeping, logging strange text and calling guests does not fail a call, and never ends the process."""
    assert run(family, "harmless()") > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_python_runs_during_long_calls_and_no_others(family: str) -> None:
    assert run(family, "who_runs_meanwhile()") == len(methods(family))


def test_all_families_are_tested() -> None:
    registry = read_registry()
    bound = {
        f.name for f in registry.families for i in f.interfaces
        if i.kind in ("impl", "direct") and i.bound_methods and not i.callback
    }  # fmt: skip
    assert bound <= set(FAMILIES)
