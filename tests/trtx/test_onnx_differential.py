"""The structure check against NVIDIA's parser: the same tensor written in every way, and bodies that declare anything.

The check may refuse what the parser reads only where the parser crashes, or reads memory that is not the tensor's.
Each model goes to the parser without the check, in a process of its own.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import trtx
from tests.helpers.process import run_python
from trtx._onnx.check import check_model
from trtx._onnx.shapes import OnnxStructureError

RAW = np.arange(1, 4, dtype=np.float32).tobytes()
FLOAT = TensorProto.FLOAT

#: Reads its models from a file, as they are many; tells after each what became of it.
PARSER = """
import base64, json, os, sys
import trtx
import trtx._onnx.source
trtx._onnx.source.check_model = lambda *arguments, **keywords: []
logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
builder = trtx.Builder(logger)
with open({file!r}) as file:
    models = json.load(file)
for name, model in list(models.items())[{start}:]:
    try:
        trtx.OnnxParser(builder.create_network()).parse(base64.b64decode(model), {path!r})
        print("read")
    except trtx.ParserError:
        print("refused")
    sys.stdout.flush()
os._exit(0)
"""


def what_the_parser_does(models: dict[str, bytes], folder: Path) -> dict[str, str]:
    """ "read", "refused" or "crash" for each model."""
    file = folder / "models.json"
    file.write_text(json.dumps({name: base64.b64encode(data).decode() for name, data in models.items()}))
    found: list[str] = []
    while len(found) < len(models):
        code = PARSER.format(file=str(file), start=len(found), path=str(folder / "model.onnx"))
        done = run_python(code, check=False)
        found += done.stdout.split()
        if done.returncode:
            found.append("crash")
    return dict(zip(models, found, strict=True))


def what_the_check_says(models: dict[str, bytes], folder: Path) -> dict[str, str]:
    """The refusal of each model; empty where there is none."""
    said = {}
    for name, data in models.items():
        try:
            check_model(memoryview(data), folder)
            said[name] = ""
        except OnnxStructureError as error:
            said[name] = str(error)
    return said


def compare(models: dict[str, bytes], folder: Path, *, overread: frozenset[str] = frozenset()) -> dict[str, str]:
    """Hold both against each other; gives what the parser does."""
    parser, check = what_the_parser_does(models, folder), what_the_check_says(models, folder)
    stricter = {name: check[name] for name in models if parser[name] == "read" and check[name]}
    assert set(stricter) <= overread, stricter
    assert [name for name in models if parser[name] == "crash" and not check[name]] == []
    return parser


# Tensors


def tensor(dtype: int = FLOAT, dims: tuple[int, ...] = (3,), **fields: Any) -> TensorProto:
    made = TensorProto(name="w", data_type=dtype, dims=dims)
    stored = fields.pop("stored", None)
    if stored is not None:
        made.data_location = TensorProto.EXTERNAL
        for key, value in stored.items() if isinstance(stored, dict) else stored:
            made.external_data.add(key=key, value=value)
    for name, value in fields.items():
        if name == "raw_data":
            made.raw_data = value
        else:
            getattr(made, name).extend(value)
    return made


def model_of(weights: TensorProto) -> bytes:
    nodes = [helper.make_node("Cast", ["w"], ["c"], to=FLOAT), helper.make_node("Add", ["c", "x"], ["y"])]
    inputs = [helper.make_tensor_value_info("x", FLOAT, list(weights.dims))]
    outputs = [helper.make_tensor_value_info("y", FLOAT, None)]
    return serialized(helper.make_graph(nodes, "g", inputs, outputs, [weights]))


def serialized(graph: onnx.GraphProto) -> bytes:
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
    return bytes(made.SerializeToString())


#: Types with the field that holds their numbers, and numpy's type of the same size.
TYPES = {
    "FLOAT": ("float_data", np.float32), "INT32": ("int32_data", np.int32), "INT64": ("int64_data", np.int64),
    "DOUBLE": ("double_data", np.float64), "FLOAT16": ("int32_data", np.float16), "BOOL": ("int32_data", np.bool_),
    "INT8": ("int32_data", np.int8), "UINT8": ("int32_data", np.uint8), "BFLOAT16": ("int32_data", np.uint16),
    "INT16": ("int32_data", np.int16), "UINT32": ("uint64_data", np.uint32), "FLOAT8E4M3FN": ("int32_data", np.uint8),
}  # fmt: skip


def inline_tensors() -> dict[str, TensorProto]:
    made = {}
    for name, (field, dtype) in TYPES.items():
        kind, values, raw = TensorProto.DataType.Value(name), [1, 0, 1], np.array([1, 0, 1]).astype(dtype).tobytes()
        size = len(raw) // 3
        ways: dict[str, dict[str, Any]] = {
            "nothing": {}, "raw": {"raw_data": raw}, "raw, short": {"raw_data": raw[:-size]},
            "raw, long": {"raw_data": raw + raw[:size]}, "raw, empty": {"raw_data": b""}, "numbers": {field: values},
            "numbers, short": {field: values[:2]}, "numbers, long": {field: [*values, 1]},
            "numbers beside empty raw": {"raw_data": b"", field: values},
            "too few numbers beside empty raw": {"raw_data": b"", field: values[:2]},
            "numbers beside raw": {"raw_data": raw, field: values},
            "one number beside raw": {"raw_data": raw, field: [1]},
            "numbers beside short raw": {"raw_data": raw[:-size], field: values},
        }  # fmt: skip
        made |= {f"{name}: {way}": tensor(kind, **fields) for way, fields in ways.items()}
    for name in ("INT4", "UINT4", "FLOAT4E2M1"):
        kind = TensorProto.DataType.Value(name)
        made[f"{name}: raw"] = tensor(kind, raw_data=b"\x12\x03")
        made[f"{name}: raw, short"] = tensor(kind, raw_data=b"\x12")
        made |= {f"{name}: {n} numbers": tensor(kind, int32_data=[1] * n) for n in (1, 2, 3)}
    made |= {"scalar": tensor(dims=(), float_data=[1]), "scalar, raw": tensor(dims=(), raw_data=RAW[:4])}
    return made


def test_values_inside_the_model(native_library: str, tmp_path: Path) -> None:
    models = {name: model_of(weights) for name, weights in inline_tensors().items()}
    parser = compare(models, tmp_path)
    assert parser["FLOAT: numbers beside empty raw"] == "read"
    assert sum(answer == "read" for answer in parser.values()) > 40


def outside_tensors() -> dict[str, TensorProto]:
    ways: dict[str, dict[str, str]] = {
        "nothing else": {}, "length": {"length": "12"}, "length 0": {"length": "0"}, "length ''": {"length": ""},
        "offset 0": {"offset": "0"}, "offset ''": {"offset": ""}, "both ''": {"offset": "", "length": ""},
        "offset 4": {"offset": "4"}, "offset and length": {"offset": "8", "length": "12"}, "short": {"length": "8"},
        "long": {"length": "16"}, "plus": {"length": "+12"}, "space": {"length": " 12 "}, "hex": {"length": "0xc"},
        "zeros": {"length": "012"}, "minus": {"length": "-1"}, "offset minus": {"offset": "-4"},
        "offset word": {"offset": "x"}, "length word": {"length": "x"}, "unit": {"length": "12x"},
        "offset 1e1": {"offset": "1e1"}, "fraction": {"length": "12.5"}, "checksum": {"checksum": "a", "length": "12"},
        "unknown key": {"length": "12", "more": "1"}, "huge": {"length": "9" * 23}, "beyond": {"offset": "16"},
    }  # fmt: skip
    made = {
        f"{file}: {way}": tensor(stored={"location": f"{file}.bin", **entries})
        for way, entries in ways.items()
        for file in ("exact", "large")
    }
    two = [("location", "exact.bin"), ("location", "missing.bin")]
    made |= {"two locations": tensor(stored=two), "two locations, the last is there": tensor(stored=two[::-1])}
    lengths = [("location", "large.bin"), ("length", "8"), ("length", "12")]
    made |= {"two lengths": tensor(stored=lengths), "raw too": tensor(stored={"location": "exact.bin"}, raw_data=RAW)}
    inline = tensor(raw_data=RAW)
    inline.external_data.add(key="location", value="missing.bin")
    return made | {"entries of a tensor that is inside": inline, "no entries": tensor(stored={})}


def test_values_outside_the_model(native_library: str, tmp_path: Path) -> None:
    (tmp_path / "exact.bin").write_bytes(RAW)
    (tmp_path / "large.bin").write_bytes(RAW * 10)
    models = {name: model_of(weights) for name, weights in outside_tensors().items()}
    # The parser does not look whether the offset and the length end beyond the file.
    beyond = ("offset 4", "offset 1e1", "offset and length", "offset minus", "beyond")
    # Of what is no number it takes what stands in front, so that it reads other bytes than were meant.
    garbled = ("offset word", "length word", "unit", "hex", "fraction", "offset 1e1")
    known = {f"exact: {way}" for way in beyond} | {f"{file}: {way}" for way in garbled for file in ("exact", "large")}
    parser = compare(models, tmp_path, overread=frozenset(known))
    for name in ("exact: length 0", "exact: length ''", "exact: both ''", "large: unit", "two lengths"):
        assert parser[name] == "read", name


@pytest.mark.parametrize("dims", [(0,), (0, 3), (2, 0)])
@pytest.mark.parametrize(
    "entries",
    [
        {"location": "exact.bin"}, {"location": "exact.bin", "length": "0"}, {"location": "empty.bin", "offset": "0"},
        {"location": "exact.bin", "offset": "12", "length": "0"}, {"location": "missing.bin", "length": "0"},
    ],
)  # fmt: skip
def test_tensors_without_elements_may_be_outside(
    builder: trtx.Builder, tmp_path: Path, dims: tuple[int, ...], entries: dict[str, str]
) -> None:
    """The parser refuses them, as it maps no file of nothing; so it gets to read that they are inside."""
    (tmp_path / "exact.bin").write_bytes(RAW)
    (tmp_path / "empty.bin").write_bytes(b"")
    data = model_of(tensor(dims=dims, stored=entries))
    before = bytes(data)
    network = builder.create_network()
    assert trtx.OnnxParser(network).parse(data, tmp_path / "model.onnx")
    assert data == before
    assert network.get_input(0).shape == dims
    assert trtx.OnnxParser(builder.create_network()).parse(data)  # without a path as well


# Bodies

SHAPES: dict[str, Any] = {
    "no type": "no type", "no shape": None, "scalar": [], "one": [2], "as it is": [4, 2], "three": [1, 1, 1],
    "names": ["a", "b"], "nine": [9],
}  # fmt: skip


def value(name: str, shape: Any, dtype: int = FLOAT) -> onnx.ValueInfoProto:
    if shape == "no type":
        return onnx.ValueInfoProto(name=name)
    return helper.make_tensor_value_info(name, dtype, shape)


def split(axis: int) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Split", ["s"], ["p", "q"], axis=axis, num_outputs=2),
        helper.make_node("Concat", ["p", "q"], ["t"], axis=axis),
    ]


NODES = {
    "Split 0": split(0), "Split 1": split(1), "Split -1": split(-1),
    "Clip": [helper.make_node("Clip", ["s", "lo"], ["t"])],
    "Expand": [helper.make_node("Expand", ["s", "sizes"], ["t"])],
}  # fmt: skip
CONSTANTS = [
    numpy_helper.from_array(np.array([4, 2], np.int64), "sizes"), numpy_helper.from_array(np.float32(0), "lo"),
    numpy_helper.from_array(np.array(3, np.int64), "n"), numpy_helper.from_array(np.array(True), "yes"),
]  # fmt: skip


def loop(nodes: list[onnx.NodeProto], shape: Any) -> onnx.GraphProto:
    inputs = [value("i", [], TensorProto.INT64), value("c", [], TensorProto.BOOL), value("s", shape)]
    outputs = [value("d", [], TensorProto.BOOL), value("t", None)]
    body = helper.make_graph([helper.make_node("Identity", ["c"], ["d"]), *nodes], "body", inputs, outputs)
    node = helper.make_node("Loop", ["n", "yes", "x"], ["y"], body=body)
    return helper.make_graph([node], "g", [value("x", [4, 2])], [value("y", None)], CONSTANTS)


def scan(nodes: list[onnx.NodeProto], shape: Any) -> onnx.GraphProto:
    inputs, outputs = [value("a", shape), value("s", shape)], [value("b", None), value("t", None)]
    body = helper.make_graph([helper.make_node("Identity", ["a"], ["b"]), *nodes], "body", inputs, outputs)
    node = helper.make_node("Scan", ["z", "x"], ["last", "y"], body=body, num_scan_inputs=1)
    graph_inputs = [value("z", [2]), value("x", [3, 4, 2])]
    return helper.make_graph([node], "g", graph_inputs, [value("y", None), value("last", None)], CONSTANTS)


def condition(nodes: list[onnx.NodeProto], shape: Any) -> onnx.GraphProto:
    yes = helper.make_graph(nodes, "yes", [], [value("t", shape)])
    no = helper.make_graph([helper.make_node("Identity", ["s"], ["t"])], "no", [], [value("t", shape)])
    node = helper.make_node("If", ["k"], ["y"], then_branch=yes, else_branch=no)
    inputs = [value("s", [4, 2]), value("k", [], TensorProto.BOOL)]
    return helper.make_graph([node], "g", inputs, [value("y", None)], CONSTANTS)


def plain(nodes: list[onnx.NodeProto], shape: Any) -> onnx.GraphProto:
    return helper.make_graph(nodes, "g", [value("s", shape)], [value("t", None)], CONSTANTS)


@pytest.mark.parametrize("around", [loop, scan, condition, plain])
def test_what_bodies_declare(native_library: str, tmp_path: Path, around: Any) -> None:
    models = {
        f"{name}, {said}": serialized(around(nodes, shape))
        for name, nodes in NODES.items()
        for said, shape in SHAPES.items()
    }
    parser = compare(models, tmp_path)
    if around is plain:
        assert parser["Split 0, scalar"] == "crash"
    else:
        assert set(parser.values()) == {"read"}
