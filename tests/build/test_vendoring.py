"""The shim in projects of others: a CMake project of C alone, and somebody else's Python extension."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build.test_c_example import CONSUMER_C, TOOLS, configure_and_build, run
from tests.helpers.fake import fake_library
from tests.helpers.process import ROOT

missing_tools = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(bool(missing_tools), reason=f"no {', '.join(missing_tools)}"),
    pytest.mark.skipif(os.name == "nt", reason="these commands are those of Unix compilers"),
]

CMAKE = """\
cmake_minimum_required(VERSION 3.16)
project(app LANGUAGES C)
add_subdirectory(third_party/trtx)
add_executable(app main.c)
target_link_libraries(app PRIVATE trtx::shim)
"""

SETUP = """\
from pathlib import Path
import trtx_sys
from setuptools import Extension, setup

sources = sorted(map(str, Path(trtx_sys.get_source_dir()).glob("*.cpp")))
setup(
    name="theirs",
    ext_modules=[
        Extension(
            "theirs",
            ["theirs.cpp", *sources],
            include_dirs=[trtx_sys.get_include(), trtx_sys.get_source_dir()],
            define_macros=[("TRTX_STATIC", "1")],
            extra_compile_args=["-std=c++17", "-O0", "-g0"],
            libraries=["dl", "pthread"],
        )
    ],
)
"""

THEIRS = """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <trtx_c.h>

static PyObject *version(PyObject *, PyObject *path)
{
    trtx_version loaded{};
    if (trtx_load(PyUnicode_AsUTF8(path)) != TRTX_OK || trtx_library_version(&loaded) != TRTX_OK) {
        PyErr_SetString(PyExc_OSError, trtx_last_error());
        return nullptr;
    }
    return Py_BuildValue("(ii)", loaded.major, loaded.minor);
}

static PyMethodDef methods[] = {{"version", version, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "theirs", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

PyMODINIT_FUNC PyInit_theirs()
{
    return PyModule_Create(&module);
}
"""


def test_a_project_of_c_alone_adds_the_folder(tmp_path: Path) -> None:
    """Its linker is that of C, which knows nothing of the C++ library."""
    vendored = tmp_path / "third_party" / "trtx"
    for part in ("include", "src", "cmake"):
        shutil.copytree(ROOT / "csrc" / part, vendored / part)
    shutil.copy(ROOT / "csrc" / "CMakeLists.txt", vendored)
    (tmp_path / "CMakeLists.txt").write_text(CMAKE, encoding="utf-8")
    (tmp_path / "main.c").write_text(CONSUMER_C, encoding="utf-8")
    configure_and_build(tmp_path, tmp_path / "build", "-DCMAKE_CXX_FLAGS=-O0")
    assert "no-such-library" in run(tmp_path / "build" / "app").stdout
    # Nothing of the shim is among what the project installs.
    run("cmake", "--install", tmp_path / "build", "--prefix", tmp_path / "prefix")
    assert not list((tmp_path / "prefix").rglob("*trtx*"))


def test_an_extension_of_somebody_else_has_the_shim_inside(tmp_path: Path) -> None:
    """Compiled by setuptools from what an installed package gives, it loads a library by itself, beside ours."""
    pytest.importorskip("setuptools", minversion="77")
    (tmp_path / "setup.py").write_text(SETUP, encoding="utf-8")
    (tmp_path / "theirs.cpp").write_text(THEIRS, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CFLAGS": "", "TRTX_LIBRARY": "fake"}
    build = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace", f"--parallel={os.cpu_count()}"]
    subprocess.run(build, cwd=tmp_path, env=environment, check=True, capture_output=True)
    code = f"import theirs, trtx; print(theirs.version({str(fake_library())!r}), trtx.library_version())"
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(ROOT)])
    ran = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("(1, 7) 1.7.0.0\n", "")
