"""Random sequences of calls on the fake library: make, use, close, drop, in any order.

``python -m tests.fuzz.machine SEED EXAMPLES`` needs TRTX_LIBRARY to name the fake library. Whatever is called, only
`trtx.Error` and `TypeError` come out, no dead native object is used, and in the end all are gone.
"""

from __future__ import annotations

import ctypes
import enum
import gc
import inspect
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

import trtx

#: What may come out of any call.
ALLOWED = (trtx.Error, TypeError)
#: They take addresses, which nobody can check, or write files.
LEFT_OUT = {
    "enqueue_v3", "execute_v2", "save", "set_device_memory", "set_input_tensor_address", "set_output_tensor_address",
    "set_tensor_address", "temporary_directory",
}  # fmt: skip

counts: Counter[str] = Counter()
used: set[tuple[str, str]] = set()
_fake = ctypes.CDLL(os.environ["TRTX_LIBRARY"])
_fake.trtx_fake_live_count.restype = ctypes.c_int64
_fake.trtx_fake_misuse_count.restype = ctypes.c_int64
_fake.trtx_fake_last_misuse.restype = ctypes.c_char_p

_ENUMS = {
    name: kind for name in dir(trtx) if isinstance(kind := getattr(trtx, name), type) and issubclass(kind, enum.Enum)
}
_numbers = st.sampled_from([0, 1, 2, 3, -1, 7, 100, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, 2**63, 2**70])
_names = st.sampled_from(["x", "y", "", "no such", "a\0b", "\udcff", "ü" * 50, "z" * 500])
_shapes = st.lists(st.sampled_from([0, 1, 2, 2, 3, -1, 2**31]), max_size=9).map(tuple)
_odd = st.sampled_from([None, True, False, 1.5, float("nan"), b"", b"junk", b"TRTXONNX", object(), [], {}, "x", 3])
_arrays = st.sampled_from([np.ones(4, np.float32), np.ones((2, 2), np.float32), np.zeros(0, np.int8), np.ones(2, "U3")])


class Machine(RuleBasedStateMachine):
    """A bag of objects, from which any rule takes what it wants."""

    def __init__(self) -> None:
        super().__init__()
        logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
        builder = trtx.Builder(logger)
        config, profile = builder.create_config(), builder.create_optimization_profile()
        network = builder.create_network()
        x = network.add_input("x", trtx.DataType.FLOAT, (2, 2))
        layer = network.add_activation(x, trtx.ActivationType.RELU)
        network.mark_output(layer.get_output(0))
        plan = builder.build_serialized_network(network, config)
        runtime = trtx.Runtime(logger)
        engine = runtime.deserialize_cuda_engine(plan)
        settings_, inspector = engine.create_runtime_config(), engine.create_engine_inspector()
        cache, context = settings_.create_runtime_cache(), engine.create_execution_context(settings_)
        parser = trtx.OnnxParser(builder.create_network())
        self.bag: list[Any] = [
            logger, builder, config, profile, network, x, layer, plan, runtime, engine, settings_, inspector, cache,
            context, parser,
        ]  # fmt: skip

    # How objects are chosen and calls are made

    def pick(self, data: st.DataObject, kind: str = "") -> Any:
        """An object of a class, or of any; None where there is none."""
        found = [thing for thing in self.bag if not kind or type(thing).__name__ == kind]
        # By number: hypothesis keeps what it draws, and would keep the object alive.
        return found[data.draw(st.integers(0, len(found) - 1))] if found else None

    def call(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Call something; what it gives goes into the bag."""
        name = getattr(function, "__qualname__", repr(function))
        try:
            result = function(*arguments, **keywords)
        except ALLOWED as error:
            counts["refused"] += 1
            if not str(error) and not isinstance(error, TypeError):
                raise AssertionError(f"{name}: {type(error).__name__} without words") from error
            return None
        counts["done"] += 1
        for thing in result if isinstance(result, tuple) else (result,):
            if type(thing).__module__.startswith("trtx.") and hasattr(thing, "is_closed") and len(self.bag) < 60:
                self.bag.append(thing)
        return result

    def value(self, data: st.DataObject, annotation: str) -> Any:
        """Something that fits, or mostly does."""
        if data.draw(st.integers(0, 9)) == 0:
            return data.draw(st.one_of(_odd, _numbers, _names)) if data.draw(st.booleans()) else self.pick(data)
        for name, kind in _ENUMS.items():
            if name in annotation:
                return data.draw(st.sampled_from(list(kind)))
        for name in {type(thing).__name__ for thing in self.bag}:
            if name in annotation:
                return self.pick(data, name)
        if "Tensor" in annotation:
            return self.pick(data, "Tensor")
        if "Sequence" in annotation or "tuple" in annotation:
            return data.draw(_shapes)
        if "str" in annotation:
            return data.draw(_names)
        if "bool" in annotation:
            return data.draw(st.booleans())
        if "int" in annotation or "float" in annotation:
            return data.draw(_numbers)
        return data.draw(st.one_of(_odd, _arrays, _shapes))

    # Making

    @rule(data=st.data(), kind=st.sampled_from(["Builder", "Runtime"]))
    def make_root(self, data: st.DataObject, kind: str) -> None:
        self.call(getattr(trtx, kind), self.value(data, "Logger"))

    @rule(data=st.data())
    def make_parts(self, data: st.DataObject) -> None:
        builder = self.pick(data, "Builder")
        if builder is not None:
            for make in (builder.create_network, builder.create_config, builder.create_optimization_profile):
                self.call(make)

    @rule(data=st.data())
    def make_parser(self, data: st.DataObject) -> None:
        self.call(trtx.OnnxParser, self.value(data, "NetworkDefinition"))

    @rule(data=st.data())
    def make_model(self, data: st.DataObject) -> None:
        """A network that can be built, so that there are engines too."""
        network = self.pick(data, "NetworkDefinition")
        if network is None:
            return
        x = self.call(network.add_input, data.draw(st.sampled_from(["x", "x2"])), trtx.DataType.FLOAT, (2, 2))
        layer = self.call(network.add_activation, x, trtx.ActivationType.RELU)
        if layer is not None:
            self.call(network.mark_output, layer.get_output(0))

    @rule(data=st.data())
    def build(self, data: st.DataObject) -> None:
        builder = self.pick(data, "Builder")
        if builder is not None:
            arguments = self.value(data, "NetworkDefinition"), self.value(data, "BuilderConfig")
            self.call(builder.build_serialized_network, *arguments)

    @rule(data=st.data())
    def load(self, data: st.DataObject) -> None:
        runtime = self.pick(data, "Runtime")
        if runtime is not None:
            self.call(runtime.deserialize_cuda_engine, self.value(data, "HostMemory"))

    @rule(data=st.data())
    def run(self, data: st.DataObject) -> None:
        """With addresses of memory that is there: the one thing that cannot be random."""
        engine = self.pick(data, "CudaEngine")
        context = None if engine is None else self.call(engine.create_execution_context)
        if context is None:
            return
        blocks = []
        for name in [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]:
            blocks.append(np.zeros(64, np.float32))
            self.call(context.set_tensor_address, name, blocks[-1].ctypes.data)
        self.call(context.enqueue_v3, 0)
        # The memory goes now, and so must its user.
        self.call(context.close)

    # Using

    @rule(data=st.data(), times=st.integers(1, 10))
    def use(self, data: st.DataObject, times: int) -> None:
        """Any public attribute of any object, with arguments by their annotations."""
        for _ in range(times):
            self.use_once(data, self.pick(data))

    def use_once(self, data: st.DataObject, thing: Any) -> None:
        names = [name for name in dir(thing) if not name.startswith("_") and name not in LEFT_OUT]
        name = data.draw(st.sampled_from(names))
        used.add((type(thing).__name__, name))
        found = inspect.getattr_static(type(thing), name)
        if not inspect.isroutine(found):  # a property, ours of layers too, which take any kind of value here
            is_property = isinstance(found, property)
            can_be_set = found.fset is not None if is_property else hasattr(type(found), "__set__")
            if can_be_set and data.draw(st.booleans()):
                hint = str(inspect.signature(found.fget).return_annotation) if is_property else ""
                self.call(setattr, thing, name, self.value(data, hint))
            else:
                self.call(getattr, thing, name)
            return
        method = getattr(thing, name)
        if not callable(method):
            return
        arguments = [
            self.value(data, str(parameter.annotation))
            for parameter in inspect.signature(method).parameters.values()
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            and (parameter.default is parameter.empty or data.draw(st.booleans()))
        ]
        self.call(method, *arguments)

    @rule(data=st.data())
    def protocols(self, data: st.DataObject) -> None:
        """What Python itself asks of objects."""
        thing = self.pick(data)
        repr(thing)
        hash(thing)
        assert thing == thing
        for ask in (len, bool, iter, bytes, lambda it: it[0], lambda it: it.__enter__()):
            if ask is not bool or len(self.bag) > 1:
                try:
                    ask(thing)
                except (*ALLOWED, IndexError, AttributeError):
                    counts["refused"] += 1

    # Ending

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        thing = self.pick(data)
        if hasattr(thing, "close"):
            self.call(thing.close)

    @rule(data=st.data(), collect=st.booleans())
    def drop(self, data: st.DataObject, collect: bool) -> None:
        if len(self.bag) > 1:
            del self.bag[data.draw(st.integers(0, len(self.bag) - 1))]
        if collect:
            gc.collect()

    @rule(data=st.data())
    def close_elsewhere(self, data: st.DataObject) -> None:
        """From another thread."""
        thing = self.pick(data)
        if hasattr(thing, "close"):
            thread = threading.Thread(target=self.call, args=(thing.close,))
            thread.start()
            thread.join()

    @rule(data=st.data())
    def tie_a_knot(self, data: st.DataObject) -> None:
        """A reference cycle, which the collector must take apart in an order of its own."""
        things = [self.pick(data), self.pick(data)]
        things.append(things)
        del things

    def teardown(self) -> None:
        failing = sys.exc_info()[0] is not None
        for thing in self.bag if failing else ():
            if hasattr(thing, "close"):
                thing.close()  # the traceback holds them, and the next sequence is to begin with nothing
        self.bag.clear()
        gc.collect()
        if failing:
            return
        counts["sequences"] += 1
        misuses = _fake.trtx_fake_misuse_count()
        assert misuses == 0, _fake.trtx_fake_last_misuse().decode()
        left = _fake.trtx_fake_live_count(None)
        assert left == 0, f"{left} native objects are left: {trtx.diagnostics.live_objects()}"


def main() -> None:
    number, examples = int(sys.argv[1]), int(sys.argv[2])
    gc.disable()  # the machine collects when a rule says so
    wanted = settings(
        max_examples=examples, stateful_step_count=40, deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    # Not shrunk: that takes long, and the seed shows it again.
    run_state_machine_as_test(seed(number)(Machine), settings=wanted)
    said = {name: counts[name] for name in ("sequences", "done", "refused")}
    said["attributes"] = len(used)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
