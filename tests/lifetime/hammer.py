"""``python -m tests.lifetime.hammer SEED SECONDS THREADS``: threads that do anything to the same few objects.

On the real library, in a process of its own: the caller sees whether it crashes. Whatever `trtx` refuses is fine. Freed
memory should be overwritten (``MALLOC_PERTURB_``), so that using it shows. Prints how many calls went through.
"""

from __future__ import annotations

import faulthandler
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

import trtx

SHAPE = (2, 3)
RELU, FLOAT = trtx.ActivationType.RELU, trtx.DataType.FLOAT


class World:
    """What the threads share; any of them may make it anew."""

    def __init__(self) -> None:
        self.logger = trtx.Logger(trtx.Severity.VERBOSE, sink=lambda severity, message: None)
        self.renew()

    def renew(self) -> None:
        self.builder = trtx.Builder(self.logger)
        self.network = self.builder.create_network()
        self.config = self.builder.create_config()
        self.profile = self.builder.create_optimization_profile()
        self.input = self.network.add_input("x", FLOAT, SHAPE)
        self.layer = self.network.add_activation(self.input, RELU)
        self.network.mark_output(self.layer.get_output(0))
        self.parsed = trtx.Builder(self.logger).create_network()
        self.parser = trtx.OnnxParser(self.parsed, self.logger)

    def remove(self) -> None:
        if self.network.num_inputs > 1:
            self.network.remove_tensor(self.network.get_input(self.network.num_inputs - 1))

    def unmark(self) -> None:
        if self.network.num_outputs > 1:
            self.network.unmark_output(self.network.get_output(self.network.num_outputs - 1))

    def set_all(self) -> None:
        self.config.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, 1 << 20)
        self.config.builder_optimization_level = 2
        self.config.compute_capabilities = (trtx.ComputeCapability.SM80,)

    def set_profile(self) -> None:
        profile = self.profile
        profile.set_shape("x", SHAPE, SHAPE, SHAPE)
        assert profile.get_shape("x") == (SHAPE, SHAPE, SHAPE)

    def close_something(self, dice: random.Random) -> None:
        if dice.random() < 0.02:
            dice.choice((self.network, self.config, self.builder, self.parser, self.parsed)).close()


Act = Callable[[World, random.Random], object]

ACTS: tuple[Act, ...] = (
    lambda w, d: w.network.add_activation(w.input, RELU).get_output(0).shape,
    lambda w, d: w.network.add_constant(SHAPE, np.ones(SHAPE, np.float32)).weights,
    lambda w, d: w.network.add_input(f"i{d.randrange(9)}", FLOAT, SHAPE),
    lambda w, d: w.remove(),
    lambda w, d: [(tensor.name, tensor.shape, tensor.dtype) for tensor in w.network.inputs],
    lambda w, d: [(layer.name, layer.type, layer.inputs, layer.outputs) for layer in list(w.network)[:20]],
    lambda w, d: [tensor.is_shape_tensor for tensor in w.network.outputs],
    lambda w, d: setattr(w.input, "name", "x" * d.choice((1, 100))),
    lambda w, d: setattr(w.layer, "name", "l" * d.choice((1, 100))),
    lambda w, d: (repr(w.network), repr(w.input), repr(w.layer), repr(w.config), repr(w.builder)),
    lambda w, d: w.builder.build_serialized_network(w.network, w.config).nbytes,
    lambda w, d: w.builder.is_network_supported(w.network, w.config),
    lambda w, d: w.set_all(),
    lambda w, d: (w.config.compute_capabilities, w.config.flags, w.config.num_optimization_profiles),
    lambda w, d: w.config.reset(),
    lambda w, d: w.set_profile(),
    lambda w, d: w.config.add_optimization_profile(w.profile),
    lambda w, d: w.parser.parse(b"\x08\x08" + d.randbytes(20)),
    lambda w, d: (w.parser.errors, w.parser.supports_operator("Relu")),
    lambda w, d: [layer.name for layer in w.parsed],
    lambda w, d: w.network.mark_output(w.network.get_layer(w.network.num_layers - 1).get_output(0)),
    lambda w, d: w.unmark(),
    lambda w, d: w.close_something(d),
)


def main() -> None:
    faulthandler.enable()
    seed, seconds, count = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    sys.setswitchinterval(1e-6)
    world, done, problems = World(), Counter[str](), list[Any]()
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        while time.monotonic() < end and not problems:
            act = dice.choice(ACTS)
            try:
                act(world, dice)
                done["calls"] += 1
            except trtx.ClosedError:
                done["refused"] += 1
                with suppress(trtx.Error):
                    world.renew()
            except (trtx.Error, IndexError):
                done["refused"] += 1
            except BaseException as problem:
                problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    print(done["calls"], done["refused"])


if __name__ == "__main__":
    main()
