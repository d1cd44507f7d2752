"""What the parser says and is asked: errors that name their cause, operators that cannot be run, parts of a model,
names that are not UTF-8, files that are not there."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import trtx

FLOAT = TensorProto.FLOAT


def value(name: str, shape: list[int] | None, dtype: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, shape)


def model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    initializers: list[TensorProto] | None = None,
    output: onnx.ValueInfoProto | None = None,
    *,
    opset: int = 19,
    ir_version: int = 10,
) -> bytes:
    graph = helper.make_graph(nodes, "g", inputs, [output or value("y", None)], initializers or [])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)
    return bytes(made.SerializeToString())


RELU = [helper.make_node("Relu", ["x"], ["y"])]
X = [value("x", [2])]
NON_ZERO = model(
    [helper.make_node("NonZero", ["x"], ["y"], name="where")], X, output=value("y", None, TensorProto.INT64)
)
NMS = model(
    [helper.make_node("Relu", ["s"], ["t"]), helper.make_node("NonMaxSuppression", ["b", "t"], ["y"], name="boxes")],
    [value("b", [1, 6, 4]), value("s", [1, 1, 6])],
    output=value("y", None, TensorProto.INT64),
)


@pytest.fixture
def parser(network: trtx.NetworkDefinition) -> trtx.OnnxParser:
    return trtx.OnnxParser(network)


def refusal(parser: trtx.OnnxParser, data: bytes) -> trtx.ParserError:
    with pytest.raises(trtx.ParserError) as caught:
        parser.parse(data)
    assert caught.value.errors
    return caught.value


class TestErrorsNameTheirCause:
    def test_an_operator_that_cannot_be_run(self, parser):
        nodes = [helper.make_node("SequenceEmpty", [], ["s"], name="nothing"), *RELU]
        error = refusal(parser, model(nodes, X))
        assert "node 0 'nothing' (SequenceEmpty): TensorRT-RTX" in str(error)
        assert "cannot run the operator SequenceEmpty" in error.errors[0].description
        assert (error.errors[0].node, error.errors[0].node_name) == (0, "nothing")

    def test_an_operator_that_needs_a_plugin(self, parser):
        error = refusal(parser, NON_ZERO)
        assert "node 0 'where' (NonZero): TensorRT-RTX" in str(error)
        assert "cannot run the operator NonZero" in str(error)

    @pytest.mark.parametrize("name", ["INT16", "UINT16", "UINT32", "UINT64", "STRING", "UINT4", "COMPLEX64"])
    def test_a_type_of_an_input(self, parser, name):
        kind = TensorProto.DataType.Value(name)
        data = model(
            [helper.make_node("Identity", ["x"], ["y"])], [value("x", [2], kind)], output=value("y", None, kind)
        )
        text = str(refusal(parser, data))
        assert f"input 'x' has the type {name}; allowed are FLOAT, UINT8" in text

    @pytest.mark.parametrize("name", ["INT16", "UINT32", "STRING", "UINT4"])
    def test_a_type_of_an_initializer(self, parser, name):
        weights = TensorProto(name="culprit", data_type=TensorProto.DataType.Value(name), dims=[8])
        if name == "STRING":
            weights.string_data.extend([b"a"] * 8)
        else:
            weights.raw_data = bytes({"INT16": 16, "UINT32": 32, "UINT4": 4}[name])
        nodes = [helper.make_node("Cast", ["culprit"], ["c"], to=FLOAT), helper.make_node("Add", ["c", "x"], ["y"])]
        text = str(refusal(parser, model(nodes, [value("x", [8])], [weights])))
        assert f"initializer 'culprit' has the type {name}; allowed are FLOAT" in text

    def test_a_type_to_cast_to(self, parser):
        nodes = [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.INT16, name="short")]
        error = refusal(parser, model(nodes, X, output=value("y", None, TensorProto.INT16)))
        assert "node 0 'short' (Cast): it casts to INT16; allowed are FLOAT" in str(error)

    def test_an_initializer_with_too_much(self, parser):
        weights = TensorProto(name="culprit", data_type=FLOAT, dims=[2], raw_data=bytes(12))
        text = str(refusal(parser, model([helper.make_node("Add", ["culprit", "x"], ["y"])], X, [weights])))
        assert "initializer 'culprit': its dimensions and type tell of 8 bytes, and it has 12" in text

    def test_what_the_check_refuses(self, parser):
        node = helper.make_node("Relu", ["x"], [], name="blind")
        error = refusal(parser, model([node], X))
        (info,) = error.errors
        assert (info.node, info.node_name, info.node_operator) == (0, "blind", "Relu")
        assert info.code is trtx.OnnxErrorCode.INVALID_GRAPH
        assert "no outputs" in info.description

    @pytest.mark.parametrize(
        ("versions", "words"),
        [({"opset": 99}, "opset 99"), ({"ir_version": 99}, "IR version 99"), ({"opset": 28, "ir_version": 14}, "")],
    )
    def test_versions_of_the_future(self, native_library, versions, words):
        lines: list[str] = []
        logger = trtx.Logger(trtx.Severity.WARNING, sink=lambda severity, message: lines.append(message))
        trtx.OnnxParser(trtx.Builder(logger).create_network()).parse(model(RELU, X, **versions))
        said = [line for line in lines if "newest that is known" in line]
        assert [words in line for line in said] == ([True] if words else [])

    def test_a_malformed_opset_is_left_to_the_parser(self, parser):
        # A second opset whose only field has a kind of encoding that nobody uses.
        refusal(parser, model(RELU, X) + b"\x42\x01\x14")


class TestWhatCanBeRun:
    @pytest.mark.parametrize("name", ["NonZero", "NonMaxSuppression", "RoiAlign", "LinearAttention"])
    def test_operators_that_the_parser_knows_and_cannot_be_run(self, parser, name):
        assert not parser.supports_operator(name)

    def test_others(self, parser):
        assert parser.supports_operator("Conv")
        assert parser.supports_operator("Attention")
        assert not parser.supports_operator("SequenceEmpty")

    def test_a_model_that_is_parsed_and_cannot_be_built(self, parser):
        found = parser.supports_model(NMS)
        assert not found.supported
        assert found.subgraphs == (trtx.Subgraph((0,), True), trtx.Subgraph((1,), False))
        assert "cannot run the operator NonMaxSuppression" in found.errors[0].description
        assert parser.parse(NMS)  # it can be defined all the same


class TestPartsOfAModel:
    def test_one_that_is_supported(self, parser):
        assert parser.num_subgraphs == 0
        assert parser.supports_model_v2(model(RELU, X)) is True
        assert parser.num_subgraphs == 1
        assert parser.is_subgraph_supported(0) is True
        assert parser.get_subgraph_nodes(0) == [0]
        assert parser.parse(model(RELU, X))  # the question has read nothing

    def test_one_that_is_not(self, parser):
        assert parser.supports_model_v2(model=NMS, path=None) is False
        assert [parser.is_subgraph_supported(i) for i in range(parser.num_subgraphs)] == [True, False]
        assert [parser.get_subgraph_nodes(index=i) for i in range(2)] == [[0], [1]]

    @pytest.mark.parametrize("index", [0, 1, -1, "0", None])
    def test_parts_that_there_are_not(self, parser, index):
        with pytest.raises(trtx.InvalidArgumentError, match=r"index is .*supports_model_v2"):
            parser.get_subgraph_nodes(index)
        with pytest.raises(trtx.InvalidArgumentError, match="index is"):
            parser.is_subgraph_supported(index)

    def test_there_are_no_plugin_libraries(self, parser):
        assert parser.get_used_vc_plugin_libraries() == []


class TestTheNextParser:
    def test_after_one_that_read_nothing(self, network, builder):
        first = trtx.OnnxParser(network)
        default = first.flags
        first.set_flag(trtx.OnnxParserFlag.NATIVE_INSTANCENORM)
        first.clear_flag(trtx.OnnxParserFlag.NATIVE_INSTANCENORM)
        with pytest.raises(trtx.InvalidArgumentError, match="which is open; use that one, or close it first"):
            trtx.OnnxParser(network)
        first.close()
        second = trtx.OnnxParser(network)
        assert (second.flags, second.num_errors) == (default, 0)
        with pytest.raises(trtx.ParserError, match="no op_type"):
            second.parse(model([onnx.NodeProto(input=["x"], output=["y"])], X))  # refused before it was read
        del second
        third = trtx.OnnxParser(network)
        third.parse(model(RELU, X))
        third.close()
        with pytest.raises(trtx.InvalidArgumentError, match="which has read the model"):
            trtx.OnnxParser(network)
        assert builder.build_serialized_network(network, builder.create_config()).nbytes > 0

    def test_with_another_logger(self, network):
        trtx.OnnxParser(network).close()
        with pytest.raises(trtx.InvalidArgumentError, match="with another logger"):
            trtx.OnnxParser(network, trtx.Logger(sink=lambda severity, message: None))

    def test_after_one_with_a_configuration(self, network, config):
        first = trtx.OnnxParser(network)
        first.set_builder_config(config)
        first.close()
        with pytest.raises(trtx.InvalidArgumentError, match="with a configuration"):
            trtx.OnnxParser(network)


def test_names_that_are_not_utf_8(network: trtx.NetworkDefinition, builder: trtx.Builder) -> None:
    node = helper.make_node("Relu", ["xxxx"], ["yyyy"], name="nnnn")
    data = model([node], [value("xxxx", [-1, 2])], output=value("yyyy", None))
    for letter in b"xyn":
        data = data.replace(bytes([letter] * 4), bytes([letter, 0xFF, 0xFE, letter]))
    x, y, n = (f"{letter}\udcff\udcfe{letter}" for letter in "xyn")
    parser = trtx.OnnxParser(network)
    parser.parse(data)
    assert (network.get_input(0).name, network.get_output(0).name, network.get_layer(0).name) == (x, y, n)
    assert parser.get_layer_output_tensor(n) is network.get_output(0)
    network.get_layer(0).name = n
    network.get_output(0).name = y
    profile = builder.create_optimization_profile()
    profile.set_shape(x, (1, 2), (1, 2), (4, 2))
    config = builder.create_config()
    config.add_optimization_profile(profile)
    phases: list[str] = []

    class Monitor(trtx.ProgressMonitor):
        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            phases.append(phase_name)

    config.progress_monitor = Monitor()
    assert builder.build_serialized_network(network, config).nbytes > 0
    assert phases
    with pytest.raises(trtx.InvalidArgumentError, match="UTF-8"):
        network.name = "\ud800"  # no byte stands for this one


def test_errors_about_such_names_can_be_printed(network: trtx.NetworkDefinition) -> None:
    data = model([helper.make_node("SequenceEmpty", [], ["s"], name="nnnn"), *RELU], X)
    with pytest.raises(trtx.ParserError) as caught:
        trtx.OnnxParser(network).parse(data.replace(b"nnnn", b"n\xff\xfen"))
    assert caught.value.errors[0].node_name == "n\udcff\udcfen"
    str(caught.value.errors[0]).encode()


class TestFilesThatAreNotThere:
    def test_models(self, parser, tmp_path):
        missing = tmp_path / "missing.onnx"
        with pytest.raises(FileNotFoundError, match="cannot be read") as caught:
            parser.parse_from_file(missing)
        assert isinstance(caught.value, trtx.ParserError)
        assert (caught.value.errno, caught.value.filename) == (2, str(missing))
        with pytest.raises(FileNotFoundError):
            trtx.check_onnx_model(missing)

    def test_external_data(self, parser, tmp_path):
        weights = TensorProto(name="w", data_type=FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
        weights.external_data.add(key="location", value="missing.bin")
        data = model([helper.make_node("Add", ["w", "x"], ["y"])], X, [weights])
        with pytest.raises(FileNotFoundError, match=r"missing\.bin") as caught:
            parser.parse(data, tmp_path / "model.onnx")
        assert isinstance(caught.value, trtx.ParserError)
        assert caught.value.errors

    def test_engines_and_caches(self, logger, tmp_path):
        with pytest.raises(FileNotFoundError, match="cannot be read") as caught:
            trtx.Runtime(logger).deserialize_cuda_engine(tmp_path / "missing.engine")
        assert isinstance(caught.value, trtx.EngineError)

    def test_libraries(self, native_library, tmp_path):
        with pytest.raises(FileNotFoundError) as caught:
            trtx.load_library(tmp_path / "missing.so")
        assert isinstance(caught.value, trtx.LibraryError)

    def test_such_an_error_can_be_copied_and_sent(self, parser, tmp_path):
        with pytest.raises(trtx.ParserError) as caught:
            parser.parse_from_file(tmp_path / "missing.onnx")
        error = caught.value
        for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert type(other) is type(error)
            assert isinstance(other, trtx.ParserError)
            assert isinstance(other, FileNotFoundError)
            assert (str(other), other.errno, other.filename) == (str(error), 2, str(tmp_path / "missing.onnx"))

    def test_others_are_of_their_own_kind(self, parser, tmp_path: Path):
        (tmp_path / "locked").mkdir()
        with pytest.raises(trtx.ParserError, match="not a regular file") as caught:
            parser.parse_from_file(tmp_path / "locked")
        assert not isinstance(caught.value, OSError)


class TestInputsThatDecideShapes:
    @pytest.fixture
    def shaped(self, network: trtx.NetworkDefinition) -> trtx.NetworkDefinition:
        x = network.add_input("x", trtx.DataType.FLOAT, (2, 4))
        shuffle = network.add_shuffle(x)
        shuffle.set_input(1, network.add_input("sizes", trtx.DataType.INT64, (2,)))
        network.mark_output(shuffle.get_output(0))
        return network

    def test_without_a_profile(self, builder, shaped, config):
        with pytest.raises(trtx.InvalidArgumentError, match=r"'sizes' decides shapes .*set_shape_input\('sizes'"):
            builder.build_serialized_network(shaped, config)

    def test_without_values(self, builder, shaped, config):
        config.add_optimization_profile(builder.create_optimization_profile())
        with pytest.raises(trtx.InvalidArgumentError, match="optimization profile 0 of config has none"):
            builder.build_serialized_network(shaped, config)

    def test_with_values(self, builder, shaped, config):
        profile = builder.create_optimization_profile()
        profile.set_shape_input("sizes", (2, 4), (2, 4), (2, 4))
        config.add_optimization_profile(profile)
        assert builder.build_serialized_network(shaped, config).nbytes > 0

    def test_integers_that_decide_nothing(self, builder, network, config):
        """They need no values, though their type and rank are those of sizes."""
        sum_ = network.add_elementwise(
            *[network.add_input("n", trtx.DataType.INT64, (2,))] * 2, trtx.ElementWiseOperation.SUM
        )
        network.mark_output(sum_.get_output(0))
        assert builder.build_serialized_network(network, config).nbytes > 0


def test_values_are_judged_by_numpy(network: trtx.NetworkDefinition) -> None:
    """Numbers beside empty raw bytes are the values."""
    weights = TensorProto(name="w", data_type=FLOAT, dims=[2], raw_data=b"", float_data=[1.5, -2])
    trtx.OnnxParser(network).parse(model([helper.make_node("Add", ["w", "x"], ["y"])], X, [weights]))
    (constant,) = (layer for layer in network.layers if isinstance(layer, trtx.ConstantLayer))
    np.testing.assert_array_equal(np.asarray(constant.weights), np.array([1.5, -2], np.float32))
