"""``python -m tests.parity`` writes ``docs/parity.md``; with ``--extract``, it reads NVIDIA's packages again before."""

from __future__ import annotations

import sys

from codegen.read import ROOT
from tests.helpers import libraries

from . import facts
from .page import page

PAGE = ROOT / "docs" / "parity.md"


def main() -> None:
    """Write the page."""
    if "--extract" in sys.argv[1:]:
        for version in facts.VERSIONS:
            libraries.fetch(version)
            facts.fetch(version)
            facts.store(version, facts.extract(version))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
