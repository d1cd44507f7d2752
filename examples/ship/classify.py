"""A program that is shipped to users: it classifies a picture that is given as an array, on their GPU.

    python examples/ship/classify.py INPUT.npy [--engine FILE]     # as a script
    pyinstaller examples/ship/classify.spec                        # as a folder for users without Python
    dist/classify/classify INPUT.npy

The engine travels with the program. It was built without the user's GPU, and runs with the very version of TensorRT-RTX
that built it. Its kernels are compiled on the user's machine at the first start; the user's cache folder keeps them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from pathlib import Path

import numpy as np

import trtx


def beside(name: str) -> Path:
    """A file that was shipped with the program: PyInstaller puts it into a folder of its own."""
    return Path(getattr(sys, "_MEIPASS", Path(__file__).parent)) / name


def build(file: Path) -> None:
    """Build the engine; for the developer, once before each release."""
    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
    network = builder.create_network()
    x = network.add_input("x", trtx.float32, (1, 16))
    softmax = network.add_softmax(x)
    softmax.axes = 1 << 1
    y = softmax.get_output(0)
    y.name = "y"
    network.mark_output(y)
    builder.build_serialized_network(network, builder.create_config()).save(file)


def main() -> int:
    parser = argparse.ArgumentParser(description="Classify an array of 16 floats")
    parser.add_argument("input", type=Path, nargs="?")
    parser.add_argument("--engine", type=Path, default=beside("classify.engine"))
    parser.add_argument("--build", action="store_true", help="write the engine")
    parser.add_argument("--cache", type=Path, help="folder of compiled kernels; without it the user's cache folder")
    chosen = parser.parse_args()
    try:
        if chosen.build:
            build(chosen.engine)
            print(f"{chosen.engine}: built with TensorRT-RTX {trtx.library_version()}")
            return 0
        if chosen.input is None:
            parser.error("name a file with the input, or --build")
        x = np.load(chosen.input).astype(np.float32).reshape(1, 16)
        with trtx.Session(chosen.engine, cache=chosen.cache or True) as session:
            y = session.run({"x": x})["y"]
    except trtx.EngineError as error:
        # The likeliest cause at a user's: another version of the library, or a GPU that it does not know.
        print(f"classify: the engine cannot be used here: {error}", file=sys.stderr)
        return 1
    except (trtx.Error, OSError, ValueError) as error:
        print(f"classify: {error}", file=sys.stderr)
        return 1
    # A program that is shipped should notice when a driver computes nonsense.
    expected = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    if not np.allclose(y, expected, atol=1e-3):
        print("classify: the result is wrong on this machine", file=sys.stderr)
        return 1
    print(f"class {int(y.argmax())}, probability {float(y.max()):.3f}")
    return 0


if __name__ == "__main__":
    multiprocessing.freeze_support()  # parsing in a process of its own starts this program again
    sys.exit(main())
