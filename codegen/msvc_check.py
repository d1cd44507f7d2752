"""``python -m codegen.msvc_check``: holds the declarations against Microsoft's binary interface, without Windows.

Clang compiles for that target on any system, and prints the virtual tables that it lays out. Those of our declarations
are compared with what the registry says by Microsoft's rules. Where ``TENSORRT_RTX_ROOT`` names an SDK, its own headers
are held against the registry too: tables, enum values, sizes, offsets and signatures. Nothing of Windows is needed: the
headers ask for no more than a few types of the C library.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .abi_check import CUDA_STUB, HEADER, VARIABLE
from .ctypes_map import cpp_name
from .emit_abi_check import official_class
from .model import Interface, Registry
from .msvc import DESTRUCTOR, Slot, moved_slots, virtual_table
from .read import ROOT, read_registry

TARGET = "x86_64-pc-windows-msvc"
COMPILER = "TRTX_CLANG"

#: What the headers name of the C library, for a target whose own headers are not there.
STUBS = {
    "cstddef": "#pragma once\n#include <stddef.h>\n"
    "namespace std { using ::size_t; using ::ptrdiff_t; using nullptr_t = decltype(nullptr); }\n",
    "cstdint": "#pragma once\n#include <stdint.h>\n",
    "cuda_runtime_api.h": CUDA_STUB,
}

_TABLE = re.compile(r"^VFTable for .*'(\w+)' \((\d+) entr(?:y|ies)\)\.$")
_ENTRY = re.compile(r"^ *\d+ \| (.*)$")
_METHOD = re.compile(r"::(~?\w+)\((.*)\)(?: const)?(?: \[.*\])?$")
_SDK_VERSION = re.compile(r"#define (?:NV_TENSORRT_(MAJOR|MINOR)|TRT_(MAJOR|MINOR)_RTX) (\d+)")
_FAILED = re.compile(
    r"error: (?:static_assert failed|static assertion failed).*?((?:value|size|offset|signature) of [\w:. ]+)"
)
_ASSERTION = re.compile(r'"(value|size of enum|size|offset|signature) (?:of )?" "')

Version = tuple[int, int]


class MsvcCheckError(Exception):
    """The check itself could not be made."""


@dataclass
class Outcome:
    """How much was compared, and what differs."""

    compared: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)


def compiler() -> str | None:
    """The Clang that is there: the one in ``TRTX_CLANG``, or ``clang++`` or ``clang``."""
    named = os.environ.get(COMPILER)
    for name in (named,) if named else ("clang++", "clang"):
        found = shutil.which(shlex.split(name)[0])
        if found:
            return found
    return None


def check(root: Path, sdk: Path | None) -> list[tuple[str, Outcome]]:
    """Compare our declarations with the registry, and with an SDK where there is one."""
    registry = read_registry(root / "csrc" / "registry")
    newest = max(m.since for i in registry.interfaces.values() for m in i.methods)
    with tempfile.TemporaryDirectory(prefix="trtx-msvc-check-") as folder:
        clang = _Clang(root, Path(folder), sdk)
        done = [("declarations and registry", _declarations(registry, clang, newest))]
        if sdk:
            version = _sdk_version(sdk)
            title = f"headers of TensorRT-RTX {version[0]}.{version[1]}"
            done.append((title, _official(registry, clang, version, newest)))
    return done


def _declarations(registry: Registry, clang: _Clang, newest: Version) -> Outcome:
    tables = clang.tables(
        "abi_gen.hpp",
        {i.name: f"trtx::abi::{i.impl or cpp_name(registry, i.name)}" for i in registry.interfaces.values()},
    )
    outcome = Outcome(differences=moved_slots(registry))
    for interface in registry.interfaces.values():
        _compare(outcome, interface, tables[interface.name], virtual_table(registry, interface, newest))
    return outcome


def _official(registry: Registry, clang: _Clang, version: Version, newest: Version) -> Outcome:
    known = [i for i in registry.interfaces.values() if i.since <= version]
    tables = clang.tables("abi_check.hpp", {i.name: official_class(i) for i in known})
    outcome = Outcome()
    for interface in known:
        table = tables[interface.name]
        stated = virtual_table(registry, interface, version)
        if version > newest:
            table = table[: len(stated)]  # what a newer SDK appends is news, and no mistake
        _compare(outcome, interface, table, stated)
    for kind, count in clang.assertions(outcome.differences).items():
        outcome.compared[kind] = count
    return outcome


def _compare(outcome: Outcome, interface: Interface, found: list[Slot], stated: list[Slot]) -> None:
    name = interface.impl or interface.cpp
    outcome.compared["virtual tables"] = outcome.compared.get("virtual tables", 0) + 1
    outcome.compared["slots"] = outcome.compared.get("slots", 0) + len(stated)
    for index in range(max(len(found), len(stated))):
        has = found[index] if index < len(found) else "nothing"
        says = stated[index] if index < len(stated) else "nothing"
        if has != says:
            outcome.differences.append(f"slot {index} of {name}: the compiler has {has}, the registry {says}")
            return


class _Clang:
    """The compiler with what it needs for the other target."""

    def __init__(self, root: Path, folder: Path, sdk: Path | None) -> None:
        found = compiler()
        if found is None:
            raise MsvcCheckError(f"no clang; install it (Debian: apt-get install clang), or set {COMPILER}")
        self.root = root
        self.folder = folder
        for name, text in STUBS.items():
            (folder / name).write_text(text, encoding="utf-8")
        # Its own headers, but none of this system's, which are of another target.
        self.command = [found, f"--target={TARGET}", "-x", "c++", "-std=c++17", "-ffreestanding", "-nostdlibinc", "-w"]
        self.command += ["-DTRTX_STATIC", "-ferror-limit=0", f"-I{folder}"]
        self.command += [f"-I{root / 'csrc' / part}" for part in ("include", "src", "abi_check")]
        if sdk:
            if not (sdk / "include" / HEADER).exists():
                raise MsvcCheckError(f"{VARIABLE} is {sdk}, but there is no {HEADER} in {sdk / 'include'}")
            self.command += ["-isystem", str(sdk / "include")]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)

    def tables(self, header: str, classes: dict[str, str]) -> dict[str, list[Slot]]:
        """The virtual table of each class, by the key that was given for it."""
        source = self.folder / "tables.cpp"
        lines = [f'#include "{header}"', "#undef slot", "#undef method"]  # the comparison's words are macros here
        for key, name in classes.items():
            # A call of a method that stands behind all others makes the compiler lay the whole table out.
            lines.append(f"struct Of{key} : {name} {{ virtual void trtx_behind(); }};")
            lines.append(f"void call(Of{key} *object) {{ object->trtx_behind(); }}")
        source.write_text("\n".join([*lines, ""]), encoding="utf-8")
        result = self.run("-c", "-o", os.devnull, "-Xclang", "-fdump-vtable-layouts", str(source))
        if result.returncode != 0:
            raise MsvcCheckError(f"the declarations do not compile for {TARGET}:\n{result.stderr.strip()}")
        found = read_tables(result.stdout)
        missing = [key for key in classes if f"Of{key}" not in found]
        if missing:
            raise MsvcCheckError(f"the compiler printed no virtual table of {', '.join(missing)}")
        return {key: found[f"Of{key}"][:-1] for key in classes}

    def assertions(self, differences: list[str]) -> dict[str, int]:
        """Compile the comparisons of everything else; what fails is added to the differences."""
        source = self.root / "csrc" / "abi_check" / "abi_check_gen.cpp"
        result = self.run("-fsyntax-only", str(source))
        failed = _FAILED.findall(result.stderr)
        if result.returncode != 0 and not failed:
            raise MsvcCheckError(f"the comparison does not compile for {TARGET}:\n{result.stderr.strip()}")
        differences += [f"{name} is another one in the SDK" for name in failed]
        text = self.run("-E", "-P", str(source)).stdout
        kinds = ("value", "size of enum", "size", "offset", "signature")
        counts = dict.fromkeys(kinds, 0)
        for kind in _ASSERTION.findall(text):
            counts[kind] += 1
        names = ("enum values", "enum sizes", "sizes", "offsets", "signatures")
        return dict(zip(names, counts.values(), strict=True))


def read_tables(dump: str) -> dict[str, list[Slot]]:
    """Virtual tables in what Clang prints for ``-fdump-vtable-layouts``, by the name of the most derived class."""
    tables: dict[str, list[Slot]] = {}
    lines = iter(dump.splitlines())
    for line in lines:
        head = _TABLE.match(line)
        if not head:
            continue
        slots = []
        for _ in range(int(head[2])):
            entry = _ENTRY.match(next(lines))
            if entry is None:
                raise MsvcCheckError(f"a virtual table of {head[1]} reads otherwise than expected")
            if not entry[1].endswith(" RTTI"):
                slots.append(_slot(entry[1]))
        tables[head[1]] = slots
    return tables


def _slot(entry: str) -> Slot:
    method = _METHOD.search(entry)
    if method is None:
        raise MsvcCheckError(f"cannot read the entry of a virtual table: {entry}")
    if method[1].startswith("~"):
        return DESTRUCTOR
    return Slot(method[1], 0 if method[2] in ("", "void") else method[2].count(",") + 1)


def _sdk_version(sdk: Path) -> Version:
    text = (sdk / "include" / "NvInferVersion.h").read_text(encoding="utf-8", errors="replace")
    found = {one or other: int(number) for one, other, number in _SDK_VERSION.findall(text)}
    if found.keys() != {"MAJOR", "MINOR"}:
        raise MsvcCheckError(f"cannot read the version in {sdk / 'include' / 'NvInferVersion.h'}")
    return found["MAJOR"], found["MINOR"]


def main(arguments: list[str] | None = None) -> int:
    """Return 0 where all is equal, 1 where something differs, 2 where the check cannot be made."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.msvc_check",
        description="Compare the declarations with Microsoft's binary interface, and with an SDK in TENSORRT_RTX_ROOT.",
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    sdk = os.environ.get(VARIABLE, "")
    try:
        done = check(options.root, Path(sdk) if sdk else None)
    except MsvcCheckError as error:
        print(f"msvc-check: {error}", file=sys.stderr)
        return 2
    for title, outcome in done:
        counts = ", ".join(f"{number} {name}" for name, number in outcome.compared.items())
        print(f"{TARGET}: {title}: compared {counts}; {len(outcome.differences)} differ")
        for difference in outcome.differences:
            print(f"  {difference}")
    if not sdk:
        print(f"{TARGET}: the headers of an SDK were not compared; set {VARIABLE}")
    return 1 if any(outcome.differences for _, outcome in done) else 0


if __name__ == "__main__":
    sys.exit(main())
