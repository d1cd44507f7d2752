"""Refitting through `trtx` on the fake library, which refits from host memory and computes with the new weights.

Each test is a program of its own, as a process can use one library.
"""

from __future__ import annotations

import pytest

from tests.helpers.process import run_python

SETUP = """
import gc, sys, weakref
import numpy as np
import trtx

logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
builder = trtx.Builder(logger)
runtime = trtx.Runtime(logger)

def engine_of(*values, flag=trtx.BuilderFlag.REFIT, names=("w",)):
    network = builder.create_network()
    total = network.add_input("x", trtx.DataType.FLOAT, (4,))
    for name in names:
        constant = network.add_constant((4,), np.zeros(4, np.float32))
        constant.name = f"constant of {name}"
        network.set_weights_name(constant, name)
        total = network.add_elementwise(total, constant.get_output(0), trtx.ElementWiseOperation.SUM).get_output(0)
    total.name = "y"
    network.mark_output(total)
    config = builder.create_config()
    if flag is not None:
        config.set_flag(flag)
    return runtime.deserialize_cuda_engine(builder.build_serialized_network(network, config))

def run(engine):
    x, y = np.zeros(4, np.float32), np.full(4, np.nan, np.float32)
    with engine.create_execution_context() as context:
        context.set_tensor_address("x", x.ctypes.data)
        context.set_tensor_address("y", y.ctypes.data)
        context.enqueue_v3(0)
    return y.tolist()

def raises(kind, words, function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except kind as error:
        missing = [word for word in words if word not in str(error)]
        assert not missing, f"{missing} not in {error}"
        return error
    raise AssertionError(f"{function} did not raise {kind.__name__}")

engine = engine_of()
refitter = trtx.Refitter(engine, logger)
ones = np.ones(4, np.float32)
"""


def on_fake(code: str, **environment: str) -> str:
    return run_python(
        SETUP + code, environment={"TRTX_LIBRARY": "fake", "TRTX_FAKE_PARSER": "own", **environment}
    ).stdout


def test_by_name_and_by_role() -> None:
    on_fake(
        """
assert run(engine) == [0] * 4
assert refitter.get_all_weights() == ["w"] and refitter.get_missing_weights() == []
assert refitter.get_all() == (["constant of w"], [trtx.WeightsRole.CONSTANT]) and refitter.get_missing() == ([], [])
prototype = refitter.get_weights_prototype("w")
assert prototype.is_placeholder and (prototype.dtype, prototype.count) == (trtx.DataType.FLOAT, 4)
assert refitter.set_named_weights("w", ones) is True
assert np.asarray(refitter.get_named_weights("w")).tolist() == [1] * 4
assert refitter.get_weights_location("w") is trtx.TensorLocation.HOST
assert run(engine) == [0] * 4
assert refitter.refit_cuda_engine() is True
assert run(engine) == [1] * 4
assert refitter.set_weights("constant of w", trtx.WeightsRole.CONSTANT, 2 * ones)
assert refitter.refit_cuda_engine_async(stream_handle=0)
assert run(engine) == [2] * 4
refitter.set_named_weights("w", trtx.Weights(trtx.DataType.FLOAT, (3 * ones).view(np.uint8)), trtx.TensorLocation.HOST)
refitter.refit_cuda_engine()
assert run(engine) == [3] * 4
refitter.set_named_weights("w", (4 * ones).tobytes())  # bytes are taken as they are
refitter.refit_cuda_engine()
assert run(engine) == [4] * 4
assert (refitter.engine, refitter.logger) == (engine, logger)
"""
    )


def test_settings() -> None:
    on_fake(
        """
assert (refitter.max_threads, refitter.weights_validation) == (1, True)
refitter.max_threads, refitter.weights_validation = 3, False
assert (refitter.max_threads, refitter.weights_validation) == (3, False)
raises(trtx.InvalidArgumentError, ["max_threads is 0"], setattr, refitter, "max_threads", 0)
raises(trtx.InvalidArgumentError, ["weights_validation is 1"], setattr, refitter, "weights_validation", 1)
assert trtx.Refitter(engine).logger is logger
"""
    )


def test_values_are_not_copied_and_live_until_they_are_replaced() -> None:
    on_fake(
        """
def made(value):
    array = np.full(4, value, np.float32)
    return array, weakref.ref(array)
array, first = made(1)
refitter.set_named_weights("w", array)
address = array.ctypes.data
assert refitter.get_named_weights("w")._values.ctypes.data == address
array[:] = 7  # the library reads it when the engine is refitted
del array
gc.collect()
assert first() is not None
refitter.refit_cuda_engine()
assert run(engine) == [7] * 4
array, second = made(2)
refitter.set_named_weights("w", array)
del array
gc.collect()
assert first() is None and second() is not None
refitter.unset_named_weights("w")
gc.collect()
assert second() is None
array, third = made(3)
refitter.set_weights("constant of w", trtx.WeightsRole.CONSTANT, array)
del array
gc.collect()
assert third() is not None
refitter.close()
gc.collect()
assert third() is None
"""
    )


def test_what_an_asynchronous_refit_reads_outlives_its_replacement() -> None:
    """Where nobody can tell how far the stream is: an event that is never over."""
    on_fake(
        """
from trtx._run import flight
class Event:
    over = False
    def cuEventCreate(self, flags): return 0, 1
    def cuEventRecord(self, event, stream): return (0,)
    def cuEventQuery(self, event): return (0 if self.over else 600,)
    def cuEventDestroy(self, event): return (0,)
driver = Event()
flight.problem, flight.is_fake = lambda: None, lambda: False
sys.modules["cuda.bindings.driver"] = driver
array = ones.copy()
alive = weakref.ref(array)
refitter.set_named_weights("w", array)
del array
refitter.refit_cuda_engine_async(0)
refitter.set_named_weights("w", 2 * ones)
gc.collect()
assert alive() is not None
refitter.close()
gc.collect()
assert alive() is not None
driver.over = True
other = trtx.Refitter(engine)
other.set_named_weights("w", ones)
other.refit_cuda_engine_async(0)
other.close()
gc.collect()
assert alive() is None
"""
    )


def test_what_cannot_be_right_is_named() -> None:
    on_fake(
        """
bad = trtx.InvalidArgumentError
raises(bad, ["name is 'v'", "allowed are 'w'"], refitter.set_named_weights, "v", ones)
raises(bad, ["name is ''"], refitter.set_named_weights, "", ones)
raises(bad, ["weights_name is 'W'", "names no weights"], refitter.get_named_weights, "W")
for method in ("get_weights_location", "get_weights_prototype", "unset_named_weights"):
    raises(bad, ["weights_name is 'v'"], getattr(refitter, method), "v")
raises(bad, ["2 elements", "allowed are 4"], refitter.set_named_weights, "w", ones[:2])
raises(bad, ["HALF", "FLOAT"], refitter.set_named_weights, "w", ones.astype(np.float16))
raises(bad, ["placeholder"], refitter.set_named_weights, "w", trtx.Weights(trtx.DataType.FLOAT, None, 4))
raises(bad, ["list"], refitter.set_named_weights, "w", [1, 2, 3, 4])
raises(bad, ["address", "TensorLocation.DEVICE"], refitter.set_named_weights, "w", 4096)
raises(bad, ["location is DEVICE", "host"], refitter.set_named_weights, "w", ones, trtx.TensorLocation.DEVICE)
device = trtx.TensorLocation.DEVICE
raises(bad, ["location is DEVICE", "host"], refitter.set_named_weights, "w", trtx.Weights(ones), device)
raises(bad, ["location is 1", "TensorLocation"], refitter.set_named_weights, "w", ones, 1)
raises(bad, ["role is 4", "WeightsRole"], refitter.set_weights, "constant of w", 4, ones)
kernel, constant = trtx.WeightsRole.KERNEL, trtx.WeightsRole.CONSTANT
raises(trtx.RefitError, ["KERNEL", "other roles: CONSTANT"], refitter.set_weights, "constant of w", kernel, ones)
raises(trtx.RefitError, ["did you mean 'constant of w'?"], refitter.set_weights, "constant of v", constant, ones)
raises(trtx.RefitError, ["4 of type"], refitter.set_weights, "constant of w", constant, ones[:3])
raises(bad, ["stream_handle is None"], refitter.refit_cuda_engine_async, None)
raises(bad, ["engine is None"], trtx.Refitter, None, logger)
raises(bad, ["logger is 3"], trtx.Refitter, engine, 3)
raises(trtx.RefitError, ["has no values"], refitter.unset_named_weights, "w")
plain = engine_of(flag=None)
raises(trtx.RefitError, ["cannot be refitted", "BuilderFlag.REFIT"], trtx.Refitter, plain)
plain.close()
raises(trtx.ClosedError, ["CudaEngine"], trtx.Refitter, plain)
engine.close()
assert refitter.is_closed
raises(trtx.ClosedError, ["Refitter"], refitter.refit_cuda_engine)
"""
    )


def test_memory_of_the_gpu_goes_by_its_address() -> None:
    """The fake takes none, so it is its refusal that comes: the library was told of the address."""
    on_fake(
        """
class OnGpu:
    __cuda_array_interface__ = {"shape": (4,), "typestr": "<f4", "data": (4096, False), "version": 3}
class TooFew:
    __cuda_array_interface__ = {"shape": (3,), "typestr": "<f4", "data": (4096, False), "version": 3}
class OtherType:
    __cuda_array_interface__ = {"shape": (4,), "typestr": "<i4", "data": (4096, False), "version": 3}
words = ["setNamedWeightsWithLocation", "host memory"]
raises(trtx.RefitError, words, refitter.set_named_weights, "w", OnGpu())
raises(trtx.RefitError, words, refitter.set_named_weights, "w", 4096, trtx.TensorLocation.DEVICE)
bad = trtx.InvalidArgumentError
raises(bad, ["12 bytes", "16"], refitter.set_named_weights, "w", TooFew())
raises(bad, ["INT32", "FLOAT"], refitter.set_named_weights, "w", OtherType())
raises(bad, ["location is HOST", "GPU"], refitter.set_named_weights, "w", OnGpu(), trtx.TensorLocation.HOST)
raises(bad, ["no address"], refitter.set_named_weights, "w", 0, trtx.TensorLocation.DEVICE)
assert refitter.get_named_weights("w").count == 0
"""
    )


def test_what_an_older_library_lacks() -> None:
    on_fake(
        """
assert trtx.library_version()[:2] == (1, 5)
raises(trtx.UnsupportedError, ["1.7", "1.5"], refitter.release_refit_resources)
onnx = trtx.OnnxParserRefitter(refitter)
raises(trtx.UnsupportedError, ["1.6", "1.5"], setattr, onnx, "refit_observer", print)
""",
        TRTX_FAKE_VERSION="1.5.0.114",
    )
    on_fake("assert refitter.release_refit_resources() is True")


ONNX = """
import trtx._onnx.source
trtx._onnx.source.check_model = lambda *arguments, **keywords: []  # the fake's model is none of ONNX
MODEL = b"TRTXONNX"
onnx = trtx.OnnxParserRefitter(refitter, logger)
"""


def test_from_an_onnx_model(tmp_path: object) -> None:
    on_fake(
        ONNX
        + f"""
path = {str(tmp_path)!r} + "/model.onnx"
assert onnx.refit_from_bytes(MODEL) is True and onnx.refitter is refitter
with open(path, "wb") as file:
    file.write(MODEL)
assert onnx.refit_from_file(model=path) is True
assert onnx.load_model_proto(MODEL) and onnx.load_initializer("w", ones) and onnx.refit_model_proto()
assert onnx.num_errors == 0 and onnx.errors == ()
error = raises(trtx.ParserError, ["Failed to parse"], onnx.refit_from_bytes, b"other bytes")
assert [info.code.name for info in error.errors] == ["MODEL_DESERIALIZE_FAILED"]
error = raises(trtx.ParserError, ["Failed to parse"], onnx.refit_from_bytes, b"other bytes")
assert len(error.errors) == 1 and onnx.num_errors == 2 and onnx.get_error(1) == error.errors[0]
raises(trtx.InvalidArgumentError, ["index is 2"], onnx.get_error, 2)
onnx.clear_errors()
assert onnx.errors == ()
error = raises(FileNotFoundError, ["cannot be read"], onnx.refit_from_file, path + "x")
assert isinstance(error, trtx.ParserError) and error.filename == path + "x"
raises(trtx.InvalidArgumentError, ["refitter is"], trtx.OnnxParserRefitter, engine)
raises(trtx.InvalidArgumentError, ["logger is"], trtx.OnnxParserRefitter, refitter, 1)
raises(trtx.InvalidArgumentError, ["bytes"], onnx.refit_from_bytes, path)
refitter.close()
assert onnx.is_closed
"""
    )


def test_nothing_can_be_supplied_before_a_model_is_loaded() -> None:
    on_fake(
        ONNX
        + """
raises(trtx.ParserError, ["load_model_proto() first"], onnx.load_initializer, "w", ones)
raises(trtx.ParserError, ["load_model_proto() first"], onnx.refit_model_proto)
"""
    )


def test_a_broken_model_is_refused_before_the_library_sees_it() -> None:
    on_fake(
        """
onnx = trtx.OnnxParserRefitter(refitter)
error = raises(trtx.ParserError, ["the model is empty"], onnx.refit_from_bytes, b"")
assert error.errors[0].description == "the model is empty"
"""
    )


def test_what_was_read_lives_as_long_as_the_refitter() -> None:
    on_fake(
        ONNX
        + """
import os
os.environ["TRTX_FAKE_PATH"] = trtx.library_path()
from tests.helpers.fake_session import Control
control = Control(trtx.library_path())
onnx.refit_from_bytes(MODEL)
onnx.close()
del onnx
gc.collect()
assert control.live("OnnxParserRefitter") == 1
refitter.close()
assert control.live("OnnxParserRefitter") == control.live("Refitter") == 0
other = trtx.OnnxParserRefitter(trtx.Refitter(engine))
assert control.live("OnnxParserRefitter") == 1
other.close()  # it has read nothing
assert control.live("OnnxParserRefitter") == 0 and control.misuses() == 0
""",
        TRTX_FAKE_LOAD="0",
    )


def test_the_observer() -> None:
    on_fake(
        ONNX
        + """
seen = []
assert onnx.refit_observer is None
onnx.refit_observer = seen.append
onnx.refit_from_bytes(MODEL)
(record,) = seen
assert record.trt_name == "weights" and record.source_onnx_names == ("initializer",)
assert record.kind is trtx.RefitTransformKind.IDENTITY and record.trt_dtype is trtx.DataType.FLOAT
class Observer(trtx.RefitterObserver):
    def on_refittable_weight(self, record):
        raise ZeroDivisionError(record.trt_name)
observer = Observer()
onnx.refit_observer = observer
assert onnx.refit_observer is observer
raises(ZeroDivisionError, ["weights"], onnx.refit_from_bytes, MODEL)
assert len(seen) == 1
onnx.refit_observer = None
onnx.refit_from_bytes(MODEL)
alive = weakref.ref(observer)
del observer
gc.collect()
assert alive() is None
class Misspelt(trtx.RefitterObserver):
    def on_refitable_weight(self, record):
        pass
words = ["'on_refitable_weight'", "did you mean 'on_refittable_weight'?"]
raises(trtx.InvalidArgumentError, words, setattr, onnx, "refit_observer", Misspelt())
for wrong in (3, Observer, "name"):
    raises(trtx.InvalidArgumentError, ["refit_observer is"], setattr, onnx, "refit_observer", wrong)
"""
    )


@pytest.mark.parametrize("method", ["refit_cuda_engine", "refit_cuda_engine_async", "release_refit_resources"])
def test_the_engine_must_be_at_rest(method: str) -> None:
    on_fake(
        f"""
arguments = (0,) if {method!r}.endswith("async") else ()
context = engine.create_execution_context()
with context._using("another call"):
    error = raises(trtx.BusyError, ["another call"], getattr(refitter, {method!r}), *arguments)
getattr(refitter, {method!r})(*arguments)
"""
    )
