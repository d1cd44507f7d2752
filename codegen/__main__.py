"""Command line: ``python -m codegen`` writes the outputs, ``python -m codegen --check`` compares them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .generate import check, write
from .model import RegistryError
from .read import ROOT


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m codegen", description="Generate code from csrc/registry.")
    parser.add_argument("--check", action="store_true", help="compare in memory, print a diff, change nothing")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            for path in write(options.root):
                print(f"wrote {path}")
            return 0
        differences = check(options.root)
    except RegistryError as error:
        print(f"codegen: {error}", file=sys.stderr)
        return 1
    for difference in differences:
        sys.stdout.write(difference)
    if differences:
        print("codegen: generated files are out of date; run 'python -m codegen'", file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
