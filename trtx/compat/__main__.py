"""``python -m trtx.compat SCRIPT [ARGUMENTS]``: run a script that imports ``tensorrt_rtx`` on `trtx`."""

from __future__ import annotations

import argparse
import runpy
import sys

import trtx.compat


def main() -> None:
    """Put `trtx.compat` in NVIDIA's place and run the script."""
    parser = argparse.ArgumentParser(
        prog="python -m trtx.compat", description="Run a script that imports tensorrt_rtx on trtx, as it is."
    )
    parser.add_argument("-m", dest="module", action="store_true", help="SCRIPT is the name of a module, such as pytest")
    parser.add_argument("--tensorrt", action="store_true", help="stand in for 'import tensorrt' as well")
    parser.add_argument("--raise-errors", action="store_true", help="raise the exceptions of trtx instead of None")
    parser.add_argument("script", metavar="SCRIPT", help="a file, or a module after -m")
    parser.add_argument("arguments", metavar="...", nargs=argparse.REMAINDER, help="arguments of the script")
    options = parser.parse_args()
    trtx.compat.install(tensorrt=options.tensorrt)
    trtx.compat.raise_errors = options.raise_errors
    sys.argv = [options.script, *options.arguments]
    if options.module:
        sys.path[0] = ""
        runpy.run_module(options.script, run_name="__main__", alter_sys=True)
    else:
        import os

        sys.path[0] = os.path.dirname(os.path.abspath(options.script))
        runpy.run_path(options.script, run_name="__main__")


if __name__ == "__main__":
    main()
