"""`ErrorRecorder` on the real library's build side, and on the fake one for errors of short calls and other threads."""

from __future__ import annotations

import gc
import weakref

import pytest

import trtx
from tests.helpers.process import run_python
from tests.lifetime.running import on_fake


def broken(network: trtx.NetworkDefinition) -> None:
    """Have TensorRT-RTX refuse a layer, in a short call."""
    one = network.add_input("one", trtx.DataType.FLOAT, (2, 3))
    other = network.add_input("other", trtx.DataType.FLOAT, (5, 7))
    network.add_concatenation([one, other]).get_output(0).shape  # noqa: B018


def test_errors_of_a_network_have_codes(native_library: str) -> None:
    lines: list[str] = []
    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: lines.append(message)))
    builder.error_recorder = recorder = trtx.ErrorRecorder()
    assert builder.error_recorder is recorder
    network = builder.create_network()
    assert network.error_recorder is recorder  # taken over from its maker
    with pytest.raises(trtx.Error) as caught:
        broken(network)
    assert recorder.num_errors() == len(recorder.errors) > 0
    assert isinstance(recorder.errors[0].code, trtx.ErrorCode)
    assert any(error.desc in str(caught.value) for error in recorder.errors)
    assert lines == []  # told to the recorder instead
    recorder.clear()
    network.error_recorder = None
    assert network.error_recorder is None
    assert builder.error_recorder is recorder
    with pytest.raises(trtx.Error):
        network.add_concatenation([network.get_input(0), network.get_input(1)]).get_output(0).shape  # noqa: B018
    assert recorder.num_errors() == 0
    assert lines
    builder.reset()
    assert builder.error_recorder is recorder


def test_a_function_and_what_it_raises(builder: trtx.Builder) -> None:
    told: list[tuple[trtx.ErrorCode, str]] = []
    network = builder.create_network()
    function = lambda code, desc: told.append((code, desc))  # noqa: E731
    network.error_recorder = function
    assert network.error_recorder is function
    with pytest.raises(trtx.Error):
        broken(network)
    assert told
    raised = ZeroDivisionError("of the recorder")

    def fail(code: trtx.ErrorCode, desc: str) -> None:
        raise raised

    network = builder.create_network()
    network.error_recorder = fail
    with pytest.raises(ZeroDivisionError) as caught:
        broken(network)
    assert caught.value is raised


def test_a_failing_build_is_told(builder: trtx.Builder) -> None:
    builder.error_recorder = recorder = trtx.ErrorRecorder()
    network = builder.create_network()
    one = network.add_input("one", trtx.DataType.FLOAT, (2, 3))
    layer = network.add_shuffle(one)
    layer.reshape_dims = (4, 4)
    network.mark_output(layer.get_output(0))
    with pytest.raises(trtx.Error):
        builder.build_serialized_network(network, builder.create_config())
    assert recorder.num_errors() > 0


def test_it_lives_as_long_as_it_may_be_told(builder: trtx.Builder) -> None:
    recorder = trtx.ErrorRecorder()
    reference = weakref.ref(recorder)
    builder.error_recorder = recorder
    network = builder.create_network()
    builder.error_recorder = None
    del recorder
    gc.collect()
    assert reference() is not None  # the network has it still
    with pytest.raises(trtx.Error):
        broken(network)
    assert reference().num_errors() > 0  # type: ignore[union-attr]
    network.close()
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("wrong", [5, "recorder", trtx.ErrorRecorder])
def test_anything_else_is_refused(builder: trtx.Builder, wrong: object) -> None:
    for thing in (builder, builder.create_network()):
        with pytest.raises(trtx.InvalidArgumentError, match="error_recorder is"):
            thing.error_recorder = wrong  # type: ignore[assignment]
        assert thing.error_recorder is None


def test_everything_that_can_have_one() -> None:
    on_fake(
        """
run = Run()
for thing in (run.builder, run.network, run.runtime, run.engine, run.context, run.inspector):
    assert thing.error_recorder is None, thing
    thing.error_recorder = recorder = trtx.ErrorRecorder()
    assert thing.error_recorder is recorder, thing
    thing.error_recorder = None
    assert thing.error_recorder is None, thing
    thing.error_recorder = recorder
del run, thing, recorder
gc.collect()
all_closed()
"""
    )


def test_errors_of_short_calls_come_when_the_library_has_returned() -> None:
    """Told within the call, a recorder that uses the library, or another thread that needs Python, would hang."""
    on_fake(
        """
run = Run()
seen = []
def report(code, desc):
    seen.append((code, desc, run.network.num_layers))  # it may use the library
run.network.error_recorder = report
for action in ("log:error:from a fault", "callbacks:foreign"):
    # A thread of the library speaks while this one, which has Python's lock, waits in a short call for it.
    control.fault(f"VNetworkDefinition::setName={action}")
    try:
        run.network.name = "other"
    except trtx.Error:
        pass
    control.clear()
assert [(code, desc) for code, desc, _ in seen] == [(trtx.ErrorCode.INTERNAL_ERROR, "reported by a fault")], seen
assert seen[0][2] == 1

class Boom(Exception):
    pass
def fail(code, desc):
    raise Boom(desc)
run.network.error_recorder = fail
control.fault("VNetworkDefinition::setName=callbacks:foreign")
try:
    run.network.name = "third"
except Boom:
    pass
else:
    raise AssertionError("nothing came out")
control.clear()
run.network.name = "fourth"
control.fault("VBuilder::buildSerializedNetwork=callbacks:foreign")  # at once, during a long call
try:
    CALLS["build"][1](run)
except Boom:
    pass
else:
    raise AssertionError("nothing came out of the build")
control.clear()
del run, fail, report
gc.collect()
all_closed()
"""
    )


@pytest.mark.parametrize("order", ["p n b", "n p b", "b n p", "p b n", "n b p", "r p n b", "s p n b", ""])
def test_a_parser_leaves_no_trace_of_recorders(native_library: str, order: str) -> None:
    """At its end NVIDIA's parser restores the recorder that it found on the network, which has gone by then."""
    pytest.importorskip("onnx")
    run_python(
        f"""
from tests.helpers.session_program import onnx_model
import trtx
builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
builder.error_recorder = recorder = trtx.ErrorRecorder()
network = builder.create_network()
parser = trtx.OnnxParser(network)
assert parser.supports_model(onnx_model()).supported
parser.parse(onnx_model())
for one in {order.split()}:
    if one == "r":
        builder.error_recorder = None
    elif one == "s":
        network.error_recorder = recorder
    else:
        {{"p": parser, "n": network, "b": builder}}[one].close()
""",
    )


def test_a_parser_finds_errors_of_layers_where_there_is_a_recorder(native_library: str) -> None:
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    sizes = {"a": [2, 3], "b": [2, 5], "y": None}
    a, b, y = (helper.make_tensor_value_info(name, kind, size) for name, size in sizes.items())
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["y"])], "graph", [a, b], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None))
    builder.error_recorder = trtx.ErrorRecorder()
    parser = trtx.OnnxParser(builder.create_network())
    with pytest.raises(trtx.ParserError, match="broadcast"):
        parser.parse(model.SerializeToString())
