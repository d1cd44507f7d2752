"""The C shim of TensorRT-RTX for Python: every function by its C name, without policy.

`trtx_sys.lib` holds the functions and constants, `trtx_sys.ffi` the cffi object, and the enums stand here by their
names. A call that can fail returns a status; ``lib.trtx_last_error()`` explains it. A text that a function returns is a
str, or None. Functions that ``trtx_c.h`` marks as long let other Python threads run, all others do not. For objects
that clean up after themselves and exceptions, use `trtx`.
"""

# The extension loads it by itself, but out of sight of programs that freeze this one.
import _cffi_backend as _cffi_backend

from . import _enums_gen
from ._enums_gen import *  # noqa: F403

try:
    from ._ffi import ffi, lib
except ModuleNotFoundError as error:
    if error.name != f"{__name__}._ffi":
        raise
    raise ImportError(
        f"trtx is imported from source files that are not compiled: {__file__}. To use these, run in their project's "
        "folder: pip install -e '.[cu13]' (or: make demo). To use a trtx that is installed, start Python in another "
        "folder."
    ) from error

from ._find import (
    Found,
    LibraryNotFoundError,
    find,
    find_onnx_parser,
    get_include,
    get_source_dir,
    load,
    load_onnx_parser,
)

__all__ = [
    "Found",
    "LibraryNotFoundError",
    "ffi",
    "find",
    "find_onnx_parser",
    "get_include",
    "get_source_dir",
    "lib",
    "load",
    "load_onnx_parser",
    *_enums_gen.__all__,
]
