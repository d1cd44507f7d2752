"""Write the reference of the raw layer from the C header: every function with its signature and its comment.

The pages are made at each build, into ``reference/c`` (which is not committed), one for each interface.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from sphinx.application import Sphinx
from trtx_pages import write_pages

INCLUDE = Path(__file__).resolve().parents[2] / "csrc" / "include"
WORDS = re.compile(
    r"(?P<comment>/\*\*.*?\*/)|(?P<function>(?:TRTX_LONG )?TRTX_API [^;]+;)"
    r"|(?P<struct>typedef struct \w+ \{.*?\} \w+;)|(?P<opaque>typedef struct \w+ \w+;)"
    r"|(?P<values>typedef int32_t \w+;\s*enum \{.*?\};)|(?P<alias>typedef \w+ \w+;)"
    r"|(?P<other>/\*.*?\*/|^#[^\n]*(?:\\\n[^\n]*)*)",
    re.DOTALL | re.MULTILINE,
)
#: A page's own list of contents would be as long as the page, and the side bar of every page is made of these lists.
NO_ENTRY = ("   :no-contents-entry:",)


class Group(NamedTuple):
    """What belongs to one interface of TensorRT-RTX."""

    title: str
    summary: str
    lines: list[str]


def words(comment: str) -> str:
    """The text of a comment."""
    inner = comment.removeprefix("/**").removesuffix("*/")
    text = " ".join(line.strip().removeprefix("*").strip() for line in inner.splitlines()).strip()
    return re.sub(r"\b((?:trtx|TRTX)_\w+(?:\(\))?|\w+::\w+)", r"``\1``", text).replace("*", "\\*")


def function(text: str, comment: str) -> list[str]:
    """A function: signature, what it does, whether it is long."""
    is_long = text.startswith("TRTX_LONG")
    signature = " ".join(text.removeprefix("TRTX_LONG ").removeprefix("TRTX_API ").rstrip(";").split())
    note = " *Long: may take more than 0.1 ms, or call the application.*" if is_long else ""
    return [f".. c:function:: {signature}", *NO_ENTRY, "", f"   {comment}{note}".rstrip(), ""]


def members(text: str) -> list[str]:
    """The body of an enum or struct, as it stands."""
    body = text[text.index("{") + 1 : text.rindex("}")]
    lines = [f"      {line.strip()}" for line in body.splitlines() if line.strip()]
    return ["   .. code-block:: c", "", *lines, ""]


def typed(kind: str, text: str, comment: str) -> list[str]:
    """A type."""
    if kind in ("struct", "opaque"):
        name = text.rstrip(";").split()[-1]
        lines = [f".. c:struct:: {name}", *NO_ENTRY, "", f"   {comment or 'A handle.'}", ""]
    else:
        name = re.findall(r"\w+(?=;)", text)[0]
        base = text.split()[1]
        lines = [f".. c:type:: {base} {name}", *NO_ENTRY, "", f"   {comment}", ""]
    return lines + (members(text) if "{" in text else [])


def read(name: str, groups: dict[str, Group], title: str, summary: str) -> None:
    """Sort a header into groups; a comment before another begins one, and so does one that names an interface."""
    group = groups.setdefault(title, Group(title, summary, []))
    comment = ""
    for match in WORDS.finditer((INCLUDE / name).read_text(encoding="utf-8")):
        kind, text = str(match.lastgroup), match[0]
        if kind == "comment":
            head = re.match(r"([A-Z]\w+(?:::\w+)*): (.*)", words(text).replace("``", ""))
            if head and kind == "comment" and head[1][0] == "I":
                group = groups.setdefault(head[1], Group(head[1], head[2], []))
            else:
                comment = words(text)
            continue
        if kind == "function":
            group.lines.extend(function(text, comment))
        elif kind == "struct" and "_callbacks" in text:
            group.lines.extend(typed(kind, text, "What a bridge calls."))
        elif kind in ("struct", "opaque", "values", "alias"):
            groups["Types"].lines.extend(typed(kind, text, comment))
        comment = ""


def pages() -> dict[str, str]:
    """Files and their text."""
    groups = {"Types": Group("Types", "Handles, enums and structures.", [])}
    read("trtx_c.h", groups, "Library and errors", "Loading, errors, owners, and what is made without another object.")
    read("trtx_c_gen.h", groups, "Library and errors", "")
    found = {}
    for title, summary, lines in groups.values():
        if lines:
            head = [title, "=" * len(title), "", summary.replace("*", "\\*"), ""]
            name = re.sub(r"\W+", "_", title).lower()
            found[f"{name}.rst"] = "\n".join([*head, *lines]).rstrip() + "\n"
    return found


def write(app: Sphinx) -> None:
    write_pages(app, "c", pages())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
