"""What setuptools has no static form for: the cffi module, the fake library, the sources inside the wheel."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
FAKE = "trtx_fake.dll" if sys.platform == "win32" else "libtrtx_fake.so"
#: What makes a wheel run on older systems than the one that it is built on: a header and a source.
OLD_GLIBC = "manylinux/old_glibc"
MANYLINUX = os.environ.get("TRTX_MANYLINUX") == "1"

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


class BuildExtension(build_ext):
    """Compiles in parallel, what has changed only, and says so; also builds the fake library of ``TRTX_LIBRARY=fake``.

    ``TRTX_FAKE=0`` leaves the fake out, which is half of the work. ``TRTX_MANYLINUX=1`` makes what runs on glibc 2.28.
    """

    def run(self) -> None:
        super().run()
        if os.environ.get("TRTX_FAKE") != "0":
            self.build_fake()

    def build_extensions(self) -> None:
        compiler: Any = self.compiler
        objects = Objects(compiler)
        self.force = True  # objects say themselves whether they are fresh; a library may be one of other options
        compiler.compile = objects.compile
        super().build_extensions()

    def build_extension(self, ext: Any) -> None:
        if MANYLINUX:
            ext.sources.append(f"{OLD_GLIBC}.cpp")
            ext.depends.append(f"{OLD_GLIBC}.h")
            ext.extra_compile_args += ["-include", f"{OLD_GLIBC}.h"]
            ext.extra_link_args += ["-Wl,--push-state,--no-as-needed,-l:libdl.so.2,--pop-state"]
        super().build_extension(ext)

    def build_fake(self) -> None:
        folder = HERE / "trtx_sys" if self.inplace or self.editable_mode else Path(self.build_lib) / "trtx_sys"
        target = folder / FAKE
        windows = sys.platform == "win32"
        flags = ["/std:c++17", "/EHsc"] if windows else ["-std=c++17", "-g0", "-Os", "-fvisibility=hidden"]
        # NVIDIA's own parser finds the fake by this name when it is loaded beside it.
        link = [] if windows else ["-Wl,-soname,libtensorrt_rtx.so.1", "-s"]
        sources = sorted((HERE / "csrc" / "fake").glob("*.cpp"))
        if MANYLINUX:
            sources.append(HERE / f"{OLD_GLIBC}.cpp")
        # Relative, as compilers put the objects where the sources' paths say.
        names = [os.path.relpath(path, Path.cwd()) for path in sources]
        folders = [os.path.relpath(HERE / "csrc" / part, Path.cwd()) for part in ("include", "src")]
        parts = [path for part in ("include", "src", "fake") for path in (HERE / "csrc" / part).glob("*.h*")]
        report("building the fake library, for TRTX_LIBRARY=fake")
        compiler: Any = self.compiler
        made = compiler.compile(
            names, self.build_temp, include_dirs=folders, extra_postargs=flags, depends=sorted(map(str, parts))
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        compiler.link_shared_object(made, str(target), extra_postargs=link, target_lang="c++")


class Objects:
    """In place of a compiler's ``compile``: several at a time, and those again that were made of the same before.

    pip builds in a new folder each time. Object files are kept in ``build/objects``, or the folder that
    ``TRTX_OBJECTS`` names, and known by all that they were made of; so ``make test`` finds those of ``make demo``.
    """

    def __init__(self, compiler: Any) -> None:
        self.compiler = compiler
        self.compile_all = compiler.compile
        self.folder = Path(os.environ.get("TRTX_OBJECTS") or HERE / "build" / "objects")

    def compile(self, sources: list[str], output_dir: str, depends: Iterable[str] = (), **options: Any) -> list[str]:
        if not getattr(self.compiler, "initialized", True):
            self.compiler.initialize()  # of MSVC: not by several threads
        read = hashlib.sha256(b"".join(Path(name).read_bytes() for name in depends))

        def compile_one(source: str) -> str:
            how = self.options_of(source, options)
            key = read.copy()
            # Flags name headers of the virtual environment, of which there are none.
            flags = repr([self.tool(), sorted(how.items())]).replace(sys.prefix, "")
            key.update(Path(source).read_bytes() + flags.encode())
            kept = self.folder / f"{Path(source).stem}-{key.hexdigest()[:20]}{self.compiler.obj_extension}"
            if not kept.exists():
                (made,) = self.compile_all([source], output_dir, depends=[], **how)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(made, f"{kept}.{os.getpid()}")
                os.replace(f"{kept}.{os.getpid()}", kept)
            report(f"{len(done) + 1:3}/{len(sources)} {source}")
            done.append(source)
            return str(kept)

        done: list[str] = []
        # The large ones first, so that none is left for one processor at the end.
        order = sorted(sources, key=lambda source: -Path(source).stat().st_size)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            made = dict(zip(order, pool.map(compile_one, order), strict=True))
        return [made[source] for source in sources]

    def options_of(self, source: str, options: dict[str, Any]) -> dict[str, Any]:
        """The module that cffi writes is half of all the work; in its wrappers there is little to optimize."""
        if Path(source).stem != "trtx_sys._ffi" or self.compiler.compiler_type == "msvc":
            return options
        return {**options, "extra_postargs": [*options["extra_postargs"], "-O1"]}

    def tool(self) -> list[Any]:
        return [
            platform.machine(),
            *(getattr(self.compiler, name, None) for name in ("compiler_so", "compiler_so_cxx", "cc")),
        ]


def report(line: str) -> None:
    print(line, flush=True)


setup(cffi_modules=["build_ffi.py:ffi"], cmdclass={"build_py": BuildWithSources, "build_ext": BuildExtension})
