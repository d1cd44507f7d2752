"""``python -m tests.aarch64``: compiles the wheel for aarch64, and proves it under QEMU with NVIDIA's library.

It runs on Debian and its relatives, on any other processor. All it makes stands in one folder (``build/aarch64``); what
it needs of the system is said where it is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from . import system

ROOT = Path(__file__).resolve().parents[2]
CROSS = "aarch64-linux-gnu-g++"
TOOLS = {
    CROSS: "g++-aarch64-linux-gnu",
    "qemu-aarch64": "qemu-user",
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
}
LIBRARY = "tensorrt-rtx-cu13-libs"
LIBRARY_PLATFORM = "manylinux_2_35_aarch64"


class ProofError(Exception):
    """Something is missing, or did not work."""


def main(arguments: list[str] | None = None) -> int:
    """Return 0 where all was proven, 1 where something failed, 2 where a tool is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.aarch64", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "aarch64", help="where all of it is made")
    parser.add_argument("--libraries", nargs="+", default=["1.6.1.120"], help="versions of TensorRT-RTX to prove")
    options = parser.parse_args(arguments)
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        print(f"aarch64: missing tools; on Debian: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        root = system.make(folder)
        say("system", f"Debian's {system.interpreter(root).name} for aarch64 in {root}")
        wheel = build_wheel(folder, root)
        site = install(folder, root, wheel)
        prove_fake(root, site, folder)
        for version in options.libraries:
            prove_real(root, site, folder, version)
    except (ProofError, system.DebianError) as error:
        print(f"aarch64: {error}", file=sys.stderr)
        return 1
    return 0


def say(topic: str, text: str) -> None:
    print(f"{topic:8} {text}", flush=True)


def build_wheel(folder: Path, root: Path) -> Path:
    """Cross-compile the wheel, and name it after the C library that it needs."""
    start = time.perf_counter()
    scratch = folder / "wheel"
    for left in scratch.glob("*.whl"):
        left.unlink()
    include = " ".join(f"-isystem {path}" for path in system.headers(root, folder))
    environment = {
        **os.environ,
        "CC": f"{CROSS} {include}",
        "CXX": f"{CROSS} {include}",
        "LDSHARED": f"{CROSS} -shared",
        "LDCXXSHARED": f"{CROSS} -shared",
        "AR": "aarch64-linux-gnu-ar",
        "CFLAGS": "-O2",
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
    }
    build = scratch / "build"
    command = [sys.executable, "setup.py", "--quiet", "build", "--build-base", str(build)]
    command += ["--build-lib", str(build / "lib"), "--build-temp", str(build / "temp")]
    run("the extension cannot be built", *command, environment=environment)
    needs: dict[str, tuple[int, ...]] = {}
    for path in (build / "lib").rglob("*.so"):
        header = run("readelf", "aarch64-linux-gnu-readelf", "-h", str(path))
        if "AArch64" not in header:
            raise ProofError(f"{path} is not for aarch64")
        for symbol, version in re.findall(r"\b(GLIBC|GLIBCXX|CXXABI)_([\d.]+)", elf_versions(path)):
            needs[symbol] = max(needs.get(symbol, ()), tuple(map(int, version.split("."))))
    platform = f"manylinux_{needs['GLIBC'][0]}_{needs['GLIBC'][1]}_aarch64"
    command += ["bdist_wheel", "--py-limited-api", "cp310", "--plat-name", platform, "--dist-dir", str(scratch)]
    run("the wheel cannot be built", *command, environment=environment)
    (wheel,) = scratch.glob("*.whl")
    stated = ", ".join(f"{name} {'.'.join(map(str, version))}" for name, version in sorted(needs.items()))
    say("wheel", f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB in {time.perf_counter() - start:.0f} s")
    say("", f"needs at most {stated}")
    return wheel


def elf_versions(path: Path) -> str:
    return run("readelf", "aarch64-linux-gnu-readelf", "--version-info", "--wide", str(path))


def install(folder: Path, root: Path, wheel: Path) -> Path:
    """The wheel and what it depends on, as pip puts them on such a machine."""
    site = folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    version = system.interpreter(root).name.removeprefix("python")
    platforms = [f"manylinux_2_{minor}_aarch64" for minor in range(36, 16, -1)] + ["manylinux2014_aarch64"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(site)]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", version, "--abi", "abi3"]
    command += ["--abi", f"cp{version.replace('.', '')}", "--abi", "none"]
    for platform in platforms:
        command += ["--platform", platform]
    run("pip does not take the wheel", *command, str(wheel))
    say("install", f"pip took {wheel.name} for {platforms[0]} and older, CPython {version}")
    return site


def library(folder: Path, version: str) -> Path:
    """NVIDIA's library for aarch64, from PyPI."""
    place = folder / f"{LIBRARY}-{version}"
    if not place.is_dir():
        download = folder / "download"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--platform", LIBRARY_PLATFORM, "-d", str(download), f"{LIBRARY}=={version}"]
        run(f"PyPI has no {LIBRARY} {version} for {LIBRARY_PLATFORM}", *command)
        (found,) = download.glob(f"*-{version}-*.whl")
        with zipfile.ZipFile(found) as archive:
            archive.extractall(f"{place}.draft")
        os.replace(f"{place}.draft", place)
    return place


def prove_fake(root: Path, site: Path, folder: Path) -> None:
    start = time.perf_counter()
    found = emulate(root, [site], "fake", "", str(folder), TRTX_LIBRARY="fake")
    say("fake", f"{found['values']} values computed right on {found['machine']}, {time.perf_counter() - start:.0f} s")


def prove_real(root: Path, site: Path, folder: Path, version: str) -> None:
    for model in models():
        found = emulate(root, [site, library(folder, version)], "real", str(model), str(folder))
        if found["library"] != version:
            raise ProofError(f"library {found['library']} was loaded instead of {version}")
        say("real", f"TensorRT-RTX {found['library']} on {found['machine']}, CPython {found['python']}: {model.stem}")
        say("", f"import {found['import_s']} s, parse {found['parse_s']} s, build {found['build_s']} s (emulated)")
        say("", f"{found['layers']} layers, an engine of {found['engine_bytes']} bytes; a wrong shape is refused")


def models() -> list[Path]:
    """A real network that the onnx package ships."""
    import onnx

    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    return [folder / "light_squeezenet.onnx"]


def emulate(root: Path, path: list[Path], *arguments: str, **environment: str) -> dict[str, object]:
    """Run ``prove.py`` by the interpreter for aarch64, and read what it prints."""
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONHOME": str(root / "usr"),
        "PYTHONDONTWRITEBYTECODE": "1",
        **environment,
    }
    command = [
        "qemu-aarch64",
        "-L",
        str(root),
        str(system.interpreter(root)),
        str(Path(__file__).with_name("prove.py")),
    ]
    printed = run(f"prove.py {arguments[0]} failed under QEMU", *command, *arguments, environment=variables)
    found: dict[str, object] = json.loads(printed.splitlines()[-1])
    if found["machine"] != "aarch64":
        raise ProofError(f"that ran on {found['machine']}")
    return found


def run(what: str, *command: str, environment: dict[str, str] | None = None) -> str:
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ProofError(f"{what} (exit {result.returncode}):\n{(result.stdout + result.stderr)[-3000:]}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
