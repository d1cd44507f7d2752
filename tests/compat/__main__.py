"""``python -m tests.compat``: write ``docs/compat.md``; ``--extract`` calls NVIDIA's package anew before."""

from __future__ import annotations

import json
import sys

from tests.helpers import libraries
from tests.parity import facts

from . import compare, page


def main() -> None:
    """Write the page."""
    if "--extract" in sys.argv[1:]:
        version = "1.6.1.120"
        found = compare.outcomes("tensorrt_rtx_bindings", libraries.fetch(version), facts.fetch(version))
        lines = ",\n".join(f"{json.dumps(text)}: {json.dumps(answer)}" for text, answer in found.items())
        (page.HERE / "calls_nvidia_1_6.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    page.PAGE.write_text(page.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
