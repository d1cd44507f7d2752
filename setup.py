"""What setuptools has no static form for: the cffi module, the fake library, the sources inside the wheel."""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
FAKE = "trtx_fake.dll" if sys.platform == "win32" else "libtrtx_fake.so"


#: What a project that vendors the shim takes over.
VENDORED = ("include", "src", "cmake", "CMakeLists.txt", "README.md", "LICENSE")


class BuildWithSources(build_py):
    """Puts ``csrc`` into the wheel, for ``trtx_sys.get_include()`` and for projects that vendor the shim."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return  # the sources are found where they stand
        folder = Path(self.build_lib) / "trtx_sys" / "csrc"
        # An earlier build may have left what is no source any more; who vendors the folder compiles all of it.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for part in VENDORED:
            source = HERE / "csrc" / part
            if source.is_dir():
                shutil.copytree(source, folder / part)
            else:
                shutil.copy2(source, folder)


class BuildWithFake(build_ext):
    """Also builds ``csrc/fake``, the library that ``TRTX_LIBRARY=fake`` names."""

    def run(self) -> None:
        super().run()
        folder = HERE / "trtx_sys" if self.inplace or self.editable_mode else Path(self.build_lib) / "trtx_sys"
        target = folder / FAKE
        sources = sorted((HERE / "csrc" / "fake").glob("*.cpp"))
        parts = [path for part in ("include", "src", "fake") for path in (HERE / "csrc" / part).iterdir()]
        if target.exists() and target.stat().st_mtime > max(path.stat().st_mtime for path in parts):
            return
        self.link_fake(self.compile_fake(sources), target)

    def compile_fake(self, sources: list[Path]) -> list[str]:
        flags = (
            ["/std:c++17", "/EHsc"] if sys.platform == "win32" else ["-std=c++17", "-g0", "-Os", "-fvisibility=hidden"]
        )
        include = [str(HERE / "csrc" / part) for part in ("include", "src")]

        def compile_one(source: Path) -> list[str]:
            compiler: Any = self.compiler
            # Relative, as compilers put the objects where the sources' paths say.
            name = os.path.relpath(source, Path.cwd())
            return list(compiler.compile([name], self.build_temp, include_dirs=include, extra_postargs=flags))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return [name for names in pool.map(compile_one, sources) for name in names]

    def link_fake(self, objects: list[str], target: Path) -> None:
        # NVIDIA's own parser finds the fake by this name when it is loaded beside it.
        flags = [] if sys.platform == "win32" else ["-Wl,-soname,libtensorrt_rtx.so.1", "-s"]
        compiler: Any = self.compiler
        target.parent.mkdir(parents=True, exist_ok=True)
        compiler.link_shared_object(objects, str(target), extra_postargs=flags, target_lang="c++")


setup(cffi_modules=["build_ffi.py:ffi"], cmdclass={"build_py": BuildWithSources, "build_ext": BuildWithFake})
