"""The native side: which bound C functions `trtx` calls, and why it leaves the others out."""

from __future__ import annotations

import re
from functools import cache

from codegen.naming import c_function
from codegen.read import ROOT, read_registry

#: C functions of methods that `trtx` does not call, by patterns, with the reason.
LEFT_OUT: dict[str, str] = {
    r"trtx_\w+_(set|get)_dla_\w+": "TensorRT-RTX knows no DLA cores, only GPUs",
    r"trtx_builder_config_\w*plugins?_to_serialize": "TensorRT-RTX runs no plugins",
    r"trtx_runtime_load_runtime": "engines of TensorRT-RTX hold no runtime that could be loaded",
    r"trtx_timing_cache_(query|query_keys|update)": "a timing cache of TensorRT-RTX has no entries",
    r"trtx_(builder_config_get_timing_cache|builder_config_get_progress_monitor|runtime_config_get_runtime_cache)": (
        "`trtx` answers with the very object that was set"
    ),
    r"trtx_(builder|runtime|refitter)_get_logger": "`trtx` answers with the very logger that it was made with",
    r"trtx_network_definition_get_builder": "`trtx` answers with the very builder that made it",
    r"trtx_execution_context_get_(engine|runtime_config)": "`trtx` answers with the very object that it was made from",
    r"trtx_engine_inspector_get_execution_context": "`trtx` answers with the very context that was set",
    r"trtx_network_definition_add_(topk|normalization|non_zero|nms)": "`trtx` calls V2, which can do all of it",
    r"trtx_onnx_parser_parse_from_file": "`trtx` maps the file into memory, looks through it and calls `parse`",
    r"trtx_onnx_parser_refitter_refit_from_file": "`trtx` maps the file into memory and calls `refitFromBytes`",
    r"trtx_execution_context_get_(profiler|output_allocator|temporary_storage_allocator|debug_listener)": (
        "`trtx` answers with the very object that was set"
    ),
    r"trtx_moe_layer_set_input": "layers have one `set_input`, that of `ILayer`",
    r"trtx_execution_context_(set(_input|_output)?_tensor_address|get_output_tensor_address|enqueue_v3)": (
        "`trtx` does this for all tensors of a run in one call of its own, in C"
    ),
}


@cache
def bound() -> dict[str, str]:
    """The C functions of all bound methods of the library, with the methods' names."""
    registry = read_registry()
    return {
        c_function(interface.name, method.name): f"{interface.cpp}::{method.name}"
        for interface in registry.interfaces.values()
        if interface.kind != "application"
        for method in interface.bound_methods
    }


@cache
def called() -> set[str]:
    """The C functions that `trtx` names, also those whose names it puts together."""
    found: set[str] = set()
    for path in sorted((ROOT / "trtx").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"\btrtx_\w+", text))
        for pattern in re.findall(r'f"(trtx_[a-z]+_\w*\{[^"]*)"', text):
            whole = re.compile(re.sub(r"\{[^{}]*\}", r"\\w*", pattern))
            found |= {name for name in bound() if whole.fullmatch(name)}
    return found


def missing() -> dict[str, str]:
    """C functions that `trtx` does not call, with their reasons; empty where there is none."""
    return {name: _reason(name) for name in bound() if name not in called()}


def _reason(name: str) -> str:
    return next((reason for pattern, reason in LEFT_OUT.items() if re.fullmatch(pattern, name)), "")


def stale() -> list[str]:
    """Patterns that stand for nothing any more."""
    return [pattern for pattern in LEFT_OUT if not any(re.fullmatch(pattern, name) for name in missing())]


def page() -> list[str]:
    """The part of the page."""
    found = missing()
    lines = ["## Methods of the library", ""]
    lines += [
        f"Of {len(bound())} methods that `trtx_sys` binds, `trtx` calls {len(bound()) - len(found)}. The others:",
        "",
    ]
    lines += ["| method | why |", "|---|---|"]
    lines += [f"| `{bound()[name]}` | {reason or 'not explained'} |" for name, reason in found.items()]
    return [*lines, ""]
