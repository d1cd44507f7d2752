"""The structure check of ONNX models: what it refuses, where it says the fault is, and that sound models pass."""

from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path

import pytest

from trtx._onnx.check import Initializer, OnnxStructureError, check_model

onnx = pytest.importorskip("onnx")
from onnx import AttributeProto, TensorProto, helper, numpy_helper  # noqa: E402

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"


def tensor(name="w", location=None, **entries):
    """An initializer of 16 bytes; with a location, in external data."""
    np = pytest.importorskip("numpy")
    made = numpy_helper.from_array(np.ones(4, np.float32), name)
    if location is not None:
        made.ClearField("raw_data")
        made.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, **entries}.items():
            entry = made.external_data.add()
            entry.key, entry.value = key, value
    return made


def model(nodes=None, initializers=()):
    nodes = [helper.make_node("Relu", ["x"], ["y"], name="first")] if nodes is None else nodes
    return helper.make_model(helper.make_graph(nodes, "g", [], [], list(initializers)))


def refuse(broken, folder=None, **options) -> str:
    data = broken if isinstance(broken, bytes) else broken.SerializeToString()
    with pytest.raises(OnnxStructureError) as caught:
        check_model(memoryview(data), folder, **options)
    return str(caught.value)


def accept(sound, folder=None) -> None:
    check_model(memoryview(sound.SerializeToString()), folder)


@pytest.mark.parametrize("path", sorted(DATA.glob("light/*.onnx")), ids=lambda path: path.stem)
def test_real_architectures_pass(path):
    check_model(memoryview(path.read_bytes()), path.parent)


def test_every_model_of_the_onnx_package_passes():
    paths = sorted(DATA.glob("*/*/model.onnx"))
    assert paths
    for path in paths:
        check_model(memoryview(path.read_bytes()), path.parent)


def test_a_graph_without_nodes_passes():
    accept(model(nodes=[], initializers=[tensor()]))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello, world", "no ONNX model"),
        (b"<html><body>404</body></html>", "no ONNX model"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "no ONNX model"),
        (b"\0" * 100, "no field number 0"),
        (b"\x08\x08", "no graph"),
        (b"\x80", "a number reaches beyond"),
        (b"\x08" + b"\xff" * 11, "more than 10 bytes"),
        (b"\x3a\x7f", "reaches to byte 129, but its message ends at byte 2"),
        (b"\x0b", "wire type 3"),
    ],
)
def test_what_is_no_model_is_refused(data, words):
    assert words in refuse(data)


def test_random_bytes_are_refused_or_pass_but_never_break_the_check():
    rng = random.Random(0)
    refused = 0
    for size in range(1, 400):
        try:
            check_model(memoryview(rng.randbytes(size)))
        except OnnxStructureError:
            refused += 1
    assert refused > 390


def test_every_truncation_is_refused():
    data = model(initializers=[tensor()]).SerializeToString()
    start = data.index(b"first")
    # Cut inside of the graph, whose size is then too large; what follows the graph may be missing.
    for size in range(start, data.index(b"w", start)):
        assert "truncated" in refuse(data[:size])


def test_every_flipped_bit_is_answered():
    data = bytearray(model(initializers=[tensor()]).SerializeToString())
    for bit in range(len(data) * 8):
        data[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(OnnxStructureError):
            check_model(memoryview(bytes(data)))
        data[bit // 8] ^= 1 << bit % 8


def test_a_node_without_outputs_is_named():
    broken = model(nodes=[helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Selu", ["y"], [], name="culprit")])
    text = refuse(broken)
    assert "node 1 ('culprit', operator 'Selu')" in text
    assert "no outputs" in text


def test_a_node_without_operator_is_named():
    text = refuse(model(nodes=[helper.make_node("", ["x"], ["y"], name="culprit")]))
    assert "node 0 ('culprit'" in text
    assert "no op_type" in text


def test_nodes_of_nested_graphs_are_checked():
    inner = helper.make_graph([helper.make_node("Relu", ["x"], [], name="culprit")], "then", [], [])
    middle = helper.make_graph([helper.make_node("Loop", ["c"], ["y"], name="loop", body=inner)], "body", [], [])
    text = refuse(model(nodes=[helper.make_node("If", ["c"], ["y"], name="if", then_branch=middle)]))
    order = ["'if'", "attribute 'then_branch'", "'loop'", "attribute 'body'", "'culprit'", "no outputs"]
    assert sorted(order, key=text.index) == order


def test_nodes_of_functions_are_checked():
    broken = model()
    node = helper.make_node("Relu", ["x"], [], name="culprit")
    broken.functions.append(helper.make_function("local", "f", ["x"], ["y"], [node], [helper.make_opsetid("", 17)]))
    text = refuse(broken)
    assert "function 'f'" in text
    assert "'culprit'" in text


def nested(depth: int) -> bytes:
    """A model of graphs within graphs, written by hand: the protobuf of Python has a limit of its own."""

    def field(number: int, content: bytes) -> bytes:
        size, encoded = len(content), b""
        while size >= 0x80:
            encoded, size = encoded + bytes([size & 0x7F | 0x80]), size >> 7
        return bytes([number << 3 | 2]) + encoded + bytes([size]) + content

    graph = b""
    for _ in range(depth):
        graph = field(1, field(2, b"y") + field(4, b"If") + field(5, field(6, graph)))
    return field(7, graph)


def test_nesting_has_a_bound():
    check_model(memoryview(nested(30)))
    assert "nested deeper than 100" in refuse(nested(40))
    assert "nested deeper than 100" in refuse(nested(5000))


class TestExternalData:
    @pytest.fixture
    def folder(self, tmp_path):
        folder = tmp_path / "model"
        folder.mkdir()
        (folder / "w.bin").write_bytes(bytes(100))
        (tmp_path / "secret.bin").write_bytes(bytes(100))
        return folder

    def test_inside_the_folder(self, folder):
        (folder / "deep").mkdir()
        (folder / "deep" / "w.bin").write_bytes(bytes(16))
        for sound in (
            tensor(location="w.bin"),
            tensor(location="w.bin", offset="84", length="16"),
            tensor(location="deep/w.bin", length="16"),
            tensor(location="./w.bin", checksum="abc"),
        ):
            accept(model(initializers=[sound]), folder)

    @pytest.mark.parametrize(
        ("location", "words"),
        [
            ("../secret.bin", "contains '..'"),
            ("deep/../../secret.bin", "contains '..'"),
            ("..\\secret.bin", "contains '..'"),
            ("/etc/hostname", "absolute"),
            ("C:\\secret.bin", "absolute"),
            ("missing.bin", "No such file"),
            (".", "not a regular file"),
            ("", "no path"),
            ("w.bin\0", "no path"),
            ("w" * 5000, "cannot be read"),
        ],
    )
    def test_locations_that_are_refused(self, folder, location, words):
        text = refuse(model(initializers=[tensor("culprit", location)]), folder)
        assert "initializer 0 ('culprit')" in text
        assert words in text
        assert len(text) < 1000

    @pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
    def test_a_link_must_not_lead_out(self, folder):
        (folder / "link.bin").symlink_to(folder.parent / "secret.bin")
        text = refuse(model(initializers=[tensor("culprit", "link.bin")]), folder)
        assert "'culprit'" in text
        assert "secret.bin" in text
        (folder / "inner.bin").symlink_to("w.bin")
        accept(model(initializers=[tensor(location="inner.bin")]), folder)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs")
    def test_a_fifo_is_refused(self, folder):
        os.mkfifo(folder / "pipe")
        assert "not a regular file" in refuse(model(initializers=[tensor("culprit", "pipe")]), folder)

    @pytest.mark.parametrize(
        ("entries", "words"),
        [
            ({"offset": "101"}, "past the end"),
            ({"offset": "84", "length": "17"}, "past the end of 'w.bin', which has 100 bytes"),
            ({"length": "101"}, "past the end"),
            ({"offset": "-5"}, "the offset of its external data is '-5'"),
            ({"offset": "85_0"}, "the offset of its external data is '85_0'"),
            ({"length": "1_0"}, "the length of its external data is '1_0'"),
            ({"length": "9" * 30}, "not negative"),
        ],
    )
    def test_numbers_that_are_refused(self, folder, entries, words):
        text = refuse(model(initializers=[tensor("culprit", "w.bin", **entries)]), folder)
        assert "'culprit'" in text
        assert words in text

    def test_of_a_key_that_comes_twice_the_last_counts(self, folder):
        doubtful = tensor("culprit", "w.bin")
        entry = doubtful.external_data.add()
        entry.key, entry.value = "location", "missing.bin"
        assert "'missing.bin' cannot be read" in refuse(model(initializers=[doubtful]), folder)

    @pytest.mark.parametrize("order", [("w.bin", "../secret.bin"), ("../secret.bin", "w.bin")])
    def test_of_several_locations_none_may_lead_outside(self, folder, order):
        doubtful = tensor("culprit", order[0])
        entry = doubtful.external_data.add()
        entry.key, entry.value = "location", order[1]
        assert "contains '..'" in refuse(model(initializers=[doubtful]), folder)

    def test_bytes_without_a_path_are_told_what_to_do(self):
        text = refuse(model(initializers=[tensor("culprit", "w.bin")]))
        assert "'culprit'" in text
        assert "pass the model's path" in text

    def test_data_that_is_inside_needs_no_folder(self):
        accept(model(initializers=[tensor()]))

    def test_tensors_of_attributes_are_checked(self, folder):
        node = helper.make_node("Constant", [], ["y"], name="node", value=tensor("culprit", "../secret.bin"))
        text = refuse(model(nodes=[node]), folder)
        order = ["'node'", "attribute 'value'", "'culprit'", "'..'"]
        assert sorted(order, key=text.index) == order

    def test_halves_of_a_tensor_cannot_be_merged_past_the_check(self, folder):
        attribute = helper.make_attribute("value", tensor("w", "../secret.bin"))
        attribute.t.ClearField("data_location")
        second = onnx.AttributeProto(t=TensorProto(data_location=TensorProto.EXTERNAL))
        # Protobuf concatenates: this is one attribute with field 5 twice.
        merged = attribute.SerializeToString() + second.SerializeToString()
        assert onnx.AttributeProto.FromString(merged).t.data_location == TensorProto.EXTERNAL
        assert "comes a second time" in refuse(_with_attribute(merged), folder)

    def test_sparse_initializers_are_checked(self, folder):
        sparse = model()
        values = tensor("culprit", "../secret.bin")
        sparse.graph.sparse_initializer.append(
            onnx.SparseTensorProto(values=values, indices=tensor("indices"), dims=[9])
        )
        assert "sparse initializer 0: " in refuse(sparse, folder).replace(" ('culprit')", "")

    def test_faults_can_be_collected(self, folder):
        broken = model(initializers=[tensor("a", "w.bin"), tensor("b", "missing.bin"), tensor("c", "../x")])
        found: dict[str, Initializer] = {}
        check_model(memoryview(broken.SerializeToString()), folder, found)
        assert {initializer.dtype for initializer in found.values()} == {"float32"}
        faults = {name: initializer.fault for name, initializer in found.items() if initializer.fault}
        assert list(faults) == ["b", "c"]
        assert "missing.bin" in str(faults["b"])


def _with_attribute(attribute: bytes) -> bytes:
    def field(number: int, content: bytes) -> bytes:
        assert len(content) < 128
        return bytes([number << 3 | 2, len(content)]) + content

    node = field(2, b"y") + field(3, b"culprit") + field(4, b"Constant") + field(5, attribute)
    return field(7, field(1, node))


def test_payloads_are_stepped_over():
    """A buffer that cannot be read where the payload lies: only the walk around it is allowed."""
    small = model(initializers=[tensor()]).SerializeToString()
    touched = set()

    class Watching:
        def __init__(self, data):
            self.view, self.nbytes = memoryview(data), len(data)

        def __len__(self):
            return len(self.view)

        def __getitem__(self, key):
            touched.update(range(*key.indices(len(self.view))) if isinstance(key, slice) else [key])
            return self.view[key]

    check_model(Watching(small))  # type: ignore[arg-type]
    payload = small.index(bytes.fromhex("0000803f") * 4)
    assert not touched & set(range(payload, payload + 16))
    assert len(touched) > 10


class TestOperatorsThatCrash:
    """What a fuzzer found NVIDIA's parser to crash on, as far as the model itself tells."""

    @staticmethod
    def with_input(node, shape, initializers=()):
        value = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        return helper.make_model(helper.make_graph([node], "g", [value], [], list(initializers)))

    @pytest.mark.parametrize("operator", ["Conv", "MaxPool", "AveragePool", "LpPool"])
    def test_output_padding_where_there_is_none(self, operator):
        node = helper.make_node(operator, ["x", "w"], ["y"], name="culprit", output_padding=[1, 1])
        assert f"('culprit', operator '{operator}'): {operator} has no attribute 'output_padding'" in refuse(
            model([node])
        )
        node.op_type = "ConvTranspose"
        accept(model([node]))

    def test_an_attribute_twice(self):
        node = helper.make_node("Split", ["x"], ["y", "z"], name="culprit", split=[1, 1])
        node.attribute.add().CopyFrom(node.attribute[0])
        assert "'culprit', operator 'Split'): attribute 'split' comes a second time" in refuse(model([node]))

    @pytest.mark.parametrize(("shape", "axis"), [((), None), ((3, 4), 2), ((3, 4), -3), ((3,), 2**40)])
    def test_the_axis_of_a_split(self, shape, axis):
        options = {} if axis is None else {"axis": axis}
        node = helper.make_node("Split", ["x"], ["y", "z"], name="culprit", **options)
        assert f"its axis is {axis or 0}, and its input has {len(shape)} dimensions" in refuse(
            self.with_input(node, shape)
        )

    def test_an_open_shape_is_that_of_a_scalar(self):
        node = helper.make_node("Split", ["x"], ["y", "z"], name="culprit", axis=7)
        assert "its axis is 7, and its input has 0 dimensions" in refuse(self.with_input(node, None))

    @pytest.mark.parametrize(("shape", "axis"), [((3,), 0), ((3, 4), 1), ((3, 4), -2), (("n", 2), -1)])
    def test_splits_that_pass(self, shape, axis):
        accept(self.with_input(helper.make_node("Split", ["x"], ["y", "z"], axis=axis), shape))

    def test_an_initializer_counts_more_than_the_input_of_its_name(self):
        np = pytest.importorskip("numpy")
        node = helper.make_node("Split", ["x"], ["y"], name="culprit")
        scalar = numpy_helper.from_array(np.float32(1), "x")
        assert "its input has 0 dimensions" in refuse(self.with_input(node, (1,), [scalar]))

    @pytest.mark.parametrize("value", [[], [2, 1], 1.5, [1.5], "text"])
    def test_the_sizes_of_a_split(self, value):
        node = helper.make_node("Split", ["x"], ["y", "z"], name="culprit")
        if value == []:
            node.attribute.add(name="split", type=AttributeProto.INTS)
        else:
            node.attribute.append(helper.make_attribute("split", value))
        if value == [2, 1]:
            accept(self.with_input(node, (3,)))
        else:
            assert "its attribute 'split' has no integers" in refuse(self.with_input(node, (3,)))

    def test_the_sizes_of_a_split_in_both_forms(self):
        node = helper.make_node("Split", ["x"], ["y", "z"], split=[2, 1])
        data = self.with_input(node, (3,)).SerializeToString()
        single, packed, empty = b"\x40\x02\x40\x01", b"\x42\x02\x02\x01", b"\x42\x00\x42\x00"
        assert data.count(single) == 1
        check_model(memoryview(data.replace(single, packed)))
        assert "its attribute 'split' has no integers" in refuse(data.replace(single, empty))

    def test_the_bounds_of_a_clip(self):
        np = pytest.importorskip("numpy")
        for inputs, words in (
            (["x", "low", "high", "x"], "it has 4 inputs; allowed are 3"),
            (["x", "none"], "its bound 'none' is empty"),
            (["x", "", "none"], "its bound 'none' is empty"),
            (["x", "low", ""], None),
            (["x", "low", "high"], None),
            (["none"], None),
        ):
            node = helper.make_node("Clip", inputs, ["y"], name="culprit")
            shapes = {"low": (), "high": (), "none": (1, 0)}
            tensors = [numpy_helper.from_array(np.ones(shape, np.float32), name) for name, shape in shapes.items()]
            place = self.with_input(node, (3,), tensors)
            if words is None:
                accept(place)
            else:
                assert f"('culprit', operator 'Clip'): {words}" in refuse(place)

    def test_the_shape_of_an_expand(self):
        np = pytest.importorskip("numpy")
        node = helper.make_node("Expand", ["w", "x"], ["y"], name="culprit")
        for size in (9, 65536):
            assert f"its shape has {size} dimensions; allowed are 8" in refuse(self.with_input(node, (size,)))
        for size in (0, 8, "n"):
            accept(self.with_input(node, (size,)))
        node.input[1] = "shape"
        for pack in (True, False):
            long = numpy_helper.from_array(np.ones(9, np.int64), "shape")
            data = self.with_input(node, (1,), [long]).SerializeToString()
            if not pack:  # protobuf reads both ways
                assert b"\x08\x09" in data
            assert "its shape has 9 dimensions" in refuse(data)


class TestSizesOfTensors:
    """NVIDIA's parser believes a tensor's dimensions, and reads past the end of its data."""

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"dims": [65536]}, "tell of 262144 bytes, and it has 16"),
            ({"dims": [2**40, 2**40]}, "bytes, and it has 16"),
            ({"dims": [5]}, "tell of 20 bytes, and it has 16"),
            ({"data_type": TensorProto.DOUBLE}, "tell of 32 bytes, and it has 16"),
            ({"dims": [-4]}, "one of its dimensions is -4"),
        ],
    )
    def test_raw_data(self, change, words):
        broken = tensor("culprit")
        broken.data_type = change.get("data_type", broken.data_type)
        if "dims" in change:
            del broken.dims[:]
            broken.dims.extend(change["dims"])
        for place in (model(initializers=[broken]), model([helper.make_node("Constant", [], ["y"], value=broken)])):
            said = refuse(place)
            assert "('culprit')" in said
            assert words in said

    @pytest.mark.parametrize("kind", ["FLOAT", "DOUBLE", "INT32", "INT64", "UINT64", "BOOL", "FLOAT16"])
    def test_values_of_a_field_of_their_own(self, kind):
        sound = helper.make_tensor("culprit", getattr(TensorProto, kind), [3], [0, 1, 1])
        accept(model(initializers=[sound]))
        sound.dims[0] = 4
        assert "('culprit'): its dimensions tell of 4 values, and it has 3" in refuse(model(initializers=[sound]))

    def test_scalars_empty_tensors_and_strings_pass(self):
        empty = helper.make_tensor("empty", TensorProto.FLOAT, [0, 7], [])
        scalar = helper.make_tensor("scalar", TensorProto.FLOAT, [], [1.0])
        text = helper.make_tensor("text", TensorProto.STRING, [2], [b"a", b"b"])
        accept(model(initializers=[empty, scalar, text]))

    def test_small_types_are_packed(self):
        sound = helper.make_tensor("culprit", TensorProto.INT4, [3], b"\x21\x03", raw=True)
        accept(model(initializers=[sound]))
        sound.dims[0] = 5
        assert "tell of 3 bytes, and it has 2" in refuse(model(initializers=[sound]))

    def test_external_data(self, tmp_path):
        (tmp_path / "w.bin").write_bytes(bytes(100))
        accept(model(initializers=[tensor("w", "w.bin", length="16")]), tmp_path)
        broken = tensor("culprit", "w.bin", length="15")
        assert "('culprit'): its dimensions and type tell of 16 bytes, and it has 15" in refuse(
            model(initializers=[broken]), tmp_path
        )
