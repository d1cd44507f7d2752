"""Inside the process of a lifetime test: `trtx` on the fake library, and one of everything.

A new public class needs a line in `FACTORIES`, or the tests say that it has none.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import io
import itertools
import json
import os
import pkgutil
import random
import signal
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import trtx
from codegen.read import read_registry
from tests.helpers.fake_session import Control
from trtx import diagnostics
from trtx._core.handle import Handle
from trtx._core.shut import Native

__all__ = [
    "CALLS", "FACTORIES", "LONG", "NATIVE_NAMES", "UNCHECKED", "Run", "Writer", "all_closed", "build_side", "control",
    "ctypes", "diagnostics", "gc", "handle_classes", "inside", "itertools", "json", "native_classes", "os", "plan",
    "quiet", "random", "run_side", "signal", "small_network", "sys", "threading", "time", "trtx", "weakref",
]  # fmt: skip

control = Control(trtx.library_path())


def quiet(severity: int, message: str) -> None:
    """A sink that drops everything."""


# The classes


def _all_subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        # Not the classes of closed objects, nor those of `trtx.compat`, which add names alone.
        if child._open_class is child and not child.__module__.startswith("trtx.compat"):
            yield child
            yield from _all_subclasses(child)


def native_classes() -> list[type[Native]]:
    """Every class of `trtx` that stands for native objects and can have instances."""
    for module in pkgutil.walk_packages(trtx.__path__, "trtx."):
        importlib.import_module(module.name)
    kinds = set(_all_subclasses(Native))
    public = {value for name in trtx.__all__ if isinstance(value := getattr(trtx, name), type)}
    found = [kind for kind in kinds if kind in public or not any(True for _ in _all_subclasses(kind))]
    return sorted(found, key=lambda kind: kind.__name__)


def handle_classes() -> list[type[Handle]]:
    """Those of them that own something."""
    return [kind for kind in native_classes() if issubclass(kind, Handle)]


# One of each


def small_network(builder: trtx.Builder, shape: tuple[int, ...] = (2, 3)) -> trtx.NetworkDefinition:
    network = builder.create_network()
    relu = network.add_activation(network.add_input("x", trtx.DataType.FLOAT, shape), trtx.ActivationType.RELU)
    relu.get_output(0).name = "y"
    network.mark_output(relu.get_output(0))
    return network


def _builder(logger: trtx.Logger | None = None) -> trtx.Builder:
    return trtx.Builder(logger or trtx.Logger(trtx.Severity.VERBOSE, quiet))


def _memory() -> trtx.HostMemory:
    builder = _builder()
    return builder.build_serialized_network(small_network(builder), builder.create_config())


_plan = b""
_refittable = b""


def plan() -> bytes:
    """A serialized engine."""
    global _plan
    if not _plan:
        with _memory() as memory:
            _plan = bytes(memory)
    return _plan


def _runtime() -> trtx.Runtime:
    return trtx.Runtime(trtx.Logger(trtx.Severity.VERBOSE, quiet))


def _engine() -> trtx.CudaEngine:
    return _runtime().deserialize_cuda_engine(plan())


def _timing_cache() -> trtx.TimingCache:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return _builder().create_config().create_timing_cache(b"")


def refittable_plan() -> bytes:
    """A serialized engine that adds a constant, whose weights have the name "w"."""
    global _refittable
    if not _refittable:
        builder = _builder()
        network = builder.create_network()
        x = network.add_input("x", trtx.DataType.FLOAT, (3,))
        constant = network.add_constant((3,), trtx.Weights(trtx.DataType.FLOAT, bytes(12)))
        constant.name = "constant"
        network.set_weights_name(constant, "w")
        total = network.add_elementwise(x, constant.get_output(0), trtx.ElementWiseOperation.SUM)
        total.get_output(0).name = "y"
        network.mark_output(total.get_output(0))
        config = builder.create_config()
        config.set_flag(trtx.BuilderFlag.REFIT)
        with builder.build_serialized_network(network, config) as memory:
            _refittable = bytes(memory)
    return _refittable


def _refitter() -> trtx.Refitter:
    return trtx.Refitter(_runtime().deserialize_cuda_engine(refittable_plan()))


#: Makes an object of a class, with everything that it needs.
FACTORIES: dict[type[Handle], Callable[[], Handle]] = {
    trtx.Builder: _builder,
    trtx.BuilderConfig: lambda: _builder().create_config(),
    trtx.CudaEngine: _engine,
    trtx.EngineInspector: lambda: _engine().create_engine_inspector(),
    trtx.ExecutionContext: lambda: _engine().create_execution_context(),
    trtx.HostMemory: _memory,
    trtx.Logger: lambda: trtx.Logger(trtx.Severity.VERBOSE, quiet),
    trtx.NetworkDefinition: lambda: small_network(_builder()),
    trtx.OnnxParser: lambda: trtx.OnnxParser(_builder().create_network()),
    trtx.OnnxParserRefitter: lambda: trtx.OnnxParserRefitter(_refitter()),
    trtx.OptimizationProfile: lambda: _builder().create_optimization_profile(),
    trtx.Refitter: _refitter,
    trtx.Runtime: _runtime,
    trtx.RuntimeCache: lambda: _engine().create_runtime_config().create_runtime_cache(),
    trtx.RuntimeConfig: lambda: _engine().create_runtime_config(),
    trtx.SerializationConfig: lambda: _engine().create_serialization_config(),
    trtx.TimingCache: _timing_cache,
}

#: Native classes by the names of the fake library; None where the shim alone has them.
NATIVE_NAMES: dict[str, str | None] = {"Logger": None}


def build_side(logger: trtx.Logger | None = None) -> dict[str, Any]:
    """All objects of a build, by short names."""
    logger = logger or trtx.Logger(trtx.Severity.VERBOSE, quiet)
    builder = trtx.Builder(logger)
    network = builder.create_network()
    parser = trtx.OnnxParser(network)
    tensor = network.add_input("x", trtx.DataType.FLOAT, (2, 3))
    config = builder.create_config()
    profile = builder.create_optimization_profile()
    profile.set_shape("x", (2, 3), (2, 3), (2, 3))
    config.add_optimization_profile(profile)
    return {
        "logger": logger, "builder": builder, "network": network, "parser": parser, "tensor": tensor, "config": config,
        "profile": profile,
    }  # fmt: skip


def run_side(logger: trtx.Logger | None = None) -> dict[str, Any]:
    """All objects of a run, by short names."""
    logger = logger or trtx.Logger(trtx.Severity.VERBOSE, quiet)
    runtime = trtx.Runtime(logger)
    engine = runtime.deserialize_cuda_engine(plan())
    config = engine.create_runtime_config()
    cache = config.create_runtime_cache()
    config.set_runtime_cache(cache)
    context = engine.create_execution_context(config)
    inspector = engine.create_engine_inspector()
    inspector.execution_context = context
    return {
        "logger": logger, "runtime": runtime, "engine": engine, "config": config, "cache": cache, "context": context,
        "inspector": inspector,
    }  # fmt: skip


class Run:
    """Both sides, ready to build and to run."""

    def __init__(self, sink: Any = quiet) -> None:
        self.logger = trtx.Logger(trtx.Severity.VERBOSE, sink)
        self.builder = trtx.Builder(self.logger)
        self.network = small_network(self.builder)
        self.config = self.builder.create_config()
        self.profile = self.builder.create_optimization_profile()
        self.parser = trtx.OnnxParser(self.builder.create_network())
        self.runtime = trtx.Runtime(self.logger)
        self.engine = self.runtime.deserialize_cuda_engine(plan())
        self.inspector = self.engine.create_engine_inspector()
        self.runtime_config = self.engine.create_runtime_config()
        self.cache = self.runtime_config.create_runtime_cache()
        self.saved_cache = bytes(self.cache.serialize())
        self.serialization = self.engine.create_serialization_config()
        self.context = self.engine.create_execution_context()
        self.refitter = trtx.Refitter(self.runtime.deserialize_cuda_engine(refittable_plan()), self.logger)
        self.onnx_refitter = trtx.OnnxParserRefitter(self.refitter)
        self.weights = trtx.Weights(trtx.DataType.FLOAT, bytes(12))
        self._buffers = [(ctypes.c_float * 6)() for _ in range(3)]
        x, y, another = (ctypes.addressof(buffer) for buffer in self._buffers)
        self.addresses = [x, y]
        self._inputs = itertools.cycle((another, x))
        for name, address in zip(("x", "y"), self.addresses, strict=True):
            self.context.set_tensor_address(name, address)

    def change_address(self) -> None:
        """Set an address, and let TensorRT-RTX hear of it."""
        self.context.set_tensor_address("x", next(self._inputs))
        self.context.get_tensor_address("x")


def inside(method: str, call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Make a call on another thread; come back when it is in a native method, with what will be its result or error."""
    outcome: list[object] = []

    def work() -> None:
        try:
            outcome.append(call())
        except BaseException as error:
            outcome.append(error)

    begun = control.calls(method)
    thread = threading.Thread(target=work)
    thread.start()
    while control.calls(method) == begun:
        time.sleep(0.0005)
    return thread, outcome


#: Getters, which do not look whether a callback raised: that comes out of the next call that does.
UNCHECKED = {"get_layer"}


class Writer:
    """Takes all that it gets."""

    def write(self, data: bytes) -> int:
        return len(data)


class HostAllocator(trtx.GpuAllocator):
    """Hands out memory of the host, as the fake library uses none of the device."""

    def __init__(self) -> None:
        self.held: dict[int, Any] = {}

    def allocate(self, size: int, alignment: int, flags: int) -> int:
        buffer = ctypes.create_string_buffer(size + alignment)
        address = ctypes.addressof(buffer)
        address += -address % alignment
        self.held[address] = buffer
        return address

    def deallocate(self, memory: int) -> bool:
        return self.held.pop(memory) is not None


def _read_engine(run: Run) -> trtx.CudaEngine:
    return run.runtime.deserialize_cuda_engine(io.BytesIO(plan()))


#: An ONNX model of one node. `OnnxParser` finds it sound; the fake's parser, which knows one file only, does not.
_MODEL = b"\x08\x08\x3a\x12\x0a\x10\x0a\x01x\x12\x01y\x22\x08Identity"


def _parse(run: Run) -> None:
    try:
        trtx.OnnxParser(run.builder.create_network()).parse(_MODEL)
    except trtx.ParserError as error:
        if "Failed to parse the ONNX model" not in str(error):
            raise


def _refit_from_onnx(run: Run) -> None:
    try:
        run.onnx_refitter.refit_from_bytes(_MODEL)
    except trtx.ParserError as error:
        if "Failed to parse the ONNX model" not in str(error):
            raise


#: Calls that do real work, each with the native method behind it.
CALLS: dict[str, tuple[str, Callable[[Run], object]]] = {
    "add_input": ("VNetworkDefinition::addInput", lambda r: r.network.add_input("z", trtx.DataType.FLOAT, (1,))),
    "add_layer": (
        "VNetworkDefinition::addActivation",
        lambda r: r.network.add_activation(r.network.get_input(0), trtx.ActivationType.TANH),
    ),
    "get_layer": ("VNetworkDefinition::getLayer", lambda r: r.network.get_layer(0)),
    "rename": ("VNetworkDefinition::setName", lambda r: setattr(r.network, "name", "other")),
    "create_network": ("VBuilder::createNetworkV2", lambda r: r.builder.create_network()),
    "create_config": ("VBuilder::createBuilderConfig", lambda r: r.builder.create_config()),
    "create_profile": (
        "VBuilder::createOptimizationProfile",
        lambda r: r.builder.create_optimization_profile(),
    ),
    "build": ("VBuilder::buildSerializedNetwork", lambda r: r.builder.build_serialized_network(r.network, r.config)),
    "build_to_stream": (
        "VBuilder::buildSerializedNetworkToStream",
        lambda r: r.builder.build_serialized_network_to_stream(r.network, r.config, Writer()),
    ),
    "is_network_supported": (
        "VBuilder::isNetworkSupported",
        lambda r: r.builder.is_network_supported(r.network, r.config),
    ),
    "parse": ("IParser::parse", _parse),
    "supports_operator": ("IParser::supportsOperator", lambda r: r.parser.supports_operator("Identity")),
    "deserialize": ("VRuntime::deserializeCudaEngine", lambda r: r.runtime.deserialize_cuda_engine(plan())),
    "validity": ("VRuntime::getEngineValidity", lambda r: r.runtime.get_engine_validity(plan())),
    "serialize": ("VCudaEngine::serialize", lambda r: r.engine.serialize()),
    "serialize_with_config": (
        "VCudaEngine::serializeWithConfig",
        lambda r: r.engine.serialize_with_config(r.serialization),
    ),
    "create_context": ("VCudaEngine::createExecutionContext", lambda r: r.engine.create_execution_context()),
    "create_inspector": ("VCudaEngine::createEngineInspector", lambda r: r.engine.create_engine_inspector()),
    "inspect": ("VEngineInspector::getEngineInformation", lambda r: r.inspector.get_engine_information()),
    "cache_serialize": ("VRuntimeCache::serialize", lambda r: r.cache.serialize()),
    "cache_deserialize": ("VRuntimeCache::deserialize", lambda r: r.cache.deserialize(r.saved_cache)),
    "set_weights": ("VRefitter::setNamedWeights", lambda r: r.refitter.set_named_weights("w", r.weights)),
    "refit": ("VRefitter::refitCudaEngine", lambda r: r.refitter.refit_cuda_engine()),
    "refit_from_onnx": ("IParserRefitter::refitFromBytes", _refit_from_onnx),
    "set_shape": ("VExecutionContext::setInputShape", lambda r: r.context.set_input_shape("x", (2, 3))),
    "set_address": ("VExecutionContext::setTensorAddress", lambda r: r.change_address()),
    "infer_shapes": ("VExecutionContext::inferShapes", lambda r: r.context.infer_shapes()),
    "read_engine": ("VRuntime::deserializeCudaEngineV2", _read_engine),
    "set_recorder": (
        "VNetworkDefinition::setErrorRecorder",
        lambda r: setattr(r.network, "error_recorder", trtx.ErrorRecorder()),
    ),
    "set_allocator": ("VRuntime::setGpuAllocator", lambda r: setattr(r.runtime, "gpu_allocator", HostAllocator())),
    "set_profiler": (
        "VExecutionContext::setProfiler",
        lambda r: setattr(r.context, "profiler", trtx.ProfileCollector()),
    ),
    "set_temporary_allocator": (
        "VExecutionContext::setTemporaryStorageAllocator",
        lambda r: setattr(r.context, "temporary_allocator", HostAllocator()),
    ),
    "set_debug_listener": (
        "VExecutionContext::setDebugListener",
        lambda r: r.context.set_debug_listener(lambda *arguments: None),
    ),
    "enqueue": ("VExecutionContext::enqueueV3", lambda r: r.context.enqueue_v3(0)),
    "execute": ("VExecutionContext::executeV2", lambda r: r.context.execute_v2(r.addresses)),
}


def _long_calls() -> set[str]:
    """Those of them during which other threads of Python run."""
    interfaces = {
        interface.impl or interface.cpp.split("::")[-1]: interface for interface in read_registry().interfaces.values()
    }
    found = set()
    for name, (method, _) in CALLS.items():
        kind, _, function = method.partition("::")
        found |= {name for one in interfaces[kind].methods if one.name == function and one.long}
    return found


LONG = _long_calls()


def all_closed(where: object = "") -> None:
    """Nothing is left on either side, and nobody touched what was dead."""
    assert diagnostics.live_objects() == {}, (where, diagnostics.live_objects())
    assert control.report() == {}, (where, control.report())
    assert control.misuses() == 0, (where, control.last_misuse())
