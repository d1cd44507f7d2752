"""What `trtx doctor` looks at. Each function answers also where the thing it looks for is missing or broken."""

from __future__ import annotations

import ctypes
import importlib.metadata as metadata
import importlib.util
import os
import platform
import re
import sys
import time
from pathlib import Path
from typing import Any

import trtx

#: Variables that decide which libraries and GPUs are used.
VARIABLES = (
    "TRTX_LIBRARY",
    "TENSORRT_RTX_ROOT",
    "LD_LIBRARY_PATH" if sys.platform != "win32" else "PATH",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_HOME",
)

#: Packages of NVIDIA's libraries on PyPI, by the CUDA that they are for.
LIBRARIES = {"tensorrt_rtx_cu13_libs": 13, "tensorrt_rtx_cu12_libs": 12}

#: Optional packages: what they are for, and how they are installed.
PACKAGES = {
    "numpy": "arrays",
    "cuda-core": "trtx.Session, trtx.cuda, trtx run, trtx bench",
    "cuda-bindings": "trtx.Session, trtx.cuda, trtx run, trtx bench",
    "filelock": "cache= of trtx.Session",
    "platformdirs": "cache=True of trtx.Session",
    "rich": "tables and progress",
    "onnx": "trtx.prepare_onnx, trtx build --prepare",
    "onnxscript": "trtx.prepare_onnx, trtx build --prepare",
    "ml_dtypes": "bfloat16 and smaller types in numpy",
    "onnxruntime": "trtx run --against onnxruntime",
    "torch": "tensors on the GPU",
    "graphviz": "trtx inspect --graph FILE.svg",
}


def installation() -> dict[str, Any]:
    """This package and this Python."""
    import trtx_sys._ffi as extension

    try:
        tags = re.findall(r"^Tag: (.+)$", metadata.distribution("trtx").read_text("WHEEL") or "", re.MULTILINE)
    except metadata.PackageNotFoundError:
        tags = []
    return {
        "trtx": trtx.__version__,
        "folder": str(Path(trtx.__file__).parent),
        "wheel_tags": tags,
        "extension": Path(extension.__file__ or "").name,
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "machine": platform.machine(),
    }


def library() -> dict[str, Any]:
    """The native library: where it was found and how, or every place that was tried."""
    from trtx_sys import _find

    found: dict[str, Any] = {"path": None, "found_via": None, "version": None, "parser": None, "problem": None}
    found["tried"], found["fake"] = [], False
    try:
        place = _find.find()
        found["path"], found["found_via"] = place
        found["fake"] = os.path.basename(place.path) == _find.FAKE
        found["path"] = trtx.load_library()
        found["version"] = str(trtx.library_version())
    except (trtx.LibraryError, _find.LibraryNotFoundError) as error:
        first, *more = str(error).splitlines()
        found["problem"] = first.removesuffix(" Tried:").rstrip(".")
        found["tried"] = [line.strip(" -") for line in more[:-1]]
        return found
    try:
        found["parser"] = _find.load_onnx_parser().path
    except _find.LibraryNotFoundError as error:
        found["problem"] = " ".join(str(error).split())
    return found


def driver() -> dict[str, Any]:
    """The CUDA driver and its GPUs."""
    from trtx import cuda

    found: dict[str, Any] = {"problem": cuda.driver_problem(), "version": _kernel_module(), "cuda": None, "gpus": []}
    try:
        native: Any = (ctypes.WinDLL if sys.platform == "win32" else ctypes.CDLL)(  # type: ignore[attr-defined,unused-ignore]
            "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
        )
    except OSError:
        return found
    version = ctypes.c_int()
    if native.cuDriverGetVersion(ctypes.byref(version)) == 0:
        found["cuda"] = f"{version.value // 1000}.{version.value % 1000 // 10}"
    if found["problem"] is None:
        count = ctypes.c_int()
        native.cuDeviceGetCount(ctypes.byref(count))
        found["gpus"] = [_gpu(native, index) for index in range(count.value)]
    return found


def _gpu(native: Any, index: int) -> dict[str, Any]:
    device, name, total = ctypes.c_int(), ctypes.create_string_buffer(256), ctypes.c_size_t()
    major, minor = ctypes.c_int(), ctypes.c_int()
    native.cuDeviceGet(ctypes.byref(device), index)
    native.cuDeviceGetName(name, len(name), device)
    native.cuDeviceTotalMem_v2(ctypes.byref(total), device)
    for attribute, value in ((75, major), (76, minor)):  # the numbers of the compute capability
        native.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
    return {
        "index": index,
        "name": name.value.decode(errors="replace"),
        "compute_capability": f"{major.value}.{minor.value}",
        "bytes": total.value,
    }


def _kernel_module() -> str | None:
    """Version of the driver itself, which is not that of its CUDA; on Linux alone."""
    try:
        match = re.search(r"Kernel Module.*?(\d+\.\d+[.\d]*)", Path("/proc/driver/nvidia/version").read_text())
    except OSError:
        return None
    return match[1] if match else None


def packages() -> list[dict[str, Any]]:
    """Optional packages, and NVIDIA's: their versions, or None."""
    names = {**dict.fromkeys(LIBRARIES, "the TensorRT-RTX library"), **PACKAGES}
    return [{"name": name, "version": _version(name), "for": purpose} for name, purpose in names.items()]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def environment() -> dict[str, str]:
    """The variables that are set."""
    return {name: os.environ[name] for name in VARIABLES if name in os.environ}


def try_build() -> tuple[dict[str, Any], trtx.HostMemory | None]:
    """Build a tiny engine: ``y = relu(x)``."""
    began = time.perf_counter()
    try:
        logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, text: None)
        with trtx.Builder(logger) as builder, builder.create_network() as network:
            tensor = network.add_input("x", trtx.DataType.FLOAT, (2, 3))
            result = network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0)
            result.name = "y"
            network.mark_output(result)
            memory = builder.build_serialized_network(network, builder.create_config())
    except trtx.Error as error:
        return {"works": False, "why": str(error).splitlines()[0]}, None
    return {"works": True, "seconds": round(time.perf_counter() - began, 3)}, memory


def try_run(memory: trtx.HostMemory) -> dict[str, Any]:
    """Run that engine, and compare what comes out."""
    began = time.perf_counter()
    try:
        import numpy as np

        values = np.array([[-1, 2, -3], [4, -5, 6]], np.float32)
        logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, text: None)
        with trtx.Session(memory, logger=logger) as session:
            right = bool((session.run({"x": values})["y"] == np.maximum(values, 0)).all())
    except (trtx.Error, ImportError) as error:
        return {"works": False, "why": str(error).splitlines()[0]}
    if not right:
        return {"works": False, "why": "the engine runs, and its output is wrong"}
    return {"works": True, "seconds": round(time.perf_counter() - began, 3)}


def has(name: str) -> bool:
    """Whether a module can be imported; it is not."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
