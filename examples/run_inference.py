"""Run an engine file: numpy in, numpy out. A GPU with its driver is needed, and ``pip install cuda-python cuda-core``.

    python examples/run_inference.py model.engine [--input name=array.npy ...] [--save folder]

Inputs that are not given are filled with evenly spaced values.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from models import reference_input

import trtx
import trtx.cuda


def infer(engine: trtx.CudaEngine, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run an engine once on arrays of the host."""
    device = trtx.cuda.Device()
    device.set_current()
    stream = device.create_stream()
    context = engine.create_execution_context()
    for name in engine.input_names:
        context.set_input_shape(name, inputs[name].shape)
        context.set_tensor_address(name, trtx.cuda.from_numpy(inputs[name], stream=stream))
    context.infer_shapes()
    buffers = {}
    for name in engine.output_names:
        shape, dtype = context.get_tensor_shape(name), engine.get_tensor_dtype(name)
        buffers[name] = (trtx.cuda.empty(shape, dtype, stream=stream), shape, dtype)
        context.set_tensor_address(name, buffers[name][0])
    context.enqueue_v3(stream)
    return {name: trtx.cuda.to_numpy(*buffer, stream=stream) for name, buffer in buffers.items()}


def default_inputs(engine: trtx.CudaEngine) -> dict[str, np.ndarray]:
    """Evenly spaced values for every input, in its usual shape where the shape is open."""
    inputs = {}
    for name in engine.input_names:
        shape = engine.get_tensor_shape(name)
        if -1 in shape:
            shape = engine.get_tensor_profile_shape(name, 0)[trtx.OptProfileSelector.OPT]
        inputs[name] = reference_input(shape)
    return inputs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", type=Path)
    parser.add_argument("--input", action="append", default=[], metavar="NAME=FILE.npy")
    parser.add_argument("--save", type=Path, help="folder to save the outputs in")
    options = parser.parse_args()
    try:
        runtime = trtx.Runtime(trtx.Logger())
        engine = runtime.deserialize_cuda_engine(options.engine)
        inputs = default_inputs(engine)
        for text in options.input:
            name, _, file = text.partition("=")
            inputs[name] = np.load(file)
        outputs = infer(engine, inputs)
    except (trtx.Error, OSError) as error:
        print(f"run_inference: {error}", file=sys.stderr)
        return 1
    for name, array in outputs.items():
        print(f"{name}: {array.dtype} {array.shape}, from {array.min():.6g} to {array.max():.6g}")
        if options.save:
            options.save.mkdir(parents=True, exist_ok=True)
            np.save(options.save / f"{name.replace('/', '_')}.npy", array)
    return 0


if __name__ == "__main__":
    sys.exit(main())
