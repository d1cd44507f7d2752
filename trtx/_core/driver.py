"""The CUDA driver, reached without any package: is there one, and where does an address lie?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import CudaError

NAME = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"

#: Once it has been seen to work, nobody needs to look again.
_works = False


def open_driver() -> Any:
    """The driver's library, or `OSError`."""
    import ctypes

    if sys.platform == "win32":
        return ctypes.WinDLL(NAME)
    return ctypes.CDLL(NAME)


def words_of(driver: Any, status: int) -> str:
    """What the driver says of a status."""
    import ctypes

    words = ctypes.c_char_p()
    driver.cuGetErrorString(status, ctypes.byref(words))
    return f"{(words.value or b'unknown error').decode()} (CUDA error {status})"


def problem() -> str | None:
    """Why CUDA cannot be used on this machine, as a sentence; None where it can."""
    global _works
    if _works:
        return None
    import ctypes

    try:
        driver = open_driver()
    except OSError:
        return f"There is no CUDA driver: {NAME} not found"
    status = driver.cuInit(0)
    count = ctypes.c_int(0)
    if status == 0:
        status = driver.cuDeviceGetCount(ctypes.byref(count))
    if status == 0 and count.value > 0:
        _works = True
        return None
    if status in (0, 100):  # CUDA_ERROR_NO_DEVICE
        return "The CUDA driver sees no GPU"
    return f"The CUDA driver does not start: {words_of(driver, status)}"


@contextmanager
def starting(ordinal: int) -> Iterator[None]:
    """Let CUDA start on a GPU beside what is done meanwhile; that takes it some 0.2 s, mostly without Python's lock.

    The GPU's primary context stays until the process ends, as CUDA's runtime has it. What fails here fails again, with
    a message, where CUDA is used.
    """
    import ctypes
    import threading

    def start() -> None:
        try:
            driver = open_driver()
        except OSError:
            return
        device, context = ctypes.c_int(), ctypes.c_void_p()
        if driver.cuInit(0) == 0 and driver.cuDeviceGet(ctypes.byref(device), ordinal) == 0:
            driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device)

    thread = threading.Thread(target=start, name="trtx-cuda", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def is_on_device(address: int) -> bool:
    """Whether the driver says that an address is on the device."""
    import ctypes

    if problem() is not None:
        return False
    kind, memory_type, on_device = ctypes.c_uint(0), 2, 2  # CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_MEMORYTYPE_DEVICE
    driver = open_driver()
    status = driver.cuPointerGetAttribute(ctypes.byref(kind), memory_type, ctypes.c_uint64(address))
    # Memory that the driver did not allocate is an invalid value to it; without a context there is none of its own.
    if status not in (0, 1, 201):
        raise CudaError(f"asking where {address:#x} lies failed: {words_of(driver, status)}")
    return status == 0 and kind.value == on_device


def copy_in(address: int, data: Any, stream: int) -> None:
    """Copy bytes to an address that may be on the device or on the host, and wait for it.

    For callbacks that get addresses of both kinds: the driver knows its own. It is reached without cuda.bindings, which
    programs that only run engines need not have.
    """
    import ctypes

    from trtx_sys._ffi import ffi

    with ffi.from_buffer("char[]", data) as source:
        if not is_on_device(address):
            ffi.memmove(ffi.cast("char *", address), source, len(source))
            return
        driver = open_driver()
        host = ctypes.c_void_p(int(ffi.cast("uintptr_t", source)))
        handle = ctypes.c_void_p(stream)
        status = driver.cuMemcpyHtoDAsync_v2(ctypes.c_uint64(address), host, ctypes.c_size_t(len(source)), handle)
        status = status or driver.cuStreamSynchronize(handle)
        if status:
            raise CudaError(f"copying to the device failed: {words_of(driver, status)}")
