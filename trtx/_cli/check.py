"""``trtx check``: what of a model TensorRT-RTX would refuse, node by node."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

import trtx

from .._onnx.explain import summarize
from .._onnx.source import map_file
from . import words
from .failures import Code, Failure, explain
from .inspect_model import describe_model
from .log import Log
from .options import Command, is_engine_file, source
from .screen import Screen, common

if TYPE_CHECKING:
    from rich.console import Console


@click.command("check", cls=Command)
@source("model", "model")
@click.option("--nodes", "with_nodes", is_flag=True, help="List every node, not only those that are refused.")
@click.option(
    "--build", "with_build", is_flag=True, help="Build an engine too, which finds what the parser passes over."
)
@click.option("--allow-outside-data", is_flag=True, help="Let external data lie outside of the model's folder.")
@common
def command(screen: Screen, model: str, with_nodes: bool, with_build: bool, allow_outside_data: bool) -> None:
    """Tell what of an ONNX MODEL TensorRT-RTX would refuse, and why: operators, types, shapes. No GPU is needed.

    \b
    trtx check model.onnx
    trtx check model.onnx --nodes --json

    The model is first parsed in a process of its own, so a model that crashes the parser is told of like any other.
    Where the package onnx is installed, it is also told whether 'trtx build --prepare' would help. The exit code is 0
    for a model that is taken, and 1 for one that is not.
    """
    if is_engine_file(model):
        raise Failure(f"{model!r} is an engine", "check is for ONNX models, inspect looks at engines", Code.USAGE)
    data = _check(screen, model, outside=allow_outside_data)
    if with_build and data["supported"]:
        _build(screen, model, data, outside=allow_outside_data)
    screen.result(
        data,
        lambda console: _show(console, data, with_nodes=with_nodes),
        Code.OK if data["supported"] else Code.FAILED,
    )


def _check(screen: Screen, path: str, *, outside: bool) -> dict[str, Any]:
    log = Log(screen, trtx.Severity.ERROR)
    data: dict[str, Any] = {
        "model": path,
        "library": str(trtx.library_version()),
        "supported": False,
        "problems": [],
        "nodes": [],
        "operators": [],
        "inputs": [],
        "outputs": [],
        "needs_shapes": [],
        "prepared": None,
    }
    try:
        trtx.check_onnx_model(path, allow_outside_data=outside)
    except trtx.ParserError as error:
        if not error.errors:  # it crashed, took too long, or is no model
            data["problems"] = [_problem(reason=explain(error).cause)]
            return data
        data["problems"] = [_of_info(info) for info in error.errors]
        if any(one["code"] == "MODEL_DESERIALIZE_FAILED" for one in data["problems"]):
            return data
    with contextlib.suppress(trtx.ParserError):  # which has been told
        _ask(path, log, data, outside=outside)
    data["supported"] = not data["problems"]
    if data["supported"]:
        found = describe_model(path, log.logger, isolated=False, outside=outside)
        data["inputs"], data["outputs"] = found["inputs"], found["outputs"]
        data["needs_shapes"] = [one["name"] for one in found["inputs"] if one["shape"] and min(one["shape"]) < 0]
    else:
        data["prepared"] = _prepared(path)
    return data


def _ask(path: str, log: Log, data: dict[str, Any], *, outside: bool) -> None:
    """Ask the parser about each node."""
    with (
        map_file("trtx check", path) as view,
        trtx.Builder(log.logger) as builder,
        builder.create_network() as network,
        trtx.OnnxParser(network, log.logger) as parser,
    ):
        nodes = summarize(view).nodes
        counts = Counter(node.operator for node in nodes)
        answer = parser.supports_model(view, path, allow_outside_data=outside)
        refused: dict[int, str] = {}
        for info in answer.errors:
            found = _of_info(info)
            if found not in data["problems"]:
                data["problems"].append(found)
            refused.setdefault(info.node, found["reason"])
        taken = {index for graph in answer.subgraphs if graph.supported for index in graph.nodes}
        for index, node in enumerate(nodes):
            status = "refused" if index in refused else "ok" if index in taken or answer.supported else "not reached"
            data["nodes"].append({"index": index, "name": node.name, "operator": node.operator, "status": status})
        for name, count in counts.most_common():
            known = parser.supports_operator(name) or not _is_standard(nodes, name)
            data["operators"].append({"operator": name, "count": count, "supported": known})
        lacking = {one["operator"] for one in data["operators"] if not one["supported"]}
        for index, node in enumerate(nodes):  # the parser ends before it sees them all
            if node.operator in lacking and index not in refused:
                reason = f"TensorRT-RTX {data['library']} does not have the operator {node.operator}"
                data["problems"].append(_problem(index, node.name, node.operator, "UNSUPPORTED_NODE", reason))
                data["nodes"][index]["status"] = "refused"
        data["problems"].sort(key=lambda one: one["node"])


def _is_standard(nodes: list[Any], name: str) -> bool:
    return any(node.is_standard for node in nodes if node.operator == name)


def _of_info(info: trtx.ParserErrorInfo) -> dict[str, Any]:
    lines = [line.strip() for line in info.description.splitlines() if "catchCudaError" not in line]
    where = list(info.local_function_stack)
    return _problem(info.node, info.node_name, info.node_operator, info.code.name, " / ".join(lines), where)


def _problem(
    node: int = -1, name: str = "", operator: str = "", code: str = "", reason: str = "", where: list[str] | None = None
) -> dict[str, Any]:
    return {"node": node, "name": name, "operator": operator, "code": code, "reason": reason, "functions": where or []}


def _prepared(path: str) -> dict[str, Any] | None:
    """Whether a rewritten model would be taken; None without the packages that it needs."""
    try:
        _, report = trtx.prepare_onnx(path)
    except (ImportError, trtx.Error):
        return None
    return {
        "supported": not report.problems and not report.needed,
        "changes": len(report.changes),
        "problems": [str(problem) for problem in report.problems],
        "needed_inputs": list(report.needed),
    }


def _build(screen: Screen, path: str, data: dict[str, Any], *, outside: bool) -> None:
    from .._session.source import build_engine

    if data["needs_shapes"]:
        screen.note(f"not built, as sizes of {', '.join(data['needs_shapes'])} are open: use trtx build with --shapes")
        return
    options = trtx.BuildOptions(optimization_level=0, allow_outside_data=outside)
    try:
        with map_file("trtx check", path) as view:
            build_engine(view, path, options, Log(screen, trtx.Severity.ERROR).logger, screen.is_live).close()
    except trtx.Error as error:
        data["supported"] = False
        data["problems"].append(_problem(reason=f"the build fails: {error}"))


def _show(console: Console, data: dict[str, Any], *, with_nodes: bool) -> None:
    problems = data["problems"]
    said = f"is {'taken' if data['supported'] else 'refused'} by TensorRT-RTX {data['library']}"
    said += f": {words.plural(len(problems), 'problem')}" if problems else ""
    console.print(words.title(os.path.basename(data["model"]), said))
    if problems:
        table = words.grid("node", "operator", "name", "why")
        for one in problems:
            index = str(one["node"]) if one["node"] >= 0 else ""
            inside = f" (in {' / '.join(one['functions'])})" if one["functions"] else ""
            table.add_row(index, one["operator"], one["name"], one["reason"] + inside)
        console.print(table)
    if data["operators"]:
        total = sum(one["count"] for one in data["operators"])
        console.print(f"{words.plural(total, 'node')} of {words.plural(len(data['operators']), 'operator')}")
    if with_nodes:
        table = words.grid("node", "operator", "name", "status")
        for one in data["nodes"]:
            table.add_row(str(one["index"]), one["operator"], one["name"], one["status"])
        console.print(table)
    for heading, rows in (("input", data["inputs"]), ("output", data["outputs"])):
        if rows:
            console.print(words.tensors(heading, rows))
    if data["needs_shapes"]:
        console.print(
            f"open sizes: build with --shapes, or --min, --opt and --max, for {', '.join(data['needs_shapes'])}"
        )
    _show_prepared(console, data["prepared"])


def _show_prepared(console: Console, prepared: dict[str, Any] | None) -> None:
    if prepared is None:
        return
    if prepared["supported"]:
        console.print(f"with --prepare it is taken ({words.plural(prepared['changes'], 'change')})", style="green")
        return
    left = prepared["problems"] + [f"the value of {name!r} must be known" for name in prepared["needed_inputs"]]
    console.print(f"with --prepare it is refused too: {'; '.join(left[:3])}")
