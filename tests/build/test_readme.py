"""The README: its code runs as it is written, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import trtx
from tests.helpers.pages import README, blocks, run_block, unknown_make_targets, write_models
from tests.helpers.process import ROOT, run_python
from trtx import cuda

TEXT = (ROOT / README).read_text(encoding="utf-8")
BLOCKS = blocks(README)
#: What the blocks of sessions continue, without a note.
FIRST = next(block.code for block in BLOCKS if "session" in block.needs)


@pytest.mark.usefixtures("native_library")
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_code_runs(number: int, tmp_path: Path) -> None:
    block = BLOCKS[number]
    code = block.code
    if "session" in block.needs and code != FIRST:
        block = block._replace(code=FIRST + code)
    result = run_block(block, tmp_path)
    if "fake" in block.needs:
        assert result.stdout.split() == ["[[0.", "2.", "0.]", "[4.", "0.", "6.]]"]
    if 'save("model.engine")' in code:
        assert (tmp_path / "model.engine").stat().st_size > 10_000
    if "Steps" in code:
        assert (tmp_path / "model.engine").stat().st_size > 10_000
        assert len(result.stdout.splitlines()) > 3
    if "prepare_onnx" in code:
        assert "changes" in result.stdout
        assert (tmp_path / "prepared.onnx").exists()
    if "error.messages" in code:
        assert "add_input('x')" in result.stdout
        assert "Message(severity=" in result.stdout


def test_sessions_give_what_the_text_says(tmp_path: Path) -> None:
    """The first block of a session, with a look at its result."""
    pytest.importorskip("filelock")
    write_models(tmp_path)
    environment = {"TRTX_LIBRARY": "fake"} if cuda.why_unavailable() else {}
    run_python(
        f"import os\nos.chdir({str(tmp_path)!r})\n{FIRST}"
        "np.testing.assert_allclose(result, np.maximum(image * np.linspace(-1, 1, 224, dtype=np.float32), 0))\n"
        "[entry] = trtx.SessionCache('engines').entries()\n"
        "assert entry.model == 'model.onnx'\n",
        environment=environment,
    )


def test_every_public_name_is_in_the_pages() -> None:
    """Here, or in the comparison with NVIDIA's package; the classes of layers are made by methods."""
    pages = TEXT + (ROOT / "docs/parity.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", pages))
    assert [name for name in trtx.__all__ if name not in words] == []


def test_there_is_code() -> None:
    assert len(BLOCKS) >= 12


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "csrc/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page} links to {target}"


def test_every_make_target_named_in_the_pages_exists() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "csrc/README.md"):
        assert unknown_make_targets(page) == [], page
