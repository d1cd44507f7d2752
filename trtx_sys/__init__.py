"""Every function of the C shim by its C name, without policy."""
from ._ffi import ffi, lib
