"""``trtx run`` on the fake library: real values, in and out of files, compared, and what is wrong said in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.process import run_python
from trtx._bench.compare import Difference, compare

SETUP = "from tests.helpers.bench_program import *\n"


def on_fake(code: str, **environment: str) -> str:
    return run_python(SETUP + code, environment={"TRTX_LIBRARY": "fake", **environment}).stdout


def test_inputs_of_every_kind_of_file() -> None:
    on_fake(
        """
a = np.arange(8, dtype=np.float32).reshape(2, 4)
b = np.float32(10) * a
np.savez(here / "in.npz", a=a, b=b)
np.save(here / "a.npy", a)
b.tofile(here / "b.bin")
(here / "folder").mkdir()
for name, array in (("a", a), ("b", b)):
    np.save(here / "folder" / f"{name}.npy", array)
ways = (
    ["-i", here / "in.npz"],
    ["-i", here / "folder"],
    ["-i", f"a={here / 'a.npy'}", "-i", f"b={here / 'b.bin'}"],  # the size of the file tells how many rows there are
    ["-i", f"a={here / 'in.npz'}", "-i", f"b={here / 'b.bin'}", "--shapes", "b:2x4"],
)
for number, way in enumerate(ways):
    for target in (f"out{number}.npz", f"out{number}.npy", f"out{number}/"):
        told = answer("run", engine(), *way, "-o", str(here) + "/" + target)
        path = here / target
        found = np.load(path / "y.npy") if path.is_dir() else np.load(path)
        found = found["y"] if target.endswith("npz") else found
        np.testing.assert_array_equal(found, a + b)
        assert found.dtype == np.float32
    assert told["fake"] is True and told["inputs"]["a"] == {"dtype": "float32", "shape": [2, 4], "random": False}
    assert told["outputs"]["y"] == {
        "dtype": "float32", "shape": [2, 4], "min": 0.0, "mean": 38.5, "max": 77.0, "not_finite": 0
    }
"""
    )


def test_random_inputs_have_a_seed_and_suit_their_types() -> None:
    on_fake(
        """
def inputs(path, *more):
    done = cli("run", path, "--save-inputs", here / "in.npz", "-o", here / "out.npz", *more)
    assert done.code == 0, done
    assert "random values" in done.err and "fake library" in done.err, done
    return dict(np.load(here / "in.npz")), dict(np.load(here / "out.npz"))

first, out = inputs(engine())
assert first["a"].shape == (2, 4)  # the usual shape of the profile
np.testing.assert_array_equal(out["y"], first["a"] + first["b"])
assert 0 <= first["a"].min() < first["a"].max() < 1 and (first["a"] != first["b"]).any()
again, _ = inputs(engine())
other, _ = inputs(engine(), "--seed", 7)
np.testing.assert_array_equal(first["a"], again["a"])
assert (first["a"] != other["a"]).any()
wide, _ = inputs(engine(), "--shapes", "a:8x4,b:8x4")
assert wide["a"].shape == (8, 4)
wide, _ = inputs(engine(), "--run-shapes", "a:3x4", "--run-shapes", "b:3x4")
assert wide["b"].shape == (3, 4)

ranges = {"INT32": (0, 1), "INT64": (0, 1), "INT8": (-128, 127), "UINT8": (0, 255), "HALF": (0, 1), "BOOL": (0, 1)}
for name, (low, high) in ranges.items():
    given, found = inputs(typed_plan(getattr(trtx.DataType, name)))
    assert low <= given["x"].min() < given["x"].max() <= high, (name, given)
    np.testing.assert_array_equal(given["x"], found["y"])
    if name in ("INT8", "UINT8"):
        assert given["x"].max() > high - 30 and given["x"].min() < low + 30
np.save(here / "a.npy", np.ones((2, 4), np.float32))
done = cli("run", engine(), "-i", f"a={here / 'a.npy'}", "--random", "-o", here / "o.npz")
assert done.code == 0 and "random values, of seed 0, for b" in done.err, done
y = np.load(here / "o.npz")["y"]
assert 1 <= y.min() < y.max() < 2
"""
    )


def test_comparison() -> None:
    on_fake(
        """
a = np.arange(8, dtype=np.float32).reshape(2, 4)
np.savez(here / "in.npz", a=a, b=a)
right, wrong = 2 * a, 2 * a
wrong = wrong.copy()
wrong[1, 2] += 0.5
np.savez(here / "right.npz", y=right)
np.save(here / "right.npy", right)
np.savez(here / "wrong.npz", y=wrong)
np.savez(here / "shape.npz", y=right[:1])
np.savez(here / "wide.npz", y=right.astype(np.float64))
run = "run", engine(), "-i", here / "in.npz"
for name in ("right.npz", "right.npy", "wide.npz"):
    (one,) = answer(*run, "--compare", here / name)["comparisons"]
    assert one["agrees"] and one["outputs"]["y"]["differing"] == 0 and one["outputs"]["y"]["elements"] == 8, one
told = answer(*run, "--compare", here / "wrong.npz", "-o", here / "kept.npz", code=1)
y = told["comparisons"][0]["outputs"]["y"]
assert y["differing"] == 1 and y["worst"] == [1, 2] and y["max_abs"] == 0.5 and y["mean_abs"] == 0.0625, y
assert y["got"] == 12.0 and y["expected"] == 12.5 and abs(y["max_rel"] - 0.5 / 12.5) < 1e-9, y
np.testing.assert_array_equal(np.load(here / "kept.npz")["y"], right)
done = cli(*run, "--compare", here / "wrong.npz")
assert done.code == 1 and "DIFFERS" in done.out and "1 of 8" in done.out and "y[1, 2] is 12, expected 12.5" in done.out
assert cli(*run, "--compare", here / "wrong.npz", "--atol", 0.6).code == 0
assert cli(*run, "--compare", here / "wrong.npz", "--rtol", 0.05).code == 0
done = cli(*run, "--compare", here / "shape.npz")
assert done.code == 1 and "its shape is (2, 4), expected is (1, 4)" in done.out, done
"""
    )


def test_types_that_files_cannot_name() -> None:
    pytest.importorskip("ml_dtypes")
    on_fake(
        """
import ml_dtypes
x = np.arange(128).reshape(2, 64).astype(ml_dtypes.bfloat16)
np.save(here / "x.npy", x)
path = typed_plan(trtx.DataType.BF16)
for target in ("y.npz", "y.npy"):
    assert cli("run", path, "-i", here / "x.npy", "-o", here / target).code == 0
assert np.load(here / "y.npy").view(ml_dtypes.bfloat16).tolist() == x.tolist()
for name in ("y.npz", "y.npy", "x.npy"):
    (one,) = answer("run", path, "-i", here / "x.npy", "--compare", here / name)["comparisons"]
    assert one["agrees"], one
"""
    )


def test_wrong_inputs_are_one_line() -> None:
    on_fake(
        """
ok = np.ones((2, 4), np.float32)
def save(name, **arrays):
    np.savez(here / name, **arrays)
    return here / name
def give(*more):
    return "run", engine(), *[word for one in more for word in ("-i", one)]

failed(2, ["'bb'", "did you mean 'b'", "'a', 'b'"], *give(save("name.npz", a=ok, bb=ok)))
failed(2, ["'b'", "--input b=FILE", "--random"], *give(save("one.npz", a=ok)))
failed(2, ["float64", "FLOAT", "--cast"], *give(save("type.npz", a=ok, b=ok.astype(np.float64))))
failed(2, ["(9, 4)", "(1, 4) to (8, 4)"], *give(save("rows.npz", a=np.ones((9, 4), np.float32), b=ok)))
failed(2, ["(4,)", "(-1, 4)"], *give(save("rank.npz", a=np.ones(4, np.float32), b=ok)))
failed(2, ["--shapes says (3, 4)", "(2, 4)"], *give(save("ok.npz", a=ok, b=ok)), "--run-shapes", "a:3x4")
failed(2, ["nowhere.npz", "No such file"], *give(here / "nowhere.npz"))
failed(2, ["nowhere.npy", "No such file"], *give(f"a={here / 'nowhere.npy'}"))
(here / "cut.npz").write_bytes((here / "ok.npz").read_bytes()[:100])
failed(2, ["cut.npz", "cannot be read as .npz"], *give(here / "cut.npz"))
np.save(here / "a.npy", ok)
(here / "cut.npy").write_bytes((here / "a.npy").read_bytes()[:-4])
(here / "long.npy").write_bytes((here / "a.npy").read_bytes() + b"x")
failed(2, ["cut.npy", "cannot be read as .npy"], *give(f"a={here / 'cut.npy'}"))
failed(2, ["long.npy", "more bytes"], *give(f"a={here / 'long.npy'}"))
np.save(here / "object.npy", np.array([{}], dtype=object), allow_pickle=True)
failed(2, ["object.npy", "pickle"], *give(f"a={here / 'object.npy'}"))
(here / "b.bin").write_bytes(b"x" * 30)
failed(2, ["30 bytes", "does not tell it", "--shapes b:"], *give(f"a={here / 'a.npy'}", f"b={here / 'b.bin'}"))
raw = give(f"a={here / 'a.npy'}", f"b={here / 'b.bin'}")
failed(2, ["30 bytes", "takes 32", "(2, 4)"], *raw, "--run-shapes", "b:2x4")
failed(2, ["says no name", "2 inputs", "'a', 'b'"], *give(here / "a.npy"))
failed(2, ["'a' twice"], *give(here / "ok.npz", f"a={here / 'a.npy'}"))
failed(2, ["'z'", "'a', 'b'"], "run", engine(), "--run-shapes", "z:1x4")
failed(2, ["(20, 4)", "(1, 4) to (8, 4)"], "run", engine(), "--shapes", "a:20x4")
failed(2, ["is an engine", "--run-shapes"], "run", engine(), "--min", "a:1x4", "--opt", "a:2x4")
failed(2, ["is an engine"], "run", engine(), "-O", 3)
told = answer("run", engine(), "-i", here / "type.npz", "--cast")
assert told["outputs"]["y"]["max"] == 2.0
"""
    )


def test_nothing_is_written_when_something_is_wrong() -> None:
    on_fake(
        """
ok = np.ones((2, 4), np.float32)
np.savez(here / "in.npz", a=ok, b=ok)
np.savez(here / "names.npz", z=ok)
run = "run", engine(), "-i", here / "in.npz"
before = set(here.rglob("*"))
failed(2, ["names.npz", "'z'", "lacks 'y'"], *run, "--compare", here / "names.npz", "-o", here / "out.npz")
failed(2, ["gone.npz", "No such file"], *run, "--compare", here / "gone.npz", "-o", here / "out.npz")
failed(2, ["out.txt", ".npz, .npy, and a folder"], *run, "-o", here / "out.txt")
failed(2, ["no/such", "No such file"], *run, "-o", here / "no/such/out.npz")
failed(2, ["one array", "2"], *run, "--save-inputs", here / "in.npy")
failed(2, ["--against onnxruntime"], *run, "--onnx", engine())
failed(2, ["nowhere.engine", "not there"], "run", here / "nowhere.engine")
done = cli(*run, "--sed", 3)
assert done.code == 2 and "--sed" in done.err and "--seed" in done.err and done.err.count("\\n") == 1, done
(here / "junk.engine").write_bytes(b"TRTXFAKE" + bytes(100))
before.add(here / "junk.engine")
failed(1, [], "run", here / "junk.engine", "-o", here / "out.npz")
assert set(here.rglob("*")) == before, set(here.rglob("*")) ^ before
"""
    )


def test_interrupted_is_130_and_writes_nothing() -> None:
    on_fake(
        """
def interrupt(*arguments, **more):
    raise KeyboardInterrupt
trtx.Session.run, usual = interrupt, trtx.Session.run
before = set(here.iterdir()) | {engine()}
done = cli("run", engine(), "-o", here / "out.npz")
assert done.code == 130 and done.err == "trtx run: interrupted\\n" and not done.out, done
assert set(here.iterdir()) == before
"""
    )


def test_no_gpu_is_a_code_of_its_own(native_library: str, tmp_path: Path) -> None:
    from trtx import cuda

    if cuda.driver_problem() is None:
        pytest.skip("a machine without a GPU")
    (tmp_path / "x.engine").write_bytes(b"vtrt" + bytes(100))
    code = f"from trtx._cli.main import main\nprint(main(['run', {str(tmp_path / 'x.engine')!r}]))"
    done = run_python(code, environment={"TRTX_LIBRARY": None})
    assert done.stdout == "3\n"
    assert done.stderr.startswith("trtx run: ")
    assert "CUDA" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_model_of_onnx_is_refused_before_it_is_built(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    on_fake(
        """
from tests.helpers.session_program import onnx_model
path = here / "m.onnx"
path.write_bytes(onnx_model())
failed(2, ["'x'", "open", "--shapes x:1x4", "--min"], "run", path)
failed(2, ["'xx'", "did you mean 'x'"], "run", path, "--shapes", "xx:1x4")
np.savez(here / "z.npz", z=np.ones((1, 4), np.float32))
failed(2, ["'z'", "'x'"], "run", path, "-i", here / "z.npz")
"""
    )


def test_against_onnxruntime(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    on_fake(
        """
from onnx import TensorProto, helper
rows = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in "aby"]
for operator in ("Add", "Sub"):
    node = helper.make_node(operator, ["a", "b"], ["y"])
    graph = helper.make_graph([node], "graph", rows[:2], rows[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (here / f"{operator}.onnx").write_bytes(model.SerializeToString())
run = "run", engine(), "--against", "onnxruntime"
(one,) = answer(*run, "--onnx", here / "Add.onnx")["comparisons"]
assert one["with"] == "ONNX Runtime" and one["outputs"]["y"]["max_abs"] == 0.0, one
(one,) = answer(*run, "--onnx", here / "Sub.onnx", code=1)["comparisons"]
assert one["outputs"]["y"]["differing"] == 8, one
failed(2, ["is an engine", "--onnx"], *run)
"""
    )


def test_onnxruntime_that_is_missing_is_said() -> None:
    on_fake(
        """
import sys
sys.modules["onnxruntime"] = None
failed(3, ["onnxruntime", "pip install"], "run", engine(), "--against", "onnxruntime", "--onnx", engine())
"""
    )


# Comparing


def difference(got: object, wanted: object, rtol: float = 0.0, atol: float = 0.0) -> Difference:
    (found,) = compare({"y": np.asarray(got)}, {"y": np.asarray(wanted)}, rtol, atol, "it")
    return found


def test_tolerances_are_those_of_numpy() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        wanted = random.standard_normal((5, 7))
        got = wanted + random.standard_normal((5, 7)) * 10.0 ** -random.integers(1, 6)
        rtol, atol = 10.0 ** -random.integers(1, 6), 10.0 ** -random.integers(1, 6)
        found = difference(got, wanted, rtol, atol)
        close = np.isclose(got, wanted, rtol, atol)
        assert found.differing == (~close).sum()
        assert found.agrees == close.all()
        assert found.max_abs == np.abs(got - wanted).max()
        assert found.mean_abs == pytest.approx(np.abs(got - wanted).mean())
        assert found.max_rel == pytest.approx((np.abs(got - wanted) / np.abs(wanted)).max())


def test_values_that_are_no_numbers() -> None:
    nan, inf = float("nan"), float("inf")
    assert difference([1.0, nan, inf], [1.0, nan, inf]).agrees
    for got, wanted in (([nan], [1.0]), ([1.0], [nan]), ([inf], [-inf]), ([inf], [1.0]), ([1.0], [inf])):
        found = difference(got, wanted, 1.0, 1.0)
        assert not found.agrees
        assert (found.differing, found.non_finite) == (1, 1)
        assert all(
            value is None or np.isfinite(value) for value in (found.as_dict()["got"], found.as_dict()["expected"])
        )


def test_whole_numbers_are_exact() -> None:
    assert not difference([2**60 + 1], [2**60]).agrees
    assert difference([2**60 + 1], [2**60 + 1]).agrees
    assert difference(np.array([250], np.uint8), np.array([5], np.uint8)).max_abs == 245
    assert difference(np.array([True, False]), np.array([True, True])).differing == 1
    assert difference(np.zeros((0, 3)), np.zeros((0, 3))).agrees
    assert difference(np.float32(1), np.float32(2)).worst == ()
    assert "complex" in difference([1.0], [1 + 2j]).problem


def test_ranges_of_random_values() -> None:
    on_fake(
        """
def x(path, *more):
    assert cli("run", path, "--save-inputs", here / "in.npz", *more).code == 0
    return dict(np.load(here / "in.npz"))

given = x(engine(), "--range", "5,6", "--range", "b:-3,-2")
assert 5 <= given["a"].min() < given["a"].max() <= 6 and -3 <= given["b"].min() < given["b"].max() <= -2
ids = x(typed_plan(trtx.DataType.INT64), "--range", "x:0,3")["x"]
assert set(ids.ravel()) == {0, 1, 2, 3}
failed(2, ["uint8", "0 to 255"], "run", typed_plan(trtx.DataType.UINT8), "--range", "0,300")
failed(2, ["'c'", "'a', 'b'"], "run", engine(), "--range", "c:0,1")
failed(2, ["LOW,HIGH"], "run", engine(), "--range", "0")
failed(2, ["smaller"], "run", engine(), "--range", "1,0")
"""
    )
