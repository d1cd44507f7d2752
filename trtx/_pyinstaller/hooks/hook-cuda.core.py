"""What PyInstaller cannot see of CUDA's packages: they are compiled, which hides what their modules import.

A process of its own imports those that `trtx` uses, and tells what came with them, modules of the standard library too.
``cuda.core`` takes its modules from a folder for the major version of CUDA. They are frozen under the folder's name:
``cuda.core.cu13._device``, for instance.
"""

from PyInstaller import isolated
from PyInstaller.log import getLogger


def import_cuda() -> list[str]:
    """Names of modules that belong to CUDA's packages or to the standard library."""
    import importlib
    import pkgutil
    import sys

    for name in ("cuda.core", "cuda.core.utils", "cuda.bindings.driver"):
        importlib.import_module(name)
    core = sys.modules["cuda.core"]
    parts = ["", *(part.name.removeprefix("cuda.core") for part in pkgutil.walk_packages(core.__path__, "cuda.core."))]
    found = [core.__spec__.name + part for part in parts]
    roots = {"cuda", *sys.stdlib_module_names}
    for name, module in sys.modules.items():
        # Some are in no file and have no specification: those that Cython makes, and typing.io.
        if name.partition(".")[0] in roots and not name.startswith("cuda.core.") and getattr(module, "__spec__", None):
            found.append(name)
    return found


try:
    hiddenimports = isolated.call(import_cuda)
except Exception as error:
    getLogger(__name__).warning("trtx: the program will not use a GPU, as importing cuda.core failed: %s", error)
