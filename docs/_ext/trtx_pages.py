"""Pages that are written at each build and not committed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sphinx.application import Sphinx


def write_pages(app: Sphinx, part: str, pages: Mapping[str, str]) -> None:
    """Write the pages of a part of the reference that have changed, and remove those that are gone.

    Unchanged files keep their time, and are not read again.
    """
    folder = Path(app.srcdir, "reference", part)
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
