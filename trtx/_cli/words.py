"""How results are written: sizes, times, shapes, and what a table says of a tensor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def size(nbytes: int) -> str:
    """A number of bytes: ``1.8 MiB``."""
    value = float(nbytes)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{nbytes} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("unreachable")


def seconds(value: float) -> str:
    """A time: ``2.9 s``, or ``1 min 40 s``."""
    return f"{value:.1f} s" if value < 60 else f"{int(value // 60)} min {int(value % 60)} s"


def shape(sizes: Sequence[int] | None) -> str:
    """A shape: ``1x3x?x?``; ``scalar`` without dimensions, ``?`` of unknown rank."""
    if sizes is None:
        return "unknown rank"
    return "x".join("?" if one < 0 else str(one) for one in sizes) or "scalar"


def plural(count: int, noun: str) -> str:
    """A counted noun: ``1 layer``, ``2 layers``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def title(name: str, text: str) -> Text:
    """The first line of a result: what it is about, and the most important about that."""
    from rich.text import Text

    return Text.assemble((name, "bold green"), f"  {text}")


def tensors(heading: str, rows: Iterable[dict[str, Any]]) -> Table:
    """A table of inputs or outputs, each with name, dtype and shape, and the shapes of its profiles."""
    table = grid(heading, "type", "shape", "least, usual and largest")
    for row in rows:
        ranges = [", ".join(map(shape, one)) for one in row.get("profiles", ())]
        table.add_row(row["name"], row["dtype"], shape(row["shape"]), "\n".join(ranges))
    if not any(row.get("profiles") for row in rows):
        table.columns.pop()
    return table


def grid(*columns: str) -> Table:
    """A table without lines but that below the headings."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def facts(pairs: Iterable[tuple[str, str]]) -> Table:
    """Names and values, in two columns without headings."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, value)
    return table
