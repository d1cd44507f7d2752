"""From an ONNX model to an engine, and to results where there is a GPU.

    python examples/basic_workflow.py [--model squeezenet] [--engine FILE]

The model is one of those that the ``onnx`` package ships, with the output that it should give.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from build_engine import build_onnx
from models import light_models, reference_input, reference_output
from run_inference import infer

import trtx
import trtx.cuda

#: The GPU computes in TF32, with ten bits of mantissa: outputs differ by no more than this part of the largest value.
TOLERANCE = 5e-3


def build(model: Path, file: Path, logger: trtx.Logger) -> None:
    """Build an engine, save it, and say what came of it."""
    start = time.perf_counter()
    plan = build_onnx(model, logger)
    plan.save(file)
    print(f"built    {file.name}: {plan.nbytes / 1e6:.1f} MB in {time.perf_counter() - start:.1f} s, no GPU needed")


def show_network(model: Path, logger: trtx.Logger) -> None:
    """Show what the parser made of the model."""
    with trtx.Builder(logger) as builder:
        network = builder.create_network()
        trtx.OnnxParser(network, logger).parse_from_file(model)
        kinds: dict[str, int] = {}
        for layer in network:
            kinds[layer.layer_type.name] = kinds.get(layer.layer_type.name, 0) + 1
        common = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda item: -item[1])[:4])
        print(f"parsed   {model.name}: {len(network)} layers ({common} ...)")
        for tensor in (*network.inputs, *network.outputs):
            role = "input" if tensor.is_network_input else "output"
            print(f"         {role:7} {tensor.name}: {tensor.dtype.name} {tensor.shape}")


def load(file: Path, runtime: trtx.Runtime) -> trtx.CudaEngine | None:
    """Deserialize the engine; say so where there is no GPU for it."""
    problem = trtx.cuda.why_unavailable()
    if problem is not None:
        print(f"not run  inference needs a GPU: {problem}")
        return None
    try:
        return runtime.deserialize_cuda_engine(file)
    except trtx.EngineError as error:
        if trtx.EngineInvalidityDiagnostics.UNSUPPORTED_CC not in runtime.get_engine_validity(file).diagnostics:
            raise
        print(f"not run  TensorRT-RTX does not support this GPU: {error}")
        return None


def inspect(engine: trtx.CudaEngine) -> None:
    """Show what an engine holds, layer by layer; the inspector needs the deserialized engine, and so a GPU."""
    for tensor in engine.io_tensors:
        print(f"         {tensor.mode.name.lower():7} {tensor.name}: {tensor.dtype.name} {tensor.shape}")
    with engine.create_engine_inspector() as inspector:
        layers = inspector.engine_information()["Layers"]
    print(f"engine   {len(layers)} layers after fusion, {engine.device_memory_size_v2 / 1e6:.1f} MB of device memory")


def run(model: Path, engine: trtx.CudaEngine) -> bool:
    """Run the engine on the reference input and compare with the reference output."""
    (name,) = engine.input_names
    result = infer(engine, {name: reference_input(engine.get_tensor_shape(name))})
    output, expected = next(iter(result.values())), reference_output(model)
    deviation = float(np.abs(output.reshape(expected.shape) - expected).max())
    matches = deviation <= TOLERANCE * float(np.abs(expected).max())
    verdict = "matches" if matches else "DOES NOT MATCH"
    print(f"ran      {engine.num_layers} layers on the GPU: the output {verdict} the reference, "
          f"largest deviation {deviation:.2e}")  # fmt: skip
    return matches


def main() -> int:
    models = light_models()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=sorted(models), default="squeezenet")
    parser.add_argument("--engine", type=Path, help="where to keep the engine; by default it is removed")
    options = parser.parse_args()
    model = models[options.model]
    logger = trtx.Logger(trtx.Severity.ERROR)
    print(f"using    TensorRT-RTX {trtx.library_version()}")
    with tempfile.TemporaryDirectory() as folder:
        file = options.engine or Path(folder) / f"{options.model}.engine"
        show_network(model, logger)
        build(model, file, logger)
        runtime = trtx.Runtime(logger)
        print(f"header   {runtime.engine_header_size} bytes tell whether an engine fits a machine")
        engine = load(file, runtime)
        if engine is None:
            return 0
        inspect(engine)
        return 0 if run(model, engine) else 1


if __name__ == "__main__":
    sys.exit(main())
