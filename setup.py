"""What setuptools has no static form for: the cffi module, and the shim's sources inside the wheel."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent


class BuildWithSources(build_py):
    """Puts ``csrc`` into the wheel, for ``trtx_sys.get_include()`` and for projects that vendor the shim."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return  # the sources are found where they stand
        for part in ("include", "src"):
            target = Path(self.build_lib) / "trtx_sys" / "csrc" / part
            shutil.copytree(HERE / "csrc" / part, target, dirs_exist_ok=True)


setup(cffi_modules=["build_ffi.py:ffi"], cmdclass={"build_py": BuildWithSources})
