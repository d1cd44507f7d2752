"""The measurement as one HTML file, which needs nothing else: drawn by plotly, whose script is a part of it."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._version import __version__
from .measure import PARTS
from .packages import require

if TYPE_CHECKING:
    from .measure import Result

#: Runs that the timeline shows, out of the middle.
TIMELINE_RUNS = 60

#: Points of the plot of all runs at most, and layers that are drawn one by one.
POINTS, LAYERS = 4000, 30

NAMES = {
    "latency": "Latency",
    "enqueue": "Enqueue",
    "h2d": "Host to GPU",
    "compute": "Compute",
    "d2h": "GPU to host",
}
_COLORS = {"latency": "#0f766e", "h2d": "#3b82f6", "compute": "#76b900", "d2h": "#f59e0b", "line": "#b91c1c"}


def require_plotly() -> Any:
    """Plotly's figures, or an error that says how to install it."""
    return require("plotly.graph_objects", "--html")


def html_report(result: Result, title: str) -> str:
    """The page.

    Parameters
    ----------
    result : Result
    title : str
        What was measured, such as the name of the file.

    Raises
    ------
    UnsupportedError
        If plotly is not installed.
    """
    go = require_plotly()
    figures = [
        ("Latency", "How many runs took how long, on the host.", _histogram(go, result)),
        ("All runs", "Latency of each run, in the order of their starts.", _over_time(go, result)),
        ("Timeline", _timeline_text(result), _timeline(go, result)),
    ]
    if result.layers:
        text = f"Mean of {result.layer_runs} runs that were made apart, without CUDA graphs."
        figures.append(("Layers", text, _layers(go, result)))
    parts = [_head(title), _summary(result, title)]
    for number, (heading, text, figure) in enumerate(figures):
        parts.append(f"<section><h2>{heading}</h2><p>{html.escape(text)}</p>")
        parts.append(
            figure.to_html(
                full_html=False,
                include_plotlyjs=not number,
                include_mathjax=False,
                div_id=heading.lower().replace(" ", "-"),
                config={"displaylogo": False, "responsive": True},
            )
        )
        parts.append("</section>")
    parts.append(f"<footer>Made by trtx {html.escape(__version__)}</footer></main></body></html>\n")
    return "\n".join(parts)


def _layout(height: int, **more: Any) -> dict[str, Any]:
    return {
        "template": "plotly_white",
        "height": height,
        "margin": {"l": 70, "r": 30, "t": 30, "b": 55},
        "font": {"family": "system-ui, sans-serif", "size": 13},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        **more,
    }


def _histogram(go: Any, result: Result) -> Any:
    import numpy as np

    times, figures = result.samples["latency"], result.parts["latency"]
    # A few runs that took very long would leave one bar to all others: they share the last one.
    most = min(figures.max, figures.p95 + 2 * (figures.p95 - figures.min))
    low, high = figures.min, most if most > figures.min else figures.min + 1e-3
    counts, edges = np.histogram(np.minimum(times, high), bins=min(80, max(10, len(times) // 5)), range=(low, high))
    beyond = int((times > high).sum())
    figure = go.Figure(
        go.Bar(
            x=((edges[:-1] + edges[1:]) / 2).tolist(),
            y=counts.tolist(),
            width=(np.diff(edges) * 0.96).tolist(),
            marker_color=_COLORS["latency"],
            hovertemplate="about %{x:.4f} ms: %{y} runs<extra></extra>",
        )
    )
    # The words of neighbours are at heights of their own.
    for number, name in enumerate(("median", "p90", "p95", "p99")):
        value = getattr(figures, name)
        if value > high:
            continue
        figure.add_vline(x=value, line_width=1.5, line_dash="dot", line_color=_COLORS["line"])
        figure.add_annotation(
            x=value, y=1 - 0.09 * number, yref="paper", text=f"{name} {value:.4g}", showarrow=False,
            xanchor="left", xshift=4, font={"color": _COLORS["line"], "size": 12}, bgcolor="rgba(255,255,255,0.8)",
        )  # fmt: skip
    label = "latency, ms" + (f" ({beyond} runs beyond {high:.4g} are in the last bar)" if beyond else "")
    return figure.update_layout(_layout(380, xaxis_title=label, yaxis_title="runs", showlegend=False))


def _over_time(go: Any, result: Result) -> Any:
    import numpy as np

    samples, figure = result.samples, go.Figure()
    # The slowest of each group of neighbours is kept, so that no peak is lost.
    step = -(-len(samples) // POINTS)
    whole = samples["latency"][: len(samples) // step * step].reshape(-1, step)
    picked = samples[np.arange(len(whole)) * step + whole.argmax(1)] if step > 1 else samples
    for context in np.unique(picked["context"]):
        part = picked[picked["context"] == context]
        figure.add_scattergl(
            x=(part["start"] / 1e3).tolist(),
            y=part["latency"].tolist(),
            mode="markers",
            marker={"size": 4, "opacity": 0.6},
            name=f"context {context}",
            hovertemplate="%{x:.4f} s: %{y:.4f} ms<extra></extra>",
        )
    label = "start of the run, seconds" + (f" (the slowest of each {step} runs)" if step > 1 else "")
    return figure.update_layout(
        _layout(320, xaxis_title=label, yaxis_title="latency, ms", showlegend=result.settings.contexts > 1)
    )


def _window(result: Result) -> Any:
    """Runs out of the middle, by their starts on the GPU."""
    import numpy as np

    ordered = result.samples[np.argsort(result.samples["gpu_start"], kind="stable")]
    first = max(0, (len(ordered) - TIMELINE_RUNS) // 2)
    return ordered[first : first + TIMELINE_RUNS]


def _timeline_text(result: Result) -> str:
    count = len(_window(result))
    where = "the host's clock" if result.is_fake else "the GPU's clock"
    return f"{count} of {result.runs} runs, out of the middle, on {where}; a row is an execution context."


def _timeline(go: Any, result: Result) -> Any:
    window, figure = _window(result), go.Figure()
    origin = window["gpu_start"].min()
    places = zip(window["stream"], window["context"], strict=True)
    rows = [f"stream {stream}, context {context}" for stream, context in places]
    shown = ("h2d", "compute", "d2h") if result.settings.transfers else ("compute",)
    begin = window["gpu_start"] - origin
    for name in ("h2d", "compute", "d2h"):
        if name in shown:
            figure.add_bar(
                base=begin.tolist(),
                x=window[name].tolist(),
                y=rows,
                orientation="h",
                name=NAMES[name],
                marker={"color": _COLORS[name], "line": {"width": 0}},
                hovertemplate=f"{NAMES[name]}: %{{x:.4f}} ms, from %{{base:.4f}} ms<extra></extra>",
            )
        begin = begin + window[name]
    height = 190 + 34 * len(set(rows))
    layout = _layout(
        height,
        barmode="overlay",
        bargap=0.35,
        xaxis_title="ms",
        showlegend=True,
        yaxis={"categoryorder": "category descending", "automargin": True},
    )
    return figure.update_layout(layout)


def _layers(go: Any, result: Result) -> Any:
    slowest = sorted(result.layers, key=lambda row: -row.mean)
    shown, rest = slowest[:LAYERS], slowest[LAYERS:]
    # Plotly takes bars of the same label for one: numbers tell them apart.
    labels = [f"{number}. {_short(row.name)}" for number, row in enumerate(shown, 1)]
    means = [row.mean for row in shown]
    hovers = [
        f"{html.escape(row.name)}<br>{row.mean:.4f} ms, {row.share:.1%}; from {row.least:.4f} to {row.most:.4f}"
        for row in shown
    ]
    shares = [row.share for row in shown]
    if rest:
        labels.append(f"{len(rest)} others")
        means.append(sum(row.mean for row in rest))
        shares.append(sum(row.share for row in rest))
        hovers.append(f"{len(rest)} others<br>{means[-1]:.4f} ms")
    figure = go.Figure(
        go.Bar(
            x=means,
            y=labels,
            orientation="h",
            marker_color=_COLORS["compute"],
            text=[f"{share:.1%}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    return figure.update_layout(
        _layout(150 + 24 * len(labels), xaxis_title="ms in a run", yaxis={"autorange": "reversed", "automargin": True})
    )


def _short(name: str) -> str:
    return html.escape(name if len(name) <= 60 else f"{name[:28]}…{name[-30:]}")


def _head(title: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}: trtx bench</title>
<style>
body {{ margin: 0; background: #f4f5f7; color: #1f2937; font: 15px/1.5 system-ui, sans-serif; }}
main {{ max-width: 1100px; margin: 0 auto; padding: 28px 20px; }}
h1 {{ margin: 0; font-size: 26px; overflow-wrap: anywhere; }}
h2 {{ margin: 0; font-size: 18px; }}
section p, .about {{ margin: 2px 0 10px; color: #6b7280; }}
section {{ background: #fff; border: 1px solid #e5e7eb; border-radius: 10px; padding: 18px 20px; margin: 18px 0; }}
.cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 18px 0; }}
.card {{ background: #fff; border: 1px solid #e5e7eb; border-radius: 10px; padding: 12px 16px; }}
.card b {{ display: block; font-size: 24px; font-weight: 600; }}
.card span {{ color: #6b7280; font-size: 13px; }}
table {{ border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 5px 10px; text-align: right; border-bottom: 1px solid #eef0f2; }}
th {{ color: #6b7280; font-weight: 500; }}
th:first-child, td:first-child, .facts td, .facts th {{ text-align: left; }}
.facts td {{ overflow-wrap: anywhere; }}
.facts th {{ width: 190px; vertical-align: top; }}
.scroll {{ overflow-x: auto; }}
.note {{ background: #fffbeb; border: 1px solid #fde68a; border-radius: 10px; padding: 10px 16px; margin: 10px 0; }}
footer {{ color: #9ca3af; font-size: 13px; }}
</style></head><body><main>"""


def _summary(result: Result, title: str) -> str:
    latency = result.parts["latency"]
    cards = [
        (f"{result.throughput:,.1f}", "runs a second"),
        (f"{latency.median:.4g} ms", "median latency"),
        (f"{latency.p99:.4g} ms", "99 % of the runs are faster"),
        (f"{result.parts['compute'].median:.4g} ms", "median compute time"),
        (f"{result.runs:,}", f"runs in {result.seconds:.4g} s"),
    ]
    lines = [f"<h1>{html.escape(title)}</h1>"]
    lines.append(f'<p class="about">{html.escape(f"TensorRT-RTX {result.library}, {result.device}")}</p>')
    lines.append('<div class="cards">')
    lines += [f'<div class="card"><b>{value}</b><span>{text}</span></div>' for value, text in cards]
    lines.append("</div>")
    lines += [f'<div class="note">{html.escape(note)}</div>' for note in result.notes]
    columns = ("min", "mean", "median", "p90", "p95", "p99", "max")
    lines.append("<section><h2>Times of a run</h2><p>Milliseconds.</p><div class=scroll><table><tr><th></th>")
    lines += [f"<th>{column}</th>" for column in columns]
    lines.append("</tr>")
    for name in PARTS:
        if name in ("h2d", "d2h") and not result.settings.transfers:
            continue
        figures = result.parts[name]
        cells = "".join(f"<td>{getattr(figures, column):.4f}</td>" for column in columns)
        lines.append(f"<tr><td>{NAMES[name]}</td>{cells}</tr>")
    lines.append("</table></div></section><section><h2>How it was measured</h2><table class=facts>")
    lines += [f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in facts(result)]
    lines.append("</table></section>")
    return "\n".join(lines)


def facts(result: Result) -> Iterator[tuple[str, str]]:
    """What is to be known about a measurement, beside the figures."""
    settings = result.settings
    for heading, tensors in (("inputs", result.inputs), ("outputs", result.outputs)):
        yield (
            heading,
            ", ".join(f"{name} {kind} {'x'.join(map(str, shape))}" for name, (kind, shape) in tensors.items()),
        )
    streams = settings.streams or settings.contexts
    yield "execution contexts", f"{settings.contexts} on {streams} stream{'s' if streams > 1 else ''}"
    yield "transfers", "in each run, from and to pinned memory" if settings.transfers else "none"
    yield "CUDA graphs", result.graph_state
    yield "warm-up", f"{settings.warm_up:g} s"
    yield "engine ready in", f"{result.load:.3f} s"
    yield "contexts ready in", f"{result.contexts:.3f} s"
    yield "first run", f"{result.first_run:.3f} s, with the compilation of kernels"
    memory = result.memory
    yield "GPU memory", f"{_size(memory['inputs_outputs'])} inputs and outputs, {_size(memory['scratch'])} scratch"


def _size(nbytes: int) -> str:
    value, units = float(nbytes), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.0f} {units[0]}" if units[0] == "bytes" else f"{value:.1f} {units[0]}"
