"""The package: its wheel, its names, its documentation."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
import zipfile
from enum import Enum
from pathlib import Path

import pytest

import trtx
from tests.helpers.process import ROOT


def test_one_wheel_serves_every_python(wheel: Path) -> None:
    assert wheel.name.startswith(f"trtx-{trtx.__version__}-cp310-abi3-")


def test_wheel_holds_what_it_should(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "trtx/py.typed",
        "trtx/_pyinstaller/hooks/hook-cuda.core.py",
        "trtx/_pyinstaller/hooks/hook-trtx.py",
        "trtx/_pyinstaller/hooks/hook-trtx_sys.py",
        "trtx_sys/py.typed",
        "trtx_sys/_ffi.abi3.so",
        "trtx_sys/_ffi.pyi",
        "trtx_sys/libtrtx_fake.so",
        "trtx_sys/csrc/include/trtx_c.h",
        "trtx_sys/csrc/include/trtx_c_gen.h",
        "trtx_sys/csrc/src/loader.cpp",
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "codegen/", "benchmarks/"))]


def test_what_is_not_compiled_says_so(tmp_path: Path) -> None:
    for package in ("trtx", "trtx_sys"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.so", "*.pyd", "*.dll"))
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
# That of an editable installation finds its compiled module for any trtx_sys.
sys.meta_path = [finder for finder in sys.meta_path if "Editable" not in repr(finder)]
import trtx
trtx.Builder
"""
    ran = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    said = ran.stderr.splitlines()[-1]
    assert said.startswith("ImportError: ")
    for words in ("not compiled", str(tmp_path / "trtx_sys"), "pip install -e '.[cu13]'", "make demo"):
        assert words in said


def find_python(name: str) -> str:
    """An interpreter on the path, or one that pyenv keeps."""
    version = name.removeprefix("python")
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/{name}"))
    for candidate in (name, *map(str, kept)):
        try:
            subprocess.run([candidate, "-c", ""], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    pytest.skip(f"{name} is missing")


@pytest.mark.parametrize("python", ["python3.10", "python3.12", "python3.13", "python3.14"])
def test_wheel_runs_on_other_pythons(wheel: Path, python: str, tmp_path: Path) -> None:
    subprocess.run([find_python(python), "-m", "venv", str(tmp_path / "venv")], check=True)
    interpreter = tmp_path / "venv" / "bin" / "python"
    install = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Not numpy, which this test does not need: it is large.
    subprocess.run([*install, "cffi"], check=True)
    subprocess.run([*install, "--no-deps", str(wheel)], check=True)
    code = (
        "import trtx; builder = trtx.Builder(trtx.Logger()); network = builder.create_network();"
        "x = network.add_input('x', trtx.DataType.FLOAT, (2, 3)); print(trtx.library_version(), x.shape)"
    )
    environment = {"TRTX_LIBRARY": "fake", "PATH": ""}
    result = subprocess.run(
        [interpreter, "-c", code], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True
    )
    assert result.stdout == "1.7.0.0 (2, 3)\n"


def test_every_name_is_there() -> None:
    assert len(set(trtx.__all__)) == len(trtx.__all__)
    for name in trtx.__all__:
        assert getattr(trtx, name) is not None
    assert set(trtx.__all__) <= set(dir(trtx))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = trtx.nothing


def public_members() -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name in trtx.__all__:
        value = getattr(trtx, name)
        found.append((name, value))
        if inspect.isclass(value) and not issubclass(value, (Enum, tuple)):
            for member, attribute in vars(value).items():
                if not member.startswith("_") and (callable(attribute) or isinstance(attribute, property)):
                    found.append((f"{name}.{member}", attribute))
    return found


def test_everything_public_is_documented() -> None:
    missing = [name for name, value in public_members() if name != "__version__" and not inspect.getdoc(value)]
    assert missing == []


def test_everything_public_has_a_signature_with_types() -> None:
    untyped = []
    for name, value in public_members():
        if inspect.isfunction(value):
            signature = inspect.signature(value)
            parameters = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
            if signature.return_annotation is inspect.Signature.empty or any(
                p.annotation is inspect.Parameter.empty for p in parameters
            ):
                untyped.append(name)
    assert untyped == []


def test_version_has_one_source() -> None:
    from importlib.metadata import version

    assert version("trtx") == trtx.__version__
    assert f"## [{trtx.__version__}]" in (ROOT / "CHANGELOG.md").read_text() or "## [Unreleased]" in (
        ROOT / "CHANGELOG.md"
    ).read_text(encoding="utf-8")
