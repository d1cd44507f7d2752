"""The README: its code runs as it is written, and its links lead somewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.helpers.process import ROOT, run_python
from trtx import cuda

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
#: Each block of Python with the note before it, which says what it needs.
BLOCKS = re.findall(r"(?:<!-- needs: (\S+) -->\n)?```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.usefixtures("native_library")
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_code_runs(number: int, tmp_path: Path) -> None:
    needs, code = BLOCKS[number]
    if needs == "gpu":
        problem = cuda.why_unavailable()
        if problem:
            compile(code, "README.md", "exec")
            pytest.skip(problem)
        code = BLOCKS[0][1] + code
    elif needs == "model.onnx":
        onnx = pytest.importorskip("onnx")
        model = Path(onnx.__file__).parent / "backend/test/data/light/light_squeezenet.onnx"
        shutil.copy(model, tmp_path / "model.onnx")
    environment = {"TRTX_LIBRARY": "fake"} if needs == "fake" else {}
    result = run_python(f"import os\nos.chdir({str(tmp_path)!r})\n{code}", environment=environment)
    if needs == "fake":
        assert result.stdout.split() == ["[[0.", "2.", "0.]", "[4.", "0.", "6.]]"]
    if "model.engine" in code:
        assert (tmp_path / "model.engine").stat().st_size > 10_000
    if "error.messages" in code:
        assert "add_input('x')" in result.stdout
        assert "Message(severity=" in result.stdout


def test_there_is_code() -> None:
    assert len(BLOCKS) >= 4


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "csrc/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page} links to {target}"


def test_every_make_target_named_in_the_pages_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in ("README.md", "CONTRIBUTING.md", "csrc/README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"(?:^|`)(?:\w+=\S+ )?make ([a-z-]+)", text, re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page} names make {target}"
