"""``trtx cache``: the engines and kernels that sessions keep."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import click

import trtx

from . import words
from .failures import Code, Failure
from .options import Command
from .screen import Screen, common

if TYPE_CHECKING:
    from rich.console import Console

FOLDER = click.option(
    "--folder", type=click.Path(file_okay=False), help="The cache's folder; that of the user by default."
)


@click.group("cache")
def command() -> None:
    """List or clear the cache of engines and compiled kernels that trtx.Session keeps (cache=True)."""


def _open(folder: str | None) -> trtx.SessionCache:
    try:
        return trtx.SessionCache(folder)
    except trtx.UnsupportedError as error:
        raise Failure(
            "the user's cache folder is found by platformdirs", "pip install platformdirs", Code.MISSING
        ) from error


@command.command("show", cls=Command)
@FOLDER
@common
def show(screen: Screen, folder: str | None) -> None:
    """List what the cache has, the last used first."""
    cache = _open(folder)
    entries = [entry._asdict() for entry in cache.entries()]
    data = {
        "folder": str(cache.folder),
        "bytes": sum(one["engine_bytes"] + one["kernel_bytes"] for one in entries),
        "entries": entries,
    }
    screen.result(data, lambda console: _show(console, data))


@command.command("clear", cls=Command)
@FOLDER
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@common
def clear(screen: Screen, folder: str | None, yes: bool) -> None:
    """Remove all engines and kernels of the cache. Sessions that are open go on."""
    cache = _open(folder)
    count = len(cache.entries())
    if count and not yes and screen.is_live:
        click.confirm(
            f"Remove {words.plural(count, 'entry')} of {cache.folder}?".replace("entrys", "entries"),
            abort=True,
            err=True,
        )
    freed = cache.clear()
    left = len(cache.entries())
    data = {"folder": str(cache.folder), "removed": count - left, "bytes": freed}
    if left:
        raise Failure(f"{left} of {count} entries of {cache.folder} could not be removed", "look at its permissions")
    screen.result(data, lambda console: console.print(f"removed {count} from {cache.folder}, {words.size(freed)}"))


def _show(console: Console, data: dict[str, Any]) -> None:
    count = len(data["entries"])
    noun = "entry" if count == 1 else "entries"
    console.print(words.title(data["folder"], f"{count} {noun}, {words.size(data['bytes'])}"))
    if not count:
        return
    table = words.grid("model", "engine", "kernels", "TensorRT-RTX", "GPU", "used", "key")
    for one in data["entries"]:
        used = datetime.datetime.fromtimestamp(one["used"]).strftime("%Y-%m-%d %H:%M")
        sizes = (words.size(one["engine_bytes"]), words.size(one["kernel_bytes"]))
        table.add_row(one["model"] or "(bytes)", *sizes, one["library"], one["gpu"], used, one["key"][:12])
    console.print(table)
