"""What the small examples share: a model, and a plain word where something is missing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

import trtx
import trtx.cuda

#: The GPU may round products to TF32, with ten bits of mantissa.
RTOL = ATOL = 1e-2

QUIET = trtx.Logger(trtx.Severity.ERROR)


class Model:
    """y = relu(x @ w + b), with an open batch; numpy knows the answer."""

    def __init__(self, seed: int = 0, width: int = 64) -> None:
        generator = np.random.default_rng(seed)
        self.w = generator.uniform(-1, 1, (width, width)).astype(np.float32)
        self.b = generator.uniform(-1, 1, (1, width)).astype(np.float32)

    def inputs(self, rows: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).uniform(-1, 1, (rows, len(self.w))).astype(np.float32)

    def expected(self, x: np.ndarray) -> np.ndarray:
        result: np.ndarray = np.maximum(x @ self.w + self.b, 0)
        return result

    def check(self, x: np.ndarray, y: np.ndarray) -> None:
        spread = (len(self.w) / 64) ** 0.5  # of the rounding of longer sums
        np.testing.assert_allclose(y, self.expected(x), rtol=RTOL, atol=ATOL * spread)

    def define(self, network: trtx.NetworkDefinition) -> None:
        x = network.add_input("x", trtx.float32, (-1, len(self.w)))
        constants = {}
        for name, array in (("w", self.w), ("b", self.b)):
            constant = network.add_constant(array.shape, array)
            network.set_weights_name(constant, name)
            constants[name] = constant.get_output(0)
        none = trtx.MatrixOperation.NONE
        product = network.add_matrix_multiply(x, none, constants["w"], none).get_output(0)
        total = network.add_elementwise(product, constants["b"], trtx.ElementWiseOperation.SUM).get_output(0)
        y = network.add_activation(total, trtx.ActivationType.RELU).get_output(0)
        y.name = "y"
        network.mark_output(y)

    def build(
        self,
        *batches: tuple[int, int, int],
        flags: Sequence[trtx.BuilderFlag] = (),
        configure: Callable[[trtx.BuilderConfig], object] = lambda config: None,
    ) -> trtx.HostMemory:
        """Build an engine with a profile for each (least, usual, most) number of rows."""
        builder = trtx.Builder(QUIET)
        network = builder.create_network()
        self.define(network)
        config = builder.create_config()
        for least, usual, most in batches or ((1, 4, 16),):
            profile = builder.create_optimization_profile()
            width = len(self.w)
            profile.set_shape("x", min=(least, width), opt=(usual, width), max=(most, width))
            config.add_optimization_profile(profile)
        for flag in flags:
            config.set_flag(flag)
        configure(config)
        return builder.build_serialized_network(network, config)

    def run(self, context: trtx.ExecutionContext, x: np.ndarray, stream: object) -> np.ndarray:
        """Run a context once, from numpy to numpy."""
        source = trtx.cuda.from_numpy(x, stream=stream)
        target = trtx.cuda.empty(x.shape, trtx.float32, stream=stream)
        context.set_input_shape("x", x.shape)
        context.set_tensor_address("x", source)
        context.set_tensor_address("y", target)
        context.enqueue_v3(stream)
        return trtx.cuda.to_numpy(target, x.shape, stream=stream)


def new_stream() -> Any:
    """A stream of the first GPU; ends the program where there is none."""
    problem = trtx.cuda.why_unavailable()
    if problem is not None:
        cannot_run(problem)
    device = trtx.cuda.Device()
    device.set_current()
    return device.create_stream()


def on_fake() -> bool:
    """Whether memory of the host stands in for a GPU."""
    return hasattr(trtx.cuda, "Device") and trtx.cuda.Device.__module__.startswith("trtx.")


def cannot_run(reason: str) -> NoReturn:
    """End the program, naming what is missing; the exit status is 1."""
    sys.exit(f"cannot run: {reason}")
