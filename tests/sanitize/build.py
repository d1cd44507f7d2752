"""Builds of the shim, the fake library and the driver with a sanitizer, each made once for sources as they are."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CSRC = ROOT / "csrc"
DRIVER = Path(__file__).with_name("driver.cpp")
INCLUDES = (f"-I{CSRC / 'include'}", f"-I{CSRC / 'src'}")
#: Without optimization: a sanitizer sees more of the source then, and the compiler has less to do.
FLAGS = ("-std=c++17", "-O0", "-g1", "-fPIC", "-fvisibility=hidden", "-fno-omit-frame-pointer", "-DTRTX_STATIC=1")


@dataclass(frozen=True)
class Kind:
    """A way to build, and the environment that its programs run in."""

    name: str
    flags: tuple[str, ...]
    #: Runtime libraries by the compiler's names, for programs that were built without the sanitizer.
    runtimes: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


_ASAN = "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1"
PLAIN = Kind("plain", ())
ADDRESS = Kind("address", ("-fsanitize=address",), ("libasan.so",), (("ASAN_OPTIONS", _ASAN),))
UNDEFINED = Kind(
    "address and undefined",
    ("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    ("libasan.so", "libubsan.so"),
    (("ASAN_OPTIONS", _ASAN), ("UBSAN_OPTIONS", "print_stacktrace=1")),
)
_TSAN = "halt_on_error=1:second_deadlock_stack=1"
THREAD = Kind("thread", ("-fsanitize=thread",), ("libtsan.so",), (("TSAN_OPTIONS", _TSAN),))
#: For a fake library that is not built so: its own locks and counts would not be seen.
THREAD_OF_SHIM = replace(THREAD, environment=(("TSAN_OPTIONS", f"{_TSAN}:ignore_noninstrumented_modules=1"),))


def compiler() -> str | None:
    """The compiler; None where there is none that these builds know."""
    return None if sys.platform == "win32" else os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")


@functools.cache
def missing(kind: Kind) -> str:
    """What a kind of build lacks on this machine; empty where it has all."""
    found = compiler()
    if found is None:
        return "g++ or clang++"
    with tempfile.TemporaryDirectory() as scratch:
        source, program = Path(scratch, "empty.cpp"), Path(scratch, "empty")
        source.write_text("int main() { return 0; }\n", encoding="utf-8")
        for command in ([found, *kind.flags, str(source), "-o", str(program)], [str(program)]):
            if subprocess.run(command, capture_output=True, check=False).returncode != 0:
                return f"the runtime of {' '.join(kind.flags) or found}"
    return ""


def fake_library(kind: Kind) -> Path:
    """The fake library."""
    objects = _compiled(kind, sorted((CSRC / "fake").glob("*.cpp")))
    return _linked(kind, "libtrtx_fake.so", objects, "-shared", "-Wl,-soname,libtensorrt_rtx.so.1")


def driver(kind: Kind) -> Path:
    """The driver, with the shim in it."""
    return _linked(kind, "driver", _compiled(kind, [DRIVER, _shim(kind)]))


def extension(kind: Kind) -> Path:
    """The module ``trtx_sys._ffi``, with the shim in it."""
    source = _folder(kind) / "_ffi.cpp"
    if not source.exists():
        part = source.with_suffix(".part.cpp")
        code = f"import build_ffi; build_ffi.ffi.emit_c_code({str(part)!r})"
        _run([sys.executable, "-c", code], cwd=ROOT)
        part.rename(source)
    python = (f"-I{sysconfig.get_paths()['include']}", f"-I{ROOT / 'trtx_sys'}")
    objects = _compiled(kind, [source, _shim(kind)], *python, "-DPy_LIMITED_API=0x030A0000")
    return _linked(kind, "_ffi.abi3.so", objects, "-shared")


def run_driver(
    kind: Kind, what: str, count: int, fake: Path | None = None, wrapper: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the driver on a fake library, by default one of the same kind; ``wrapper`` is a program that runs it."""
    command = [*wrapper, str(driver(kind)), str(fake or fake_library(kind)), what, str(count)]
    variables = {**os.environ, **dict(kind.environment)}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=1200, check=False)


def _shim(kind: Kind) -> Path:
    """All sources of the shim in one, which compiles in a quarter of the time."""
    path = _folder(kind) / "shim.cpp"
    sources = sorted((CSRC / "src").glob("*.cpp"))
    path.write_text("".join(f'#include "{source}"\n' for source in sources), encoding="utf-8")
    return path


@functools.cache
def _folder(kind: Kind) -> Path:
    digest = hashlib.sha256(repr((compiler(), FLAGS, kind.flags, sys.version)).encode())
    inputs = [DRIVER, ROOT / "build_ffi.py", ROOT / "trtx_sys" / "_cdef_gen.txt", *(ROOT / "trtx_sys").glob("*.h*")]
    inputs += [path for part in ("include", "src", "fake") for path in (CSRC / part).glob("*.[ch]*")]
    for path in sorted(inputs):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    folder = Path(tempfile.gettempdir()) / f"trtx-sanitize-{os.getuid()}" / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _compiled(kind: Kind, sources: list[Path], *more: str) -> list[Path]:
    found = compiler()
    assert found is not None

    def build(source: Path) -> Path:
        made = _folder(kind) / f"{source.parent.name}-{source.stem}.o"
        if not made.exists():
            part = f"{made}.{os.getpid()}.part"
            _run([found, *FLAGS, *kind.flags, *INCLUDES, *more, "-c", str(source), "-o", part])
            os.replace(part, made)
        return made

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(build, sources))


def _linked(kind: Kind, name: str, objects: list[Path], *more: str) -> Path:
    target = _folder(kind) / name
    if not target.exists():
        part = f"{target}.{os.getpid()}.part"
        _run([compiler() or "", *kind.flags, *more, *map(str, objects), "-o", part, "-ldl", "-lpthread"])
        os.replace(part, target)
    return target


def runtime_paths(kind: Kind) -> list[str]:
    """Files that a Python program must load first to use what is built so: see LD_PRELOAD."""
    # The C++ library too: the runtime looks for the functions that it replaces when it starts.
    return [_run([compiler() or "", f"-print-file-name={name}"]).strip() for name in (*kind.runtimes, "libstdc++.so")]


def _run(command: list[str], cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout
