"""Build an engine file: from an ONNX model, or of layers. No GPU is needed.

python examples/build_engine.py --onnx model.onnx model.engine
python examples/build_engine.py perceptron.engine
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

import trtx


def build_onnx(model: Path, logger: trtx.Logger) -> trtx.HostMemory:
    """Parse an ONNX model and build an engine from it."""
    builder = trtx.Builder(logger)
    network = builder.create_network()
    trtx.OnnxParser(network, logger).parse_from_file(model)
    return builder.build_serialized_network(network, builder.create_config())


def build_perceptron(logger: trtx.Logger) -> trtx.HostMemory:
    """Make a small network of layers, whose batch size is open, and build an engine from it."""
    generator = np.random.default_rng(0)
    builder = trtx.Builder(logger)
    network = builder.create_network()
    x = network.add_input("input", trtx.DataType.FLOAT, (-1, 64))
    for sizes in ((64, 128), (128, 10)):
        weights = generator.normal(0, 0.1, sizes).astype(np.float32)
        constant = network.add_constant(weights.shape, weights).get_output(0)
        none = trtx.MatrixOperation.NONE
        x = network.add_matrix_multiply(x, none, constant, none).get_output(0)
        x = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
    x.name = "output"
    network.mark_output(x)

    config = builder.create_config()
    config.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, 1 << 30)
    profile = builder.create_optimization_profile()
    profile.set_shape("input", min=(1, 64), opt=(16, 64), max=(256, 64))
    config.add_optimization_profile(profile)
    return builder.build_serialized_network(network, config)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", type=Path, help="file to write")
    parser.add_argument("--onnx", type=Path, help="model to build; without it a small perceptron is built")
    parser.add_argument("--verbose", action="store_true", help="show what TensorRT-RTX logs")
    options = parser.parse_args()
    logger = trtx.Logger(trtx.Severity.INFO if options.verbose else trtx.Severity.WARNING)
    try:
        plan = build_onnx(options.onnx, logger) if options.onnx else build_perceptron(logger)
        plan.save(options.engine)
    except (trtx.Error, OSError) as error:
        print(f"build_engine: {error}", file=sys.stderr)
        return 1
    print(f"{options.engine}: {plan.nbytes / 1e6:.1f} MB, TensorRT-RTX {trtx.library_version()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
