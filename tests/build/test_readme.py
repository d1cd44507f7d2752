"""The README: its code runs as it is written, and its links lead somewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import trtx
import trtx_sys
from tests.helpers.fake import fake_library
from tests.helpers.process import ROOT, run_python
from trtx import cuda

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
#: Each block of Python with the note before it, which says what it needs: ``fake`` (the fake library), ``gpu``, files,
#: packages, ``refit`` (a GPU that engines to refit can be built for), or ``session``: what stands in the first such
#: block. Sessions run on the GPU, or on the fake library with NVIDIA's parser where there is none.
BLOCKS = [(needs.split(), code) for needs, code in re.findall(
    r"(?:<!-- needs: ([^>]+) -->\n)?```python\n(.*?)```", TEXT, re.DOTALL
)]  # fmt: skip
IMAGES = [3, 224, 224]


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


def fake_with_parser(folder: Path) -> str:
    """A folder with the fake library and NVIDIA's parser."""
    folder.mkdir()
    shutil.copy(fake_library(), folder / "libtensorrt_rtx.so.1")
    parser = Path(trtx_sys.find().path).resolve().parent / "libtensorrt_onnxparser_rtx.so.1"
    if not parser.exists():
        pytest.skip(f"NVIDIA's parser {parser} is missing")
    (folder / parser.name).symlink_to(parser)
    return str(folder)


@pytest.mark.usefixtures("native_library")
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_code_runs(number: int, tmp_path: Path) -> None:
    needs, code = BLOCKS[number]
    compile(code, "README.md", "exec")
    environment = {"TRTX_LIBRARY": "fake"} if "fake" in needs else {}
    problem = cuda.why_unavailable()
    for package in {"onnx", "onnxscript"} & {*needs}:
        pytest.importorskip(package)
    if problem and {"gpu", "torch"} & {*needs}:
        pytest.skip(problem)
    if "torch" in needs:
        pytest.importorskip("torch")
    if "session" in needs:
        pytest.importorskip("filelock")
        if problem:
            environment = {"TRTX_LIBRARY": fake_with_parser(tmp_path / "library")}
        first = next(text for words, text in BLOCKS if "session" in words)
        code = code if code == first else first + code
    if "model.engine" in needs:
        code = next(text for words, text in BLOCKS if not words) + code
    if ".onnx" in code:
        write_models(tmp_path)
    program = f"import os\nos.chdir({str(tmp_path)!r})\n{code}"
    result = run_python(program, environment=environment, check="refit" not in needs)
    if result.returncode and "CUDA error 222" in result.stderr:  # compiled for a newer driver, as it knows no such GPU
        pytest.skip("a GPU for which TensorRT-RTX can build refittable engines is missing")
    assert result.returncode == 0, result.stderr
    if "fake" in needs:
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
    environment = {"TRTX_LIBRARY": fake_with_parser(tmp_path / "library")} if cuda.why_unavailable() else {}
    code = next(text for words, text in BLOCKS if "session" in words)
    run_python(
        f"import os\nos.chdir({str(tmp_path)!r})\n{code}"
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
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in ("README.md", "CONTRIBUTING.md", "csrc/README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"(?:^|`)(?:\w+=\S+ )?make ([a-z-]+)", text, re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page} names make {target}"
