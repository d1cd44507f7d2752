"""What runs on aarch64: imports the installed wheel, builds engines on the real library, and runs one on the fake.

It prints one JSON object of what it found; any failure is an exception. ``real`` or ``fake`` says which library.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from pathlib import Path


def real(model: str, folder: str) -> dict[str, object]:
    """Import, build an engine from ONNX on NVIDIA's library for aarch64, save it, and read it back."""
    start = time.perf_counter()
    import trtx

    imported = time.perf_counter()
    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
    network = builder.create_network()
    trtx.OnnxParser(network).parse_from_file(model)
    parsed = time.perf_counter()
    plan = builder.build_serialized_network(network, builder.create_config())
    built = time.perf_counter()
    path = Path(folder) / f"{Path(model).stem}.engine"
    plan.save(path)
    assert path.stat().st_size == plan.nbytes > 10_000
    try:
        builder.create_network().add_input("x", trtx.DataType.FLOAT, (-5,))
    except trtx.Error as error:
        refused = type(error).__name__
    else:
        raise AssertionError("a shape of -5 was taken")
    return {
        "library": str(trtx.library_version()),
        "path": str(trtx.library_path()),
        "layers": network.num_layers,
        "engine_bytes": plan.nbytes,
        "import_s": round(imported - start, 2),
        "parse_s": round(parsed - imported, 2),
        "build_s": round(built - parsed, 2),
        "refused": refused,
    }


def fake(model: str, folder: str) -> dict[str, object]:
    """Build, serialize, read and run a network on the fake library, which computes on the host."""
    del model, folder
    import numpy as np

    import trtx

    logger = trtx.Logger(trtx.Severity.ERROR)
    builder = trtx.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trtx.DataType.FLOAT, (2, 8))
    y = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
    y.name = "y"
    network.mark_output(y)
    plan = builder.build_serialized_network(network, builder.create_config())
    engine = trtx.Runtime(logger).deserialize_cuda_engine(plan)
    context = engine.create_execution_context()
    given = np.linspace(-1, 1, 16, dtype=np.float32).reshape(2, 8)
    result = np.full_like(given, np.nan)
    context.set_tensor_address("x", given.ctypes.data)
    context.set_tensor_address("y", result.ctypes.data)
    context.enqueue_v3(0)
    np.testing.assert_array_equal(result, np.maximum(given, 0))
    return {"library": str(trtx.library_version()), "values": int(result.size)}


def main() -> None:
    """Run one of the two, and say where."""
    found = {"real": real, "fake": fake}[sys.argv[1]](sys.argv[2], sys.argv[3])
    print(json.dumps({"machine": platform.machine(), "python": platform.python_version(), **found}))


if __name__ == "__main__":
    main()
