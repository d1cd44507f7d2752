"""Code in the pages: each block of Python runs as it is written, in a process and a folder of its own.

A note before a block says what it needs::

    <!-- needs: gpu model.engine -->

=================  ====================================================================================================
``continued``      the block before, whose code runs first, and what that needs
``fake``           the fake library
``session``        what a `trtx.Session` needs; it runs on the GPU, or on the fake library with NVIDIA's parser where
                   there is none
``gpu``            a GPU
``refit``          a GPU that engines to refit can be built for
``torch`` ...      a package; with ``torch`` or ``cupy``, a GPU as well
``model.onnx`` ..  a file: models are written, and ``model.engine`` is built by the README's first block
=================  ====================================================================================================
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.helpers.gpu import skip_without_driver_for_refitting
from tests.helpers.process import ROOT, run_python
from trtx import cuda

README = "README.md"
IMAGES = [3, 224, 224]
PACKAGES = {"onnx", "onnxscript", "torch", "cupy"}
FILES = {"model.onnx", "trained.onnx", "batches.onnx", "model.engine"}
WORDS = {"continued", "fake", "session", "gpu", "refit", *PACKAGES, *FILES}
_BLOCK = re.compile(r"(?:<!-- needs: ([^>]+) -->\n)?^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_COMMANDS = re.compile(r"<!-- needs: ([^>]+) -->\n```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A block of Python in a page; the code has that of the blocks that it continues."""

    page: str
    number: int
    needs: frozenset[str]
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.number}"


def blocks(page: str) -> list[Block]:
    """The blocks of a page of the project, named by its path."""
    found: list[Block] = []
    for number, (note, code) in enumerate(_BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))):
        needs = set(note.split())
        if needs - WORDS:
            raise ValueError(f"{page}, block {number}: needs {needs - WORDS}, which are none of {sorted(WORDS)}")
        if "continued" in needs:
            needs = (needs | found[-1].needs) - {"continued"}
            code = found[-1].code + code
        found.append(Block(page, number, frozenset(needs), code))
    return found


def commands(page: str) -> list[tuple[frozenset[str], str]]:
    """What the blocks of ``trtx`` commands in a page need, and their lines; those without a note are no tests."""
    found = _COMMANDS.findall((ROOT / page).read_text(encoding="utf-8"))
    return [(frozenset(note.split()), lines) for note, lines in found]


def write_models(folder: Path) -> None:
    """The models that the blocks name: an image, times weights, through a Relu."""
    onnx = pytest.importorskip("onnx")
    helper, weights = onnx.helper, np.linspace(-1, 1, 224, dtype=np.float32)
    for name, batch, factor in (("model", 1, 1), ("trained", 1, 2), ("batches", "batch", 1)):
        values = [
            helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, [batch, *IMAGES])
            for value in ("input", "output")
        ]
        nodes = [helper.make_node("Mul", ["input", "w"], ["m"]), helper.make_node("Relu", ["m"], ["output"])]
        weight = onnx.numpy_helper.from_array(weights * factor, "w")
        graph = helper.make_graph(nodes, name, values[:1], values[1:], [weight])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, folder / f"{name}.onnx")


def unknown_make_targets(page: str) -> list[str]:
    """Targets that a page names and the Makefile lacks."""
    makefile, text = ((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", page))
    named = re.findall(r"(?:^|`)(?:\w+=\S+ )?make ([a-z0-9-]+)", text, re.MULTILINE)
    return [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)]


def run_block(block: Block, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block in an empty folder; skips, naming what is missing, where it cannot run here."""
    compile(block.code, str(block), "exec")
    needs, code = block.needs, block.code
    environment: dict[str, str | None] = {"TRTX_LIBRARY": "fake"} if "fake" in needs else {}
    problem = cuda.why_unavailable()
    if problem and {"gpu", "torch", "cupy"} & needs:
        pytest.skip(problem)
    for package in sorted(PACKAGES & needs):
        pytest.importorskip(package)
    if "session" in needs:
        pytest.importorskip("filelock")
        if problem:
            environment = {"TRTX_LIBRARY": "fake"}
    if "model.engine" in needs:
        code = next(one.code for one in blocks(README) if not one.needs) + code
    if ".onnx" in code:
        write_models(folder)
    program = f"import os\nos.chdir({str(folder)!r})\n{code}"
    result = run_python(program, environment=environment, check="refit" not in needs)
    if result.returncode:
        skip_without_driver_for_refitting(result.stderr)
    assert result.returncode == 0, result.stderr
    return result
