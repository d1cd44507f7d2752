"""``trtx doctor``: this installation, what would fail with it, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from . import doctor_look as look
from . import words
from .failures import Code
from .options import Command
from .screen import Screen, common

if TYPE_CHECKING:
    from rich.console import Console

_INSTALL = "pip install tensorrt-rtx-cu13-libs (tensorrt-rtx-cu12-libs for CUDA 12), or name its folder in TRTX_LIBRARY"


@click.command("doctor", cls=Command)
@common
def command(screen: Screen) -> None:
    """Look at this installation: the library and how it was found, driver, GPUs, packages; what would fail, and why.

    A tiny engine is built, and run where there is a GPU. The exit code is 0 where engines can be built and run, and 3
    where something is missing for that. Put what --json gives into reports of bugs.
    """
    library, driver, packages = look.library(), look.driver(), look.packages()
    build: dict[str, Any] = {"works": False, "why": library["problem"] or ""}
    run: dict[str, Any] = {"works": False, "why": library["problem"] or ""}
    if library["version"]:
        build, memory = look.try_build()
        if memory is not None:
            without = None if library["fake"] else driver["problem"]
            run = {"works": False, "why": without} if without else look.try_run(memory)
    data = {
        "installation": look.installation(),
        "library": library,
        "driver": driver,
        "packages": packages,
        "environment": look.environment(),
        "build": build,
        "run": run,
    }
    data["problems"] = _problems(data)
    works = build["works"] and run["works"]
    screen.result(data, lambda console: _show(console, data), Code.OK if works else Code.MISSING)


def _problems(data: dict[str, Any]) -> list[dict[str, str]]:
    """What is wrong, with what to do."""
    library, driver, run = data["library"], data["driver"], data["run"]
    found = []

    def add(what: str, then: str) -> None:
        found.append({"problem": what, "do": then})

    if library["problem"]:
        variables = [name for name in ("TRTX_LIBRARY", "TENSORRT_RTX_ROOT") if name in data["environment"]]
        add(library["problem"], f"correct or unset {variables[0]}" if variables else _INSTALL)
    elif not data["build"]["works"]:
        add(f"engines cannot be built: {data['build']['why']}", "report it, with the output of trtx doctor --json")
    if library["fake"]:
        add("the fake library of the tests is in use: nothing is real", "unset TRTX_LIBRARY")
    if driver["problem"] and not library["fake"]:
        add(
            f"engines can be built, not run: {driver['problem'][0].lower()}{driver['problem'][1:]}"
            if data["build"]["works"]
            else driver["problem"],
            "install NVIDIA's driver; in a container, start it with the GPU (docker run --gpus all)",
        )
    elif data["build"]["works"] and not run["works"]:
        add(
            f"engines cannot be run: {run['why']}",
            "pip install cuda-core cuda-python" if "cuda" in run["why"] else "see the message",
        )
    versions = {one["name"]: one["version"] for one in data["packages"]}
    installed = [name for name in look.LIBRARIES if versions[name]]
    if len(installed) > 1:
        add(
            "libraries for CUDA 12 and 13 are installed, and share a folder",
            f"pip uninstall one of {', '.join(installed)}",
        )
    if driver["cuda"] and installed and int(driver["cuda"].split(".")[0]) < look.LIBRARIES[installed[0]]:
        add(
            f"the driver is for CUDA {driver['cuda']}, the library for CUDA {look.LIBRARIES[installed[0]]}",
            "install a newer driver, or tensorrt-rtx-cu12-libs",
        )
    return found


def _show(console: Console, data: dict[str, Any]) -> None:
    from rich.text import Text

    here, library, driver = data["installation"], data["library"], data["driver"]
    works = all(data[name]["works"] for name in ("build", "run"))
    console.print(words.title(f"trtx {here['trtx']}", "all is well" if works else "something is missing"))
    gpus = [
        f"{one['index']}: {one['name']}, compute capability {one['compute_capability']}, {words.size(one['bytes'])}"
        for one in driver["gpus"]
    ]
    rows: list[tuple[str, Any]] = [
        ("builds engines", _verdict(data["build"])),
        ("runs engines", _verdict(data["run"])),
        ("", ""),
        ("library", f"TensorRT-RTX {library['version']}" if library["version"] else _bad(library["problem"])),
        ("  found in", library["path"] or "nowhere"),
        *([("  found by", library["found_via"])] if library["found_via"] else []),
        *[("  tried", place) for place in library["tried"]],
        *([("  ONNX parser", library["parser"])] if library["parser"] else []),
        ("driver", driver["version"] or ("" if driver["cuda"] else _bad(driver["problem"]))),
        *([("  CUDA", driver["cuda"])] if driver["cuda"] else []),
        *[("  GPU", text) for text in gpus],
        ("Python", f"{here['python']}, {here['executable']}"),
        ("  trtx", f"{here['folder']} ({here['extension']})"),
        ("  wheel", ", ".join(here["wheel_tags"]) or "not installed: used from its folder"),
        ("platform", here["platform"]),
        *[("environment", f"{name}={value}") for name, value in data["environment"].items()],
    ]
    console.print(words.facts(rows))
    console.print()
    table = words.grid("package", "version", "for")
    for one in data["packages"]:
        table.add_row(one["name"], one["version"] or Text("-", style="dim"), one["for"])
    console.print(table)
    for one in data["problems"]:
        console.print()
        console.print(Text.assemble(("problem  ", "bold red"), one["problem"]))
        console.print(Text.assemble(("do       ", "bold green"), one["do"]))


def _verdict(tried: dict[str, Any]) -> Any:
    from rich.text import Text

    if tried["works"]:
        return Text(f"yes (tried, {words.seconds(tried['seconds'])})", style="green")
    return _bad(f"no: {tried['why']}")


def _bad(text: str) -> Any:
    from rich.text import Text

    return Text(text, style="red")
