"""Arrays of torch and CuPy, used where they lie on the GPU, in the order of their streams.

python examples/torch_and_cupy.py
"""

from __future__ import annotations

import importlib

import numpy as np
from small import ATOL, QUIET, RTOL, Model, cannot_run, new_stream, on_fake

import trtx


def main() -> None:
    model = Model()
    new_stream()
    if on_fake():
        cannot_run("torch and CuPy need a GPU; the fake library works on memory of the host")
    found = {}
    for name in ("torch", "cupy"):
        try:
            found[name] = importlib.import_module(name)
        except ImportError as error:
            print(f"without {name}: {error}")
    if not found:
        cannot_run("neither torch nor cupy is installed")
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(model.build())
    x = model.inputs(4)
    with trtx.Session(engine) as session:
        if "torch" in found:
            torch = found["torch"]
            if not torch.cuda.is_available():
                cannot_run("this torch has no CUDA")
            with torch.cuda.stream(torch.cuda.Stream()):  # the run is in the order of the current stream
                tensor = torch.as_tensor(x).cuda() * 2
                y = session.run({"x": tensor}, output="device")["y"] + 1
            torch.cuda.synchronize()
            np.testing.assert_allclose(y.cpu().numpy(), model.expected(2 * x) + 1, rtol=RTOL, atol=ATOL)
        if "cupy" in found:
            cupy = found["cupy"]
            array, result = cupy.asarray(x) * 2, cupy.empty_like(x)
            stream = cupy.cuda.get_current_stream()
            session.run({"x": array}, out={"y": result}, stream=stream)  # written where we want it
            np.testing.assert_allclose(cupy.asnumpy(result), model.expected(2 * x), rtol=RTOL, atol=ATOL)
            y = cupy.from_dlpack(session.run({"x": array}, output="device", stream=stream)["y"])
            np.testing.assert_allclose(cupy.asnumpy(y), model.expected(2 * x), rtol=RTOL, atol=ATOL)
    print(f"ok: {' and '.join(found)} gave and took arrays on the GPU")


if __name__ == "__main__":
    main()
