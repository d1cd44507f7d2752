"""Draw latency and throughput against the batch: ``python benchmarks/plot.py FIGURES.json PICTURE.png``.

The figures are those of ``inference.py --batches``. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

#: One colour for each way in all pictures, and for ways that come later the next ones; safe for colour-blind readers.
COLOURS = {
    "trtx.Session": "#0072B2",
    "trtx by hand, library graphs": "#56B4E9",
    "ONNX Runtime's provider": "#D55E00",
    "NVIDIA's, as in its samples": "#009E73",
    "NVIDIA's, with torch": "#E69F00",
    "C++, library graphs": "#000000",
}

#: Rows: key of the figures, label, factor.
ROWS = (
    ("median_us", "latency of a run, ms\n(one thread, median)", 1e-3),
    ("rows_per_second", "rows a second\n(four threads, one session)", 1.0),
)


def draw(figures: dict[str, Any], target: Path) -> None:
    """Draw the figures of all models side by side."""
    import matplotlib

    matplotlib.use("Agg")  # no display is needed
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter, StrMethodFormatter

    models = figures["batches"]
    figure, axes = pyplot.subplots(
        len(ROWS), len(models), figsize=(5 * len(models), 7), sharex=True, squeeze=False, layout="constrained"
    )
    for column, (model, by_batch) in enumerate(models.items()):
        batches = sorted(map(int, by_batch))
        for row, (key, label, factor) in enumerate(ROWS):
            axis = axes[row][column]
            for way in dict.fromkeys(way for batch in batches for way in by_batch[str(batch)][key]):
                points = [(batch, by_batch[str(batch)][key].get(way)) for batch in batches]
                points = [(batch, value * factor) for batch, value in points if value]
                is_ours = way == "trtx.Session"
                axis.plot(
                    *zip(*points, strict=True),
                    marker="o",
                    markersize=4,
                    linewidth=2.5 if is_ours else 1.2,
                    zorder=3 if is_ours else 2,
                    color=COLOURS.get(way),
                    label=way,
                )
            axis.set_xscale("log", base=2)
            axis.set_yscale("log")
            axis.set_xticks(batches)
            axis.xaxis.set_major_formatter(ScalarFormatter())
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
            axis.yaxis.set_minor_formatter(NullFormatter())
            axis.grid(alpha=0.3, which="both")
            if column == 0:
                axis.set_ylabel(label)
            if row == 0:
                axis.set_title(model)
            if row == len(ROWS) - 1:
                axis.set_xlabel("batch")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(f"numpy to numpy, {figures.get('gpu', 'a GPU')}, TensorRT-RTX {figures['library']}")
    figure.savefig(target, dpi=150)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw latency and throughput against the batch")
    parser.add_argument("figures", type=Path, help="JSON of inference.py --batches")
    parser.add_argument("picture", type=Path, help="PNG or SVG file to write")
    chosen = parser.parse_args()
    figures = json.loads(chosen.figures.read_text(encoding="utf-8"))
    if not figures.get("batches"):
        raise SystemExit(f"plot: {chosen.figures} has no figures of batches: run inference.py with --batches")
    try:
        draw(figures, chosen.picture)
    except ImportError as error:
        raise SystemExit(f"plot: matplotlib is needed ({error}): pip install matplotlib") from error


if __name__ == "__main__":
    main()
