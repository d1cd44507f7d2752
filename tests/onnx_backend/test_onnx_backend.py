"""The public backend, `prepare_onnx`, and a sample of ONNX's tests; `python -m tests.onnx_backend` runs them all."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest

import trtx

pytestmark = pytest.mark.timeout(600)  # loading the cases of ONNX computes them all

onnx = pytest.importorskip("onnx", reason="package onnx")
pytest.importorskip("onnxscript", reason="package onnxscript")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import trtx.onnx_backend as backend  # noqa: E402

from . import cases, table, worker  # noqa: E402

#: Built without preparation.
PLAIN = [
    "node/test_abs",
    "node/test_conv_with_strides_padding",
    "node/test_gemm_all_attributes",
    "node/test_softmax_axis_1",
]
#: Built with preparation alone, one for each kind of change.
PREPARED = [
    "node/test_add_int16",
    "node/test_add_uint8",
    "node/test_bitshift_left_uint8",
    "node/test_bitshift_right_uint64",
    "node/test_bitwise_and_i32_2d",
    "node/test_bitwise_or_ui64_bcast_3v1d",
    "node/test_bitwise_not_2d",
    "node/test_add_uint16",
    "node/test_dynamicquantizelinear",
    "node/test_equal_int16",
    "node/test_matmulinteger",
    "node/test_nllloss_NCd1d2_reduction_sum",
    "node/test_qlinearconv",
    "node/test_qlinearmatmul_2D_uint8_float32",
    "node/test_quantizelinear",
    "node/test_reduce_prod_do_not_keepdims_example",
    "node/test_sce_sum_log_prob",
]


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Any:
    """Loading the tests of ONNX computes them all, with warnings of numpy's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def answer(name: str, package: str) -> dict[str, Any]:
    assert name in cases.names()
    return worker.answer(name, package, False)


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_model_is_built(native_library: str, name: str) -> None:
    said = answer(name, "trtx")
    assert said["parsed"], said
    assert said["built"], said


@pytest.mark.parametrize("name", PREPARED)
def test_a_prepared_model_is_built_and_means_the_same(native_library: str, name: str) -> None:
    assert not answer(name, "trtx")["built"], "needs no preparation"
    said = answer(name, "prepared")
    assert said["built"], said
    computed = answer(name, "reference")
    assert computed["changed"], computed
    assert computed["agreed"], computed


# The backend


def model_of(*nodes: Any, inputs: list[Any], outputs: list[Any], opset: int = 20, weights: Any = ()) -> Any:
    graph = helper.make_graph(list(nodes), "g", inputs, outputs, list(weights))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def info(name: str, kind: int, *shape: Any) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


FLOAT = TensorProto.FLOAT


def relu(*shape: Any) -> Any:
    return model_of(
        helper.make_node("Relu", ["x"], ["y"]), inputs=[info("x", FLOAT, *shape)], outputs=[info("y", FLOAT, *shape)]
    )


def test_a_model_is_built_when_it_is_prepared(native_library: str) -> None:
    rep = backend.prepare(relu(2, 3), "CUDA")
    assert (rep.input_names, rep.output_names) == (("x",), ("y",))
    memory = rep.build([np.ones((2, 3), np.float32)])
    assert rep.build({"x": np.ones((2, 3), np.float32)}) is memory


def test_open_shapes_are_built_for_the_inputs(native_library: str) -> None:
    rep = backend.prepare(relu("n", 3))
    two, four = (rep.build([np.ones((n, 3), np.float32)]) for n in (2, 4))
    assert two is not four
    assert rep.build([np.zeros((2, 3), np.float32)]) is two


def test_inputs_that_are_wrong(native_library: str) -> None:
    rep = backend.prepare(relu(2, 3))
    with pytest.raises(trtx.InvalidArgumentError, match=r"has 2 values; the model has 1 inputs"):
        rep.build([1, 2])
    with pytest.raises(trtx.InvalidArgumentError, match=r"lacks \['x'\] and has \['z'\]"):
        rep.build({"z": 1})
    with pytest.raises(trtx.UnsupportedError, match="takes tensors only"):
        rep.build([None])


def test_options_that_are_wrong() -> None:
    with pytest.raises(trtx.UnsupportedError, match="'CPU'"):
        backend.prepare(relu(2), "CPU")
    with pytest.raises(trtx.InvalidArgumentError, match="speed"):
        backend.prepare(relu(2), speed=1)
    with pytest.raises(trtx.InvalidArgumentError, match="prepare_onnx=True"):
        backend.prepare(relu(2), freeze={"x": 1})
    with pytest.raises(trtx.InvalidArgumentError, match="model"):
        backend.prepare(b"model")  # type: ignore[arg-type]
    assert not backend.supports_device("CPU")


def test_what_the_parser_takes(native_library: str) -> None:
    assert backend.is_compatible(relu(2))
    node = helper.make_node("StringNormalizer", ["x"], ["y"])
    strings = TensorProto.STRING
    assert not backend.is_compatible(model_of(node, inputs=[info("x", strings, 2)], outputs=[info("y", strings, 2)]))
    with pytest.raises(trtx.ParserError, match="StringNormalizer"):
        backend.prepare(model_of(node, inputs=[info("x", strings, 2)], outputs=[info("y", strings, 2)]))


# Preparing


def test_a_model_stays_as_it_is_and_so_does_one_that_needs_nothing(native_library: str) -> None:
    model = relu(2, 3)
    before = model.SerializeToString()
    prepared, report = trtx.prepare_onnx(model)
    assert model.SerializeToString() == before
    assert report.changes == []
    assert report.problems == []
    assert [node.op_type for node in prepared.graph.node] == ["Relu"]


def test_double_is_reported_at_the_borders(native_library: str) -> None:
    double = TensorProto.DOUBLE
    node = helper.make_node("Add", ["x", "w"], ["y"])
    weight = numpy_helper.from_array(np.array([1.5, 2.5]), "w")
    model = model_of(node, inputs=[info("x", double, 2)], outputs=[info("y", double, 2)], weights=[weight])
    _, report = trtx.prepare_onnx(model)
    assert report.input_types == {"x": ("float64", "float32")}
    assert report.output_types == {"y": ("float64", "float32")}
    assert {change.kind for change in report.changes} == {"type", "border"}
    assert report.convert_inputs({"x": np.ones(2)})["x"].dtype == np.float32
    assert report.convert_outputs({"y": np.ones(2, np.float32)})["y"].dtype == np.float64
    assert report.problems == []
    assert "float64 is computed in float32" in str(report)


def reducing() -> Any:
    return model_of(
        helper.make_node("ReduceSum", ["x", "axes"], ["y"]),
        inputs=[info("x", FLOAT, 2, 3), info("axes", TensorProto.INT64, 1)],
        outputs=[info("y", FLOAT, "a", "b")],
    )


def test_an_input_that_is_needed_is_named_and_frozen(native_library: str) -> None:
    _, report = trtx.prepare_onnx(reducing())
    assert report.needed == ("axes",)
    prepared, report = trtx.prepare_onnx(reducing(), inputs={"axes": np.array([1])})
    assert (report.needed, report.frozen, report.problems) == ((), ("axes",), [])
    assert [value.name for value in prepared.graph.input] == ["x"]
    rep = backend.prepare(reducing(), prepare_onnx=True)
    x = np.ones((2, 3), np.float32)
    assert rep.build([x, np.array([0])]) is not rep.build([x, np.array([1])])


def test_values_that_do_not_fit() -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=r"'z'.* has the inputs \['axes', 'x'\]"):
        trtx.prepare_onnx(reducing(), inputs={"z": 1}, check=False)
    with pytest.raises(trtx.InvalidArgumentError, match="float64; the input is int64"):
        trtx.prepare_onnx(reducing(), inputs={"axes": np.array([0.5])}, check=False)
    with pytest.raises(trtx.InvalidArgumentError, match=r"shape \(2,\); the input has \(1,\)"):
        trtx.prepare_onnx(reducing(), inputs={"axes": np.array([0, 1])}, check=False)
    with pytest.raises(trtx.InvalidArgumentError, match="model"):
        trtx.prepare_onnx(b"model")  # type: ignore[arg-type]
    with pytest.raises(trtx.ParserError, match="nowhere"):
        trtx.prepare_onnx("nowhere.onnx")


def test_what_cannot_be_helped_is_named(native_library: str) -> None:
    strings = TensorProto.STRING
    node = helper.make_node("StringNormalizer", ["x"], ["y"], name="lower")
    _, report = trtx.prepare_onnx(model_of(node, inputs=[info("x", strings, 2)], outputs=[info("y", strings, 2)]))
    assert any((problem.operator, problem.name) == ("StringNormalizer", "lower") for problem in report.problems)


def test_an_old_opset_is_upgraded(native_library: str) -> None:
    node = helper.make_node("Dropout", ["x"], ["y"], ratio=0.5)
    model = model_of(node, inputs=[info("x", FLOAT, 2)], outputs=[info("y", FLOAT, 2)], opset=7)
    prepared, report = trtx.prepare_onnx(model)
    assert report.changes[0].kind == "opset"
    assert max(entry.version for entry in prepared.opset_import) == 15
    assert report.problems == []


def test_keep_leaves_an_operator_alone() -> None:
    node = helper.make_node("BitShift", ["x", "n"], ["y"], direction="LEFT")
    kind = TensorProto.UINT8
    model = model_of(node, inputs=[info("x", kind, 2), info("n", kind, 2)], outputs=[info("y", kind, 2)])
    kept, _ = trtx.prepare_onnx(model, keep=["BitShift"], check=False)
    done, _ = trtx.prepare_onnx(model, check=False)
    assert "BitShift" in {node.op_type for node in kept.graph.node}
    assert "BitShift" not in {node.op_type for node in done.graph.node}


# The table


def test_the_table_counts_and_finds_differences() -> None:
    good, bad = (
        {"parsed": True, "built": True},
        {"parsed": True, "built": False, "error": "x: false [checkY: UNSUPPORTED]"},
    )
    answers = {"node/a": {"trtx": good, "nvidia": good}, "node/b": {"trtx": bad, "nvidia": good}}
    assert table.counts(answers, "trtx") == {"parsed": 2, "built": 1, "run": 0, "agreed": 0}
    assert table.differences(answers, "trtx", "nvidia") == ["node/b"]
    assert table.is_worse(answers)
    assert not table.is_worse({"node/a": answers["node/a"]})
    page = table.page(answers, ["trtx", "nvidia"])
    assert "| `trtx` | 2 | 1 | - | - | 2 |" in page
    assert "- 1: an operator without support" in page


def test_the_table_that_is_committed() -> None:
    kept = json.loads(table.DATA.read_text(encoding="utf-8"))
    assert len(kept["cases"]) == 2024
    answers = [dict(zip(kept["packages"], case.split(" "), strict=True)) for case in kept["cases"].values()]
    built = {package: sum("b" in case[package] for case in answers) for package in kept["packages"]}
    assert all("b" in case["trtx"] for case in answers if "b" in case["nvidia"])
    assert built["trtx"] >= 927
    assert built["prepared"] >= 1200
    page = table.PAGE.read_text(encoding="utf-8")
    assert all(f"| {number} |" in page for package, number in built.items() if package != "reference")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (np.float32([1, 2]), ""),
        (np.float32([1, 2.1]), "1 of 2 values differ, by up to 0.1"),
        (np.float64([1, 2]), "type float64"),
        (np.float32([[1, 2]]), "shape"),
    ],
)
def test_results_are_compared(given: Any, wrong: str) -> None:
    found = cases.difference(np.float32([1, 2]), given, 1e-3, 1e-6)
    assert found.startswith(wrong) if wrong else found == ""
