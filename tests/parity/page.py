"""``docs/parity.md``: the comparison for people."""

from __future__ import annotations

from . import compare, facts, native

HEAD = """# `trtx` beside NVIDIA's Python package

`python -m tests.parity` writes this page from the names and keywords of NVIDIA's `tensorrt_rtx` ({versions}),
and from `csrc/registry`. A test fails when it is out of date, or when a name, a keyword or a native method is neither
in `trtx` nor explained here. Calls are compared by keyword and by position, with all arguments and with only those that
must be given. Asking `trtx` for a name that it leaves out raises an `AttributeError` with the words of this page.

Three differences run through all classes, and have no lines below: names have no `I` in front (`IBuilder` is
`Builder`), what answers `None` or `False` on failure raises, and shapes are tuples of `int`.
"""


def page() -> str:
    """The text of the page."""
    newest = list(facts.VERSIONS)[-1]
    groups = compare.groups(newest)
    rows = [(group, row) for group in groups for row in group.rows]
    alike = sum(1 for _, row in rows if row.here and not row.reason)
    lines = [HEAD.format(versions=" and ".join(facts.VERSIONS)), "## In numbers", ""]
    lines += ["| version | classes and enums | names | the same | explained | neither |", "|---|---|---|---|---|---|"]
    for version in facts.VERSIONS:
        found = list(compare.rows(version))
        classes = len(facts.stored(version)["classes"])
        alike = sum(1 for _, row in found if row.here and not row.reason and not row.problem)
        explained = sum(1 for _, row in found if row.reason and not row.problem)
        lines.append(
            f"| {version} | {classes} | {len(found)} | {alike} | {explained} | {len(found) - alike - explained} |"
        )
    lines += [
        "",
        f"## Class by class ({newest})",
        "",
        "| NVIDIA's | `trtx` | names that are the same |",
        "|---|---|---|",
    ]
    for group in groups:
        same = [row.name for row in group.rows if row.here and not row.reason and not row.problem]
        shown = f"`{group.name}`" if group.name else "the module"
        lines.append(f"| {shown} | `{group.here}` | {' '.join(f'`{name}`' for name in same)} |")
    lines += ["", "## Also taken", "", "| NVIDIA's | keyword |", "|---|---|"]
    for group, row in rows:
        lines += [f"| `{_where(group, row)}` | {note} |" for note in dict.fromkeys(row.notes)]
    lines += ["", "## Other names, other ways, and what is left out", "", "| NVIDIA's | `trtx` |", "|---|---|"]
    for group, row in rows:
        if row.reason or row.problem or not row.here:
            lines.append(f"| `{_where(group, row)}` | {row.reason or row.problem or 'not yet'} |")
    return "\n".join([*lines, "", *native.page()])


def _where(group: compare.Group, row: compare.Row) -> str:
    return f"{group.name}.{row.name}" if group.name else row.name
