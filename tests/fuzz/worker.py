"""One process of the fuzzer of bytes: ``python -m tests.fuzz.worker TARGET SEED CASES SECONDS FOLDER``.

Before each case its input is in FOLDER/current, so that whoever survives this process knows what ended it. The last
line of what it prints is a JSON object of figures.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import trtx
from tests.fuzz.mutate import mutate_bytes, mutate_model

#: Longest input.
ROOM = 8 << 20
#: Larger models are left alone: copying them takes longer than parsing small ones.
LARGEST_SEED = 200_000

Case = Callable[[bytes], None]
Inputs = Iterator[bytes]


class Unavailable(Exception):
    """This machine cannot run the target."""


def small_engine(logger: trtx.Logger) -> trtx.HostMemory:
    builder = trtx.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trtx.DataType.FLOAT, (2, 2))
    network.mark_output(network.add_activation(x, trtx.ActivationType.RELU).get_output(0))
    return builder.build_serialized_network(network, builder.create_config())


def engines(dice: random.Random, logger: trtx.Logger) -> tuple[Case, Inputs]:
    """Deserialization and the header check.

    TensorRT-RTX trusts what it finds inside an engine, and crashes over lengths that were changed there. So the inputs
    are files that were damaged as files are: cut off, with something lost or put in, or with a header of anything.
    SECURITY.md says what that means.
    """
    runtime = trtx.Runtime(logger)
    seeds = [bytes(small_engine(logger))]

    def case(data: bytes) -> None:
        with suppress(trtx.Error):
            runtime.get_engine_validity(data)
        runtime.deserialize_cuda_engine(data)

    return case, _damaged_files(dice, seeds)


def models(dice: random.Random, logger: trtx.Logger) -> tuple[Case, Inputs]:
    """ONNX models, by their bytes and by their fields."""
    try:
        import onnx
    except ImportError:
        raise Unavailable("the onnx package is missing") from None
    data = Path(onnx.__file__).parent / "backend" / "test" / "data"
    # Every operator has models of its own; a fixed choice, whatever the file system's order.
    paths = [p for p in sorted(data.glob("*/*/model.onnx")) if p.stat().st_size <= LARGEST_SEED]
    paths = dice.sample(paths, min(len(paths), 400))
    protos = [onnx.load(path) for path in paths]
    seeds = [path.read_bytes() for path in paths]
    builder = trtx.Builder(logger)

    def case(data: bytes) -> None:
        with builder.create_network() as network:
            trtx.OnnxParser(network).parse(data)

    def inputs() -> Inputs:
        raw = _bytes(dice, seeds)
        while True:
            yield next(raw) if dice.random() < 0.4 else mutate_model(dice, dice.choice(protos), protos)

    return case, inputs()


def caches(dice: random.Random, logger: trtx.Logger) -> tuple[Case, Inputs]:
    """Caches of compiled kernels; they belong to engines, which need a GPU."""
    try:
        engine = trtx.Runtime(logger).deserialize_cuda_engine(small_engine(logger))
    except trtx.Error as error:
        raise Unavailable(f"a runtime cache needs an engine: {error}") from None
    cache = engine.create_runtime_config().create_runtime_cache()
    return cache.deserialize, _bytes(dice, [bytes(cache.serialize()), bytes(small_engine(logger))])


TARGETS = {"engine": engines, "model": models, "cache": caches}


def _bytes(dice: random.Random, seeds: list[bytes]) -> Inputs:
    while True:
        if dice.random() < 0.1:
            yield dice.randbytes(dice.choice((0, 1, 8, 64, 1000)))
        else:
            yield mutate_bytes(dice, dice.choice(seeds), seeds)


def _damaged_files(dice: random.Random, seeds: list[bytes]) -> Inputs:
    while True:
        data = bytearray(dice.choice(seeds))
        at = dice.randrange(len(data))
        kind = dice.randrange(5)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            data[at:at] = dice.randbytes(dice.randrange(1, 4096))
        elif kind == 2:
            del data[at : at + dice.randrange(1, 4096)]
        elif kind == 3:
            data[:64] = mutate_bytes(dice, bytes(data[:64]), seeds)
        else:
            data = bytearray(dice.randbytes(dice.choice((0, 1, 8, 64, 1000, 100_000))))
        yield bytes(data)


def run(target: str, seed: int, cases: int, seconds: float, folder: Path) -> dict[str, object]:
    """Run cases until there are enough; anything but an error of ours ends it."""
    logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
    case, inputs = TARGETS[target](random.Random(seed), logger)
    outcomes: Counter[str] = Counter()
    end = time.monotonic() + seconds
    fatal = int(os.environ.get("TRTX_FUZZ_ABORT_AT", "-1"))  # for the fuzzer's own test
    with (folder / "current").open("w+b") as file:
        file.truncate(ROOM)
        with mmap.mmap(file.fileno(), ROOM) as current:
            for data in inputs:
                if sum(outcomes.values()) >= cases or time.monotonic() > end:
                    break
                current[8 : 8 + len(data)] = data
                current[:8] = len(data).to_bytes(8, "little")
                if sum(outcomes.values()) == fatal:
                    os.abort()
                try:
                    case(data)
                    outcomes["accepted"] += 1
                except trtx.Error as error:
                    outcomes[type(error).__name__] += 1
                    if not str(error):
                        raise AssertionError("an error without words") from error
    return dict(sorted(outcomes.items()))


def replay(target: str, path: Path) -> None:
    """Run one kept input."""
    case, _ = TARGETS[target](random.Random(0), trtx.Logger(trtx.Severity.VERBOSE))
    case(path.read_bytes())


def main() -> None:
    if sys.argv[2] == "replay":
        replay(sys.argv[1], Path(sys.argv[3]))
        return
    target, seed, cases, seconds, folder = sys.argv[1:]
    try:
        import resource

        # Sizes that a mutation made up must not eat the machine.
        resource.setrlimit(resource.RLIMIT_DATA, (8 << 30, 8 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ImportError:
        pass
    try:
        said: dict[str, object] = run(target, int(seed), int(cases), float(seconds), Path(folder))
    except Unavailable as error:
        said = {"unavailable": str(error)}
    print(json.dumps(said), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
