"""Write a page for each command of ``trtx`` that there is, for sphinx-click to fill, and link names in the guides.

The pages are made at each build, into ``reference/commands`` (which is not committed).
"""

from __future__ import annotations

import re
from typing import Any

import click
from docutils import nodes
from sphinx.application import Sphinx
from trtx_pages import write_pages

from trtx._cli.main import COMMANDS, trtx

NAME = re.compile(r"(?:trtx\.)?([A-Za-z_]\w*(?:\.\w+)*)(?:\(\))?$")


def write(app: Sphinx) -> None:
    context = click.Context(trtx)
    written = {
        f"{name}.rst": f".. click:: trtx._cli.{place}:command\n   :prog: trtx {name}\n   :nested: full\n"
        for name, (place, _) in COMMANDS.items()
        if trtx.get_command(context, name) is not None
    }
    write_pages(app, "commands", written)


def link_names(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let code in a text that is a public name, such as ``Session.run``, lead to its place in the reference."""
    known = app.env.domains.python_domain.objects
    for literal in list(doctree.findall(nodes.literal)):
        match = NAME.match(literal.astext())
        if match is None or isinstance(literal.parent, nodes.reference) or "xref" in literal["classes"]:
            continue
        entry = known.get(f"trtx.{match[1]}")
        if entry is None or entry.docname == docname:
            continue
        uri = f"{app.builder.get_relative_uri(docname, entry.docname)}#{entry.node_id}"
        reference = nodes.reference("", "", internal=True, refuri=uri, reftitle=f"trtx.{match[1]}")
        literal.replace_self(reference)
        reference += literal


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", write)
    app.connect("doctree-resolved", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
