"""``python -m tests.windows``: what can be proven of the Windows side on Linux. Each part says what it needs.

- ``abi``: our declarations under Microsoft's binary interface, by Clang (``codegen.msvc_check``).
- ``real``: NVIDIA's own libraries for Windows, called through those declarations under Wine: engines from a network and
  from an ONNX model.
- ``shim``: the shim and the fake library compiled by mingw-w64, and run under Wine: how libraries are found and loaded,
  errors, threads, inference.
- ``types``: mypy as if on Windows, which finds what Python has on Unix alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from codegen import msvc_check

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
MINGW = "x86_64-w64-mingw32"
PACKAGES = {
    "clang": "clang",
    f"{MINGW}-g++-posix": "g++-mingw-w64-x86-64-posix",
    f"{MINGW}-gcc-posix": "gcc-mingw-w64-x86-64-posix",
    "wine": "wine64 wine",
}
LIBRARY = "tensorrt-rtx-cu13-libs"
VERSIONS = ("1.6.1.120", "1.7.1.116")
INCLUDE = [f"-I{ROOT / 'csrc' / part}" for part in ("include", "src")]


class WindowsCheckError(Exception):
    """Something is missing, or did not work."""


def main(arguments: list[str] | None = None) -> int:
    """Return 0 where all was right, 1 where something failed, 2 where a tool is missing."""
    parts: dict[str, Callable[[Path], None]] = {"abi": abi, "real": real, "shim": shim, "types": types}
    parser = argparse.ArgumentParser(
        prog="python -m tests.windows", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="all of them where none is named")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "windows", help="where all of it is made")
    options = parser.parse_args(arguments)
    missing = [package for tool, package in PACKAGES.items() if shutil.which(tool) is None]
    if missing:
        print(f"windows: missing tools; on Debian: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in options.parts or parts:
        try:
            parts[name](folder)
        except WindowsCheckError as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


def say(topic: str, text: str) -> None:
    print(f"{topic:6} {text}", flush=True)


def abi(folder: Path) -> None:
    """Virtual tables of our declarations; and of the headers of an SDK, where there is one."""
    del folder
    if msvc_check.main([]) != 0:
        raise WindowsCheckError("the declarations and the registry differ")


def real(folder: Path) -> None:
    """A network and an ONNX model become engines in NVIDIA's library for Windows."""
    stubs = folder / "stubs"
    stubs.mkdir(exist_ok=True)
    for name, text in msvc_check.STUBS.items():
        (stubs / name).write_text(text, encoding="utf-8")
    # One half for Microsoft's binary interface, the other with mingw-w64's C library: names in C are the same in both.
    command = ["clang", f"--target={msvc_check.TARGET}", "-std=c++17", "-ffreestanding", "-nostdlibinc", "-O1", "-w"]
    command += ["-fno-rtti", "-fno-exceptions", "-DTRTX_STATIC", f"-I{stubs}", *INCLUDE]
    run("real_abi.cpp", *command, "-c", str(HERE / "real_abi.cpp"), "-o", str(folder / "real_abi.obj"))
    program = folder / "real.exe"
    command = [f"{MINGW}-gcc-posix", "-O1", str(HERE / "real_main.c"), str(folder / "real_abi.obj")]
    run("real_main.c", *command, "-o", str(program))
    for version in VERSIONS:
        place = library(folder, version)
        (core,) = place.glob("tensorrt_rtx_1_*.dll")
        (parser,) = place.glob("tensorrt_onnxparser_rtx_1_*.dll")
        start = time.perf_counter()
        printed = wine(folder, str(program), str(core), str(parser), str(model()))
        say("real", f"{core.name} of {LIBRARY} {version}, {time.perf_counter() - start:.0f} s")
        for line in printed.splitlines():
            say("", line)


def shim(folder: Path) -> None:
    """Our own code for Windows, with the fake in the place of NVIDIA's library."""
    start = time.perf_counter()
    objects = {part: compile_all(folder / part, ROOT / "csrc" / part) for part in ("src", "fake")}
    place = folder / "path"
    place.mkdir(exist_ok=True)
    fake = place / "tensorrt_rtx_1_7.dll"
    static = ["-static", "-static-libgcc", "-static-libstdc++"]
    compiler = f"{MINGW}-g++-posix"
    run("the fake", compiler, "-shared", "-s", *map(str, objects["fake"]), *static, "-o", str(fake))
    program = folder / "program.exe"
    source = folder / "program.o"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-DTRTX_STATIC", *INCLUDE]
    run("program.c", f"{MINGW}-gcc-posix", *flags, "-c", str(HERE / "program.c"), "-o", str(source))
    run("the shim", compiler, str(source), *map(str, objects["src"]), *static, "-o", str(program))
    say("shim", f"{sum(map(len, objects.values()))} files compiled by mingw-w64, {time.perf_counter() - start:.0f} s")
    for line in wine(folder, str(program), windows_path(place), fake.name).splitlines():
        say("", line)


def types(folder: Path) -> None:
    """What mypy says of the whole package as if on Windows."""
    del folder
    say("types", run("mypy --platform win32", sys.executable, "-m", "mypy", "--platform", "win32").strip())


def compile_all(folder: Path, source: Path) -> list[Path]:
    """The objects of a folder of sources; those that are newer than all headers and their source are kept."""
    folder.mkdir(exist_ok=True)
    headers = [path for part in ("include", "src", "fake") for path in (ROOT / "csrc" / part).glob("*.h*")]
    newest = max(path.stat().st_mtime for path in headers)

    def compile_one(path: Path) -> Path:
        made = folder / f"{path.stem}.o"
        if not made.exists() or made.stat().st_mtime < max(newest, path.stat().st_mtime):
            command = [f"{MINGW}-g++-posix", "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-DTRTX_STATIC"]
            run(path.name, *command, *INCLUDE, "-c", str(path), "-o", str(made))
        return made

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compile_one, sorted(source.glob("*.cpp"))))


def library(folder: Path, version: str) -> Path:
    """NVIDIA's libraries for Windows, from PyPI."""
    place = folder / f"{LIBRARY}-{version}"
    if not place.is_dir():
        download = folder / "download"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--platform", "win_amd64", "-d", str(download), f"{LIBRARY}=={version}"]
        run(f"{LIBRARY} {version} for win_amd64", *command)
        (found,) = download.glob(f"*-{version}-*.whl")
        with zipfile.ZipFile(found) as archive:
            archive.extractall(f"{place}.draft")
        os.replace(f"{place}.draft", place)
    return place / "tensorrt_rtx_libs"


def model() -> Path:
    """A real network that the onnx package ships."""
    import onnx

    return Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / "light_squeezenet.onnx"


def windows_path(path: Path) -> str:
    """How Wine calls a file of this system."""
    return "Z:" + str(path).replace("/", "\\")


def wine(folder: Path, *command: str) -> str:
    environment = {**os.environ, "WINEPREFIX": str(folder / "wine"), "WINEDEBUG": "-all"}
    return run(f"{Path(command[0]).name} under Wine", "wine", *command, environment=environment)


def run(what: str, *command: str, environment: dict[str, str] | None = None) -> str:
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if result.returncode != 0:
        raise WindowsCheckError(f"{what}: exit {result.returncode}:\n{(result.stdout + result.stderr)[-3000:]}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
