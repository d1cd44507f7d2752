"""`OnnxParser` on the real library: what it parses, how it refuses, and how it ends."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import pytest

import trtx
from trtx import OnnxParser, OnnxParserFlag

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

LIGHT = sorted((Path(onnx.__file__).parent / "backend" / "test" / "data" / "light").glob("*.onnx"))


def make_model(op="Relu", domain="", size=8, name="second"):
    """MatMul with an initializer ``w``, then a node of the operator."""
    weights = numpy_helper.from_array(np.arange(size * size, dtype=np.float32).reshape(size, size), "w")
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"], name="first"),
        helper.make_node(op, ["y"], ["z"], name=name, domain=domain),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, size])]
    outputs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, size])]
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, [weights])
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


GOOD = make_model().SerializeToString()
UNSUPPORTED = make_model("Frobnicate", "com.acme", name="culprit").SerializeToString()


def external(folder: Path, size=8, location="w.bin"):
    """The model with its initializer in a file beside it."""
    model = make_model(size=size)
    weights = model.graph.initializer[0]
    (folder / "w.bin").write_bytes(weights.raw_data)
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", location
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def parser(network):
    return OnnxParser(network)


def build(builder, network, config) -> bytes:
    return bytes(builder.build_serialized_network(network, config))


def assert_same(engines: list[bytes]) -> None:
    """Engines are equal but for a few bytes, which differ between any two builds; other weights differ in hundreds."""
    first, *others = (np.frombuffer(engine, np.uint8) for engine in engines)
    for other in others:
        assert other.size == first.size
        assert np.count_nonzero(other != first) < 16


class TestParsing:
    @pytest.mark.parametrize("path", LIGHT, ids=lambda path: path.stem)
    def test_real_architectures(self, parser, network, path):
        parser.parse_from_file(path)
        assert network.num_layers > 20
        assert network.num_outputs == 1
        assert parser.num_errors == 0
        assert path.name in repr(parser)

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)])
    def test_bytes_of_every_kind(self, parser, network, kind):
        assert parser.parse(kind(GOOD)) is True
        assert [network.get_input(0).name, network.get_output(0).name] == ["x", "z"]

    def test_the_file_may_be_named_by_a_relative_path(self, parser, network, tmp_path, monkeypatch):
        external(tmp_path)
        monkeypatch.chdir(tmp_path)
        parser.parse_from_file("model.onnx")
        assert network.num_layers == 3

    def test_output_tensors_of_nodes(self, parser, network):
        with pytest.raises(trtx.InvalidArgumentError, match="has read no model"):
            parser.get_layer_output_tensor("second")
        parser.parse(GOOD)
        assert parser.get_layer_output_tensor("second") is network.get_output(0)
        assert parser.get_layer_output_tensor("first", 0).shape == (1, 8)
        for name, index in (("second", 1), ("nobody", 0)):
            with pytest.raises(trtx.InvalidArgumentError, match=f"no node '{name}' with an output {index}"):
                parser.get_layer_output_tensor(name, index)
        with pytest.raises(trtx.InvalidArgumentError, match="i is -1"):
            parser.get_layer_output_tensor("second", -1)

    def test_the_models_bytes_are_not_needed_afterwards(self, builder, config):
        engines = []
        for wipe in (False, True):
            network = builder.create_network()
            model = bytearray(GOOD)
            OnnxParser(network).parse(model)
            if wipe:
                model[:] = b"\xff" * len(model)
            engines.append(build(builder, network, config))
        assert_same(engines)

    def test_a_parser_that_is_gone_leaves_its_weights(self, builder, config):
        """Natively the weights go with the parser, and the engine would be built of garbage."""
        model = make_model(size=300).SerializeToString()
        engines = []
        for leave in (lambda parser: parser, lambda parser: parser.close(), lambda parser: None):
            network = builder.create_network()
            parser = OnnxParser(network)
            parser.parse(model)
            held = leave(parser)
            del parser
            gc.collect()
            # Whatever freed the weights would get their memory back with something else in it.
            scratch = [bytes([255]) * 300 * 300 * 4 for _ in range(20)]
            engines.append(build(builder, network, config))
            del held, scratch
        assert_same(engines)


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"),
            (b"hello, this is text", "no ONNX model"),
            (b"\x00\x01\x02\x03" * 100, "no ONNX model"),
            (GOOD[:100], "truncated"),
            (b"\x08\x08", "no graph"),
        ],
        ids=["empty", "text", "random", "truncated", "no graph"],
    )
    def test_what_is_no_model(self, parser, network, tmp_path, data, words):
        path = tmp_path / "culprit.onnx"
        path.write_bytes(data)
        with pytest.raises(trtx.ParserError, match=words):
            parser.parse(data)
        with pytest.raises(trtx.ParserError, match=words) as caught:
            parser.parse_from_file(path)
        assert "culprit.onnx" in str(caught.value)
        # Nothing native has happened, so the parser is as good as new.
        parser.parse(GOOD)
        assert network.num_layers == 3

    def test_files_that_cannot_be_read(self, parser, tmp_path):
        with pytest.raises(trtx.ParserError, match=r"missing\.onnx' cannot be read: No such file"):
            parser.parse_from_file(tmp_path / "missing.onnx")
        with pytest.raises(trtx.ParserError, match="not a regular file") as caught:
            parser.parse_from_file(tmp_path)
        assert str(tmp_path) in str(caught.value)

    def test_an_unsupported_operator_is_named_with_its_node(self, parser):
        with pytest.raises(trtx.ParserError) as caught:
            parser.parse(UNSUPPORTED)
        error = caught.value
        assert "node 1 'culprit' (Frobnicate)" in str(error)
        (info,) = error.errors
        assert info.description in str(error)
        assert (info.node, info.node_name, info.node_operator) == (1, "culprit", "Frobnicate")
        assert isinstance(info.code, trtx.OnnxErrorCode)
        assert info.code is not trtx.OnnxErrorCode.SUCCESS
        assert info.line > 0
        assert info.file.endswith(".cpp")
        assert info.function
        assert any(info.description in message.text for message in error.messages)

    def test_what_a_layer_says_is_part_of_the_message(self, parser):
        model = make_model()
        model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 5
        with pytest.raises(trtx.ParserError, match="must match") as caught:
            parser.parse(model.SerializeToString())
        assert "node 0 'first' (MatMul)" in str(caught.value)

    def test_errors_survive_the_parser(self, network):
        parser = OnnxParser(network)
        with pytest.raises(trtx.ParserError) as caught:
            parser.parse(UNSUPPORTED)
        errors = parser.errors
        assert parser.num_errors == len(errors) == 1
        parser.clear_errors()
        assert parser.num_errors == 0
        assert parser.errors == ()
        parser.close()
        network.close()
        assert caught.value.errors == errors
        assert errors[0].node_name == "culprit"

    def test_a_node_without_outputs_does_not_crash(self, parser):
        model = make_model(name="culprit")
        del model.graph.node[1].output[:]
        with pytest.raises(trtx.ParserError, match=r"node 1 \('culprit', operator 'Relu'\).* no outputs"):
            parser.parse(model.SerializeToString())

    def test_a_failed_parser_reads_nothing_more(self, parser):
        with pytest.raises(trtx.ParserError):
            parser.parse(UNSUPPORTED, path="broken.onnx")
        with pytest.raises(trtx.ParserError, match=r"has read the model 'broken\.onnx' already"):
            parser.parse(GOOD)

    def test_a_network_that_is_not_empty(self, network):
        source = network.add_input("a", trtx.DataType.FLOAT, (2,))
        network.add_activation(source, trtx.ActivationType.RELU)
        with pytest.raises(trtx.ParserError, match="non-empty network"):
            OnnxParser(network).parse(GOOD)

    def test_wrong_types(self, builder, network, parser, tmp_path):
        refused = {
            "network": lambda: OnnxParser(builder),
            "logger": lambda: OnnxParser(builder.create_network(), "log"),
            "model is 'model.onnx'.*parse_from_file": lambda: parser.parse("model.onnx"),
            "model is a ModelProto.*SerializeToString": lambda: parser.parse(make_model()),
            "model is 3": lambda: parser.parse(3),
            "model is a ndarray with gaps": lambda: parser.parse(np.zeros(10, np.uint8)[::2]),
            "path is b'": lambda: parser.parse(GOOD, path=b"model.onnx"),
            "path is 3": lambda: parser.parse_from_file(3),
            "path is 'a.x00b'": lambda: parser.parse_from_file("a\0b"),
            "path is ''": lambda: parser.parse_from_file(""),
            "flag is 1": lambda: parser.set_flag(1),
            "flags is 0x63": lambda: setattr(parser, "flags", 99),
            "flags is .*bit mask, such as 1 <<": lambda: setattr(parser, "flags", OnnxParserFlag.NATIVE_INSTANCENORM),
            "config is": lambda: parser.set_builder_config(network),
            "name is 3": lambda: parser.supports_operator(3),
            "name is 'a.x00b'": lambda: parser.supports_operator("a\0b"),
        }
        for words, call in refused.items():
            with pytest.raises(trtx.InvalidArgumentError, match=words):
                call()

    def test_an_exception_of_the_logger_comes_out(self, builder):
        class Stop(Exception):
            pass

        def sink(severity, message):
            raise Stop(message)

        with trtx.Logger(trtx.Severity.ERROR, sink) as logger:
            parser = OnnxParser(builder.create_network(), logger)
            with pytest.raises(Stop) as caught:
                parser.parse(UNSUPPORTED)
            assert isinstance(caught.value.__context__, trtx.ParserError)
            assert caught.value.__context__.errors


class TestExternalData:
    def test_a_file_beside_the_model(self, builder, config, tmp_path):
        path = external(tmp_path, size=64)
        engines = []
        for parse in (
            lambda parser: parser.parse_from_file(path),
            lambda parser: parser.parse(path.read_bytes(), path),
            lambda parser: parser.parse(path.read_bytes(), str(path)),
        ):
            network = builder.create_network()
            parse(OnnxParser(network))
            engines.append(build(builder, network, config))
        assert_same(engines)

    def test_bytes_without_a_path(self, parser, tmp_path):
        with pytest.raises(trtx.ParserError, match=r"initializer 0 \('w'\).* pass the model's path"):
            parser.parse(external(tmp_path).read_bytes())

    def test_data_past_the_end_of_its_file(self, parser, tmp_path):
        path = external(tmp_path)
        model = onnx.load(path, load_external_data=False)
        entry = model.graph.initializer[0].external_data.add()
        entry.key, entry.value = "offset", "1000000"
        path.write_bytes(model.SerializeToString())
        with pytest.raises(trtx.ParserError, match=r"initializer 0 \('w'\).* past the end of 'w.bin'"):
            parser.parse_from_file(path)

    @pytest.mark.parametrize("location", ["missing.bin", "../w.bin", "/etc/hostname"])
    def test_locations_that_are_refused(self, parser, tmp_path, location):
        with pytest.raises(trtx.ParserError, match=rf"initializer 0 \('w'\).*'{location}'"):
            parser.parse_from_file(external(tmp_path, location=location))

    def test_a_file_that_is_too_short(self, parser, tmp_path):
        path = external(tmp_path)
        (tmp_path / "w.bin").write_bytes(bytes(100))
        with pytest.raises(trtx.ParserError, match="256 bytes"):
            parser.parse_from_file(path)


class TestSuppliedInitializers:
    WEIGHTS = np.arange(64, dtype=np.float32).reshape(8, 8)

    def test_they_make_the_same_engine(self, builder, config, tmp_path):
        network = builder.create_network()
        OnnxParser(network).parse(make_model(size=64).SerializeToString())
        engines = [build(builder, network, config)]
        model = external(tmp_path, size=64, location="not-there.bin").read_bytes()
        weights = np.arange(64 * 64, dtype=np.float32)
        for path in (None, tmp_path / "model.onnx"):
            network = builder.create_network()
            parser = OnnxParser(network)
            parser.load_model_proto(model, path)
            parser.load_initializer("w", weights.copy())
            parser.parse_model_proto()
            parser.close()
            gc.collect()
            engines.append(build(builder, network, config))
        assert_same(engines)

    def test_arrays_are_kept_until_the_network_goes(self, network):
        parser = OnnxParser(network)
        parser.load_model_proto(GOOD)
        weights = self.WEIGHTS.copy()
        alive = weakref.ref(weights)
        parser.load_initializer("w", weights)
        del weights
        parser.parse_model_proto()
        parser.close()
        gc.collect()
        assert alive() is not None
        network.close()
        gc.collect()
        assert alive() is None

    def test_mistakes(self, parser):
        for call in (parser.parse_model_proto, lambda: parser.load_initializer("w", self.WEIGHTS)):
            with pytest.raises(trtx.ParserError, match="no model is loaded"):
                call()
        parser.load_model_proto(GOOD)
        with pytest.raises(trtx.ParserError, match="'nobody'"):
            parser.load_initializer("nobody", self.WEIGHTS)
        with pytest.raises(trtx.ParserError, match="252"):
            parser.load_initializer("w", self.WEIGHTS.ravel()[:63])
        with pytest.raises(trtx.InvalidArgumentError, match="data is list"):
            parser.load_initializer("w", [1.0])
        with pytest.raises(trtx.ParserError, match="reads one model only"):
            parser.load_model_proto(GOOD)
        parser.load_initializer("w", self.WEIGHTS)
        parser.parse_model_proto()
        with pytest.raises(trtx.ParserError, match="no model is loaded"):
            parser.parse_model_proto()

    @pytest.mark.parametrize("dtype", ["int32", "float64", "complex64", "datetime64[s]", "U4", "O"])
    def test_values_of_another_type(self, parser, dtype):
        """As many bytes would be taken for numbers of the model's type."""
        parser.load_model_proto(GOOD)
        with pytest.raises(trtx.InvalidArgumentError, match=r"^data .*(type|object)"):
            parser.load_initializer("w", self.WEIGHTS.astype(dtype))

    @pytest.mark.parametrize("pack", [bytes, lambda values: values.view(np.uint8), lambda values: values.astype(">f4")])
    def test_values_as_bytes_or_in_another_order(self, network, pack):
        parser = OnnxParser(network)
        parser.load_model_proto(GOOD)
        assert parser.load_initializer("w", pack(self.WEIGHTS)) is True
        parser.parse_model_proto()
        (constant,) = [layer for layer in network if layer.layer_type is trtx.LayerType.CONSTANT]
        np.testing.assert_array_equal(constant.weights.numpy(), self.WEIGHTS.ravel())

    def test_values_of_a_type_that_numpy_lacks(self, network):
        ml_dtypes = pytest.importorskip("ml_dtypes")
        model = make_model()
        model.graph.initializer[0].CopyFrom(
            onnx.numpy_helper.from_array(self.WEIGHTS.astype(ml_dtypes.bfloat16), model.graph.initializer[0].name)
        )
        parser = OnnxParser(network)
        parser.load_model_proto(model.SerializeToString())
        with pytest.raises(trtx.InvalidArgumentError, match="float16; allowed are bfloat16"):
            parser.load_initializer("w", self.WEIGHTS.astype(np.float16))
        parser.load_initializer("w", self.WEIGHTS.astype(ml_dtypes.bfloat16))

    def test_one_that_is_missing_is_named(self, parser, tmp_path):
        parser.load_model_proto(external(tmp_path).read_bytes())
        with pytest.raises(trtx.ParserError, match=r"initializer 0 \('w'\).*load_initializer"):
            parser.parse_model_proto()
        parser.load_initializer("w", self.WEIGHTS)
        parser.parse_model_proto()


class TestQuestions:
    def test_operators(self, parser):
        assert parser.supports_operator("Conv") is True
        assert parser.supports_operator("Frobnicate") is False
        assert parser.supports_operator("") is False

    def test_models(self, parser, network):
        found = parser.supports_model(GOOD)
        assert found.supported is True
        assert found.subgraphs == (((0, 1), True),)
        assert found.errors == ()
        found = parser.supports_model(UNSUPPORTED)
        assert found.supported is False
        assert any(info.node_operator == "Frobnicate" for info in found.errors)
        assert not all(subgraph.supported for subgraph in found.subgraphs)
        with pytest.raises(trtx.ParserError, match="empty"):
            parser.supports_model(b"")
        # Natively the question fills the network, and the parser cannot be used any more.
        assert network.num_layers == 0
        assert parser.num_errors == 0
        parser.parse(GOOD)
        assert parser.supports_model(UNSUPPORTED).supported is False
        assert network.num_layers == 3

    def test_flags(self, parser):
        before = parser.flags
        parser.set_flag(OnnxParserFlag.ENABLE_PLUGIN_OVERRIDE)
        assert parser.get_flag(OnnxParserFlag.ENABLE_PLUGIN_OVERRIDE) is True
        assert parser.flags == before | 1 << OnnxParserFlag.ENABLE_PLUGIN_OVERRIDE
        parser.clear_flag(OnnxParserFlag.ENABLE_PLUGIN_OVERRIDE)
        assert parser.flags == before
        parser.flags = 0
        assert parser.get_flag(OnnxParserFlag.NATIVE_INSTANCENORM) is False

    def test_a_configuration_must_stay_open(self, builder, network, parser):
        config = builder.create_config()
        parser.set_builder_config(config)
        config.close()
        with pytest.raises(trtx.ClosedError, match="BuilderConfig"):
            parser.parse(GOOD)
        parser.set_builder_config(builder.create_config())
        parser.parse(GOOD)
        assert network.num_layers == 3


class TestLife:
    def test_one_parser_in_the_life_of_a_network(self, builder):
        """A second native parser crashes when it goes after the network, even if the first one had gone."""
        network = builder.create_network()
        first = OnnxParser(network)
        with pytest.raises(trtx.InvalidArgumentError, match="network has had an OnnxParser already"):
            OnnxParser(network)
        first.parse(GOOD, path="resnet.onnx")
        first.close()
        with pytest.raises(trtx.InvalidArgumentError, match=r"which has read the model 'resnet\.onnx'"):
            OnnxParser(network)
        assert not OnnxParser(builder.create_network()).is_closed

    def test_use_after_close(self, network, parser):
        parser.close()
        parser.close()
        assert parser.is_closed
        assert "closed" in repr(parser)
        for call in (
            lambda: parser.parse(GOOD),
            lambda: parser.parse_from_file("model.onnx"),
            lambda: parser.load_model_proto(GOOD),
            lambda: parser.load_initializer("w", np.zeros(1)),
            lambda: parser.parse_model_proto(),
            lambda: parser.supports_operator("Conv"),
            lambda: parser.supports_model(GOOD),
            lambda: parser.get_layer_output_tensor("first"),
            lambda: parser.flags,
            lambda: parser.errors,
            lambda: parser.num_errors,
            lambda: parser.clear_errors(),
            lambda: parser.network,
        ):
            with pytest.raises(trtx.ClosedError, match="OnnxParser"):
                call()

    @pytest.mark.parametrize("owner", ["network", "builder", "logger"])
    def test_closing_an_owner_closes_the_parser(self, logger, builder, network, owner):
        parser = OnnxParser(network)
        parser.parse(GOOD)
        tensor = parser.get_layer_output_tensor("first")
        {"network": network, "builder": builder, "logger": logger}[owner].close()
        assert parser.is_closed
        assert network.is_closed
        assert tensor.is_closed
        with pytest.raises(trtx.ClosedError):
            OnnxParser(network)

    def test_closing_a_logger_of_its_own_closes_the_parser_alone(self, builder, network, config):
        with trtx.Logger(trtx.Severity.ERROR, lambda severity, message: None) as logger:
            parser = OnnxParser(network, logger)
            parser.parse(GOOD)
        assert parser.is_closed
        assert len(builder.build_serialized_network(network, config)) > 0

    def test_it_keeps_its_network(self, builder):
        parser = OnnxParser(builder.create_network())
        gc.collect()
        parser.parse(GOOD)
        assert parser.network.num_layers == 3

    def test_neither_parser_nor_network_is_held_by_a_cycle(self, builder):
        gc.collect()
        gc.disable()
        try:
            network = builder.create_network()
            parser = OnnxParser(network)
            parser.parse(GOOD)
            gone = [weakref.ref(parser), weakref.ref(network)]
            del parser, network
            assert [reference() for reference in gone] == [None, None]
        finally:
            gc.enable()

    def test_two_threads_at_once(self, builder, network):
        """The sink runs inside of the native call: there the other thread tries its luck."""
        caught: list[BaseException] = []

        def intrude(call):
            try:
                call()
            except BaseException as error:
                caught.append(error)

        def sink(severity, message):
            if not caught:
                for call in (
                    lambda: parser.parse(GOOD),
                    parser.close,
                    network.close,
                    lambda: network.add_input("a", trtx.DataType.FLOAT, (1,)),
                ):
                    thread = threading.Thread(target=intrude, args=(call,))
                    thread.start()
                    thread.join()

        with trtx.Logger(trtx.Severity.ERROR, sink) as logger:
            parser = OnnxParser(network, logger)
            with pytest.raises(trtx.ParserError):
                parser.parse(UNSUPPORTED)
        assert [type(error) for error in caught] == [trtx.BusyError] * 4
