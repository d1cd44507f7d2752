"""The directive ``benchmarks``: tables of what ``benchmarks/inference.py`` has measured, from its JSON.

    ```{benchmarks} ../benchmarks.json
    ```

A picture of the same name, which ``benchmarks/plot.py`` draws, is shown where there is one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

#: Key of the figures: what they are, and the digits behind the point below ten thousand.
UNITS = {"median_us": "microseconds, median", "per_second": "runs a second", "ms": "milliseconds"}
OURS = "trtx.Session"


def tables(figures: dict[str, Any]) -> list[tuple[str, list[str], list[tuple[str, dict[str, float]]]]]:
    """Unit, ways and measurements of each table: those of the same ways share one."""
    found: list[tuple[str, list[str], list[tuple[str, dict[str, float]]]]] = []
    for title, measured in figures.items():
        if not isinstance(measured, dict):
            continue
        for unit in UNITS:
            values = measured.get(unit)
            if not isinstance(values, dict) or not values:
                continue
            last = found[-1] if found else None
            if last and last[0] == unit and len(set(last[1]) & set(values)) > 1:
                last[1].extend(way for way in values if way not in last[1])
                last[2].append((title, values))
            else:
                found.append((unit, list(values), [(title, values)]))
    return found


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def cell(text: str) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", text))


class Benchmarks(SphinxDirective):
    """Shows a file of figures."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        _, name = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(name)
        figures = json.loads(Path(name).read_text(encoding="utf-8"))
        about = f"{figures['gpu']}, TensorRT-RTX {figures['library']}"
        shown: list[nodes.Node] = [nodes.paragraph("", f"Measured on: {about}.")]
        for unit, ways, measured in tables(figures):
            ways.sort(key=lambda way: way != OURS)
            shown.append(self.table(unit, ways, measured))
        picture = Path(name).with_suffix(".png")
        if picture.exists():
            uri = self.arguments[0].rsplit(".", 1)[0] + ".png"
            shown.append(nodes.image(uri=uri, alt="latency and throughput against the batch"))
        return shown

    def table(self, unit: str, ways: list[str], measured: list[tuple[str, dict[str, float]]]) -> nodes.table:
        group = nodes.tgroup("", cols=len(measured) + 1)
        for width in (30, *(20 for _ in measured)):
            group += nodes.colspec(colwidth=width)
        group += nodes.thead("", nodes.row("", cell(UNITS[unit]), *(cell(title) for title, _ in measured)))
        # A line for each way: there are more of them than fit beside each other.
        group += nodes.tbody(
            "",
            *(nodes.row("", cell(way), *(cell(number(values.get(way))) for _, values in measured)) for way in ways),
        )
        return nodes.table("", group)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("benchmarks", Benchmarks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
