"""`Session` on a GPU: results, graphs, arrays of other libraries, streams, threads, the cache."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import build

ROWS = ((1, 256), (8, 256), (64, 256))


def affine(network: trtx.NetworkDefinition, dtype: trtx.DataType = trtx.DataType.FLOAT) -> None:
    """``y = relu(a + b)``, and its sum over the rows."""
    left, right = (network.add_input(name, dtype, (-1, 256)) for name in "ab")
    total = network.add_elementwise(left, right, trtx.ElementWiseOperation.SUM).get_output(0)
    relu = network.add_activation(total, trtx.ActivationType.RELU).get_output(0)
    relu.name = "y"
    network.mark_output(relu)


def plan(logger: trtx.Logger, dtype: trtx.DataType = trtx.DataType.FLOAT, rows: int = 64) -> trtx.HostMemory:
    ranges = (*ROWS[:2], (rows, 256))
    return build(logger, lambda network: affine(network, dtype), {"a": ranges, "b": ranges})


@pytest.fixture
def session(gpu: None, logger: trtx.Logger) -> Iterator[trtx.Session]:
    with trtx.Session(plan(logger), logger=logger) as session:
        yield session


def arrays(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    a, b = (generator.standard_normal((rows, 256)).astype(np.float32) for _ in range(2))
    return a, b, np.maximum(a + b, 0)


def test_numpy_with_graphs_of_several_shapes(session: trtx.Session) -> None:
    assert session.graph_state.startswith("waiting")
    for turn in range(5):
        for rows in (1, 64, 7):
            a, b, expected = arrays(rows, turn)
            np.testing.assert_array_equal(session(a, b), expected)
    assert session.graph_state == "captured"


def test_large_outputs_are_copied_small_ones_written(gpu: None, logger: trtx.Logger) -> None:
    shape = (64, 1 << 12)

    def define(network: trtx.NetworkDefinition) -> None:
        x = network.add_input("x", trtx.DataType.FLOAT, shape)
        large = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
        small = network.add_reduce(large, trtx.ReduceOperation.MAX, 0b10, False).get_output(0)
        for name, tensor in (("large", large), ("small", small)):
            tensor.name = name
            network.mark_output(tensor)

    with trtx.Session(build(logger, define), logger=logger) as session:
        for seed in range(4):
            x = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
            result = session.run({"x": x})
            np.testing.assert_array_equal(result["large"], np.maximum(x, 0))
            np.testing.assert_array_equal(result["small"], np.maximum(x, 0).max(1))
        assert session.graph_state == "captured"


def test_torch(session: trtx.Session) -> None:
    torch = pytest.importorskip("torch")
    stream = torch.cuda.Stream()
    for turn in range(6):
        a, b, expected = arrays(8, turn)
        with torch.cuda.stream(stream):
            left, right = torch.from_numpy(a).cuda() * 2 / 2, torch.from_numpy(b).cuda()
            result = session.run({"a": left, "b": right}, output="device")["y"]
            assert isinstance(result, torch.Tensor)
            assert result.is_cuda
            doubled = result * 2  # in the order of torch's stream, without a wait
            np.testing.assert_array_equal(doubled.cpu().numpy(), expected * 2)
            np.testing.assert_array_equal(session(left, right), expected)
            np.testing.assert_array_equal(session(torch.from_numpy(a), right), expected)
            out = torch.empty_like(left)
            assert session.run({"a": left, "b": right}, out={"y": out})["y"] is out
            np.testing.assert_array_equal(out.cpu().numpy(), expected)
    with pytest.raises(trtx.InvalidArgumentError, match="contiguous"):
        session(left.T.contiguous().T, right)
    with pytest.raises(trtx.InvalidArgumentError, match="float16"):
        session(left.half(), right)


def test_arrays_of_the_host_are_read_when_a_run_returns(gpu: None, logger: trtx.Logger) -> None:
    torch = pytest.importorskip("torch")
    rows = 4096  # four MiB an input, which the driver copies from where the user has it
    stream = torch.cuda.Stream()
    with trtx.Session(plan(logger, trtx.DataType.FLOAT, rows), logger=logger) as session:
        for pinned in (False, True):
            a, b = torch.empty(rows, 256, pin_memory=pinned), torch.ones(rows, 256, pin_memory=pinned)
            for turn in range(6):
                a.fill_(turn)
                result = session.run({"a": a, "b": b}, output="device", stream=stream)["y"]
                a.fill_(-100)
                stream.synchronize()
                assert torch.equal(result.cpu(), torch.full((rows, 256), turn + 1.0)), (pinned, turn)
            strided = torch.arange(256.0).expand(rows, 256)
            assert torch.equal(torch.from_numpy(session(strided, b)), strided + 1)
        assert session.graph_state == "captured"


def test_copies_when_asked(session: trtx.Session) -> None:
    torch = pytest.importorskip("torch")
    cupy = pytest.importorskip("cupy")
    a, b, expected = arrays(8)
    strided, right = torch.from_numpy(a).cuda().T.contiguous().T, torch.from_numpy(b).cuda()
    for _ in range(3):
        np.testing.assert_array_equal(session.run({"a": strided, "b": right}, copy=True)["y"], expected)
        fortran = cupy.asfortranarray(cupy.asarray(a))
        np.testing.assert_array_equal(session.run({"a": fortran, "b": b}, copy=True)["y"], expected)
    if torch.cuda.device_count() > 1:
        far = torch.from_numpy(a).to("cuda:1")
        with pytest.raises(trtx.InvalidArgumentError, match="copy=True"):
            session(far, right)
        with cupy.cuda.Device(1):
            far_too = cupy.asarray(b)
        for _ in range(3):
            np.testing.assert_array_equal(session.run({"a": far, "b": far_too}, copy=True)["y"], expected)


def test_the_stream_of_the_run_before_may_be_gone(session: trtx.Session) -> None:
    torch = pytest.importorskip("torch")
    driver = pytest.importorskip("cuda.bindings.driver")
    a, b, expected = arrays(8)
    left, right = torch.from_numpy(a).cuda(), torch.from_numpy(b).cuda()
    for _ in range(20):
        status, stream = driver.cuStreamCreate(1)
        assert not int(status)
        result = session.run({"a": left, "b": right}, output="device", stream=int(stream))["y"]
        assert not int(driver.cuStreamSynchronize(stream)[0])
        assert not int(driver.cuStreamDestroy(stream)[0])
        np.testing.assert_array_equal(result.cpu().numpy(), expected)
        np.testing.assert_array_equal(session(a, b), expected)


def test_same_addresses_are_captured(session: trtx.Session) -> None:
    torch = pytest.importorskip("torch")
    a, b, expected = arrays(8)
    left, right, out = torch.from_numpy(a).cuda(), torch.from_numpy(b).cuda(), torch.empty(8, 256, device="cuda")
    for _ in range(4):
        out.zero_()
        session.run({"a": left, "b": right}, out={"y": out})
        np.testing.assert_array_equal(out.cpu().numpy(), expected)
    assert session.graph_state == "captured"
    left += 1
    session.run({"a": left, "b": right}, out={"y": out})
    np.testing.assert_array_equal(out.cpu().numpy(), np.maximum(a + 1 + b, 0))


def test_a_stream_that_is_capturing_is_refused(session: trtx.Session) -> None:
    torch = pytest.importorskip("torch")
    a, b, expected = arrays(8)
    left, right = torch.from_numpy(a).cuda(), torch.from_numpy(b).cuda()
    for warm in (False, True):
        with torch.cuda.graph(torch.cuda.CUDAGraph()):
            doubled = left * 2
            with pytest.raises(trtx.UnsupportedError, match="capturing"):
                session.run({"a": left, "b": right}, output="device")
        del doubled
        for _ in range(3):
            np.testing.assert_array_equal(session(left, right), expected, err_msg=f"warm: {warm}")


def test_tensors_that_are_changed_in_place_are_looked_at_again(session: trtx.Session) -> None:
    torch = pytest.importorskip("torch")
    a, b, expected = arrays(8)
    left, right, out = torch.from_numpy(a).cuda(), torch.from_numpy(b).cuda(), torch.empty(8, 256, device="cuda")

    def run() -> Any:
        session.run({"a": left, "b": right}, out={"y": out})
        return out.cpu().numpy()

    for _ in range(3):
        np.testing.assert_array_equal(run(), expected)
    left.data = left + 1  # elsewhere
    np.testing.assert_array_equal(run(), np.maximum(a + 1 + b, 0))
    left.as_strided_((8, 256), (1, 8))
    with pytest.raises(trtx.InvalidArgumentError, match="contiguous"):
        run()
    left.data = torch.from_numpy(a).cuda()[:, :255].contiguous()
    with pytest.raises(trtx.InvalidArgumentError, match="of shape"):
        run()
    left.data = torch.from_numpy(a).cuda().half()
    with pytest.raises(trtx.InvalidArgumentError, match="float16"):
        run()
    left.data = torch.from_numpy(a).cuda()
    out.data = torch.zeros(8, 256, device="cuda")
    np.testing.assert_array_equal(run(), expected)


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_torch_types(gpu: None, logger: trtx.Logger, name: str) -> None:
    torch = pytest.importorskip("torch")
    dtype = {"bfloat16": trtx.DataType.BF16, "float16": trtx.DataType.HALF}[name]
    kind = getattr(torch, name)
    with trtx.Session(plan(logger, dtype), logger=logger) as session:
        left, right = torch.randn(4, 256).to(kind), torch.randn(4, 256).to(kind)
        expected = torch.relu(left + right)
        for _ in range(3):
            result = session.run({"a": left.cuda(), "b": right}, output="device")["y"]
            assert result.dtype is kind
            assert torch.equal(result.cpu(), expected)


def test_cupy_and_dlpack(session: trtx.Session) -> None:
    cupy = pytest.importorskip("cupy")
    for turn in range(4):
        a, b, expected = arrays(5, turn)
        with cupy.cuda.Stream(non_blocking=True):
            left, right = cupy.asarray(a), cupy.asarray(b)
            np.testing.assert_array_equal(session(left, right), expected)
            np.testing.assert_array_equal(session(left, b), expected)
            result = session.run({"a": left, "b": right}, output="device")["y"]
            np.testing.assert_array_equal(cupy.from_dlpack(result).get(), expected)
    with pytest.raises(trtx.InvalidArgumentError, match="float64"):
        session(cupy.asarray(a, dtype="d"), right)


def test_the_stream_of_the_caller(session: trtx.Session) -> None:
    torch = pytest.importorskip("torch")
    stream = torch.cuda.Stream()
    a, b, _ = arrays(8)
    left, right, out = (torch.zeros(8, 256, device="cuda") for _ in range(3))
    torch.cuda.synchronize()
    for turn in range(20):
        with torch.cuda.stream(stream):
            torch.cuda._sleep(1_000_000)  # what is written late must be read all the same
            left.copy_(torch.from_numpy(a + turn), non_blocking=True)
            right.copy_(torch.from_numpy(b), non_blocking=True)
        session.run({"a": left, "b": right}, out={"y": out}, stream=stream)
        with torch.cuda.stream(stream):
            found = out.clone()
        stream.synchronize()
        np.testing.assert_allclose(found.cpu().numpy(), np.maximum(a + turn + b, 0), rtol=1e-6)


def test_threads_share_contexts(gpu: None, logger: trtx.Logger) -> None:
    wrong: list[int] = []
    with trtx.Session(plan(logger), contexts=4, logger=logger) as session:

        def work(seed: int) -> None:
            for turn in range(300):
                rows = (seed * 7 + turn) % 9 + 1
                a, b, expected = arrays(rows, seed)
                if not np.array_equal(session(a, b), expected):
                    wrong.append(turn)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        a, b, expected = arrays(3)
        for future in [session.submit({"a": a, "b": b}) for _ in range(20)]:
            np.testing.assert_array_equal(future.result()["y"], expected)
        result = asyncio.run(session.arun({"a": a, "b": b}))
        np.testing.assert_array_equal(result["y"], expected)
        with trtx.Batcher(session, max_batch=16) as batcher:
            futures = [
                (arrays(1, i)[2], batcher.submit(dict(zip("ab", arrays(1, i), strict=False)))) for i in range(64)
            ]
            for expected, future in futures:
                np.testing.assert_array_equal(future.result()["y"], expected)
    assert wrong == []


def test_bound_arrays_and_graphs_of_the_user(session: trtx.Session, stream: Any) -> None:
    torch = pytest.importorskip("torch")
    a, b, expected = arrays(8)
    left, right, out = torch.from_numpy(a).cuda(), torch.from_numpy(b).cuda(), torch.zeros(8, 256, device="cuda")
    torch.cuda.synchronize()
    with session.bind({"a": left, "b": right}, out={"y": out}) as binding:
        for _ in range(3):
            out.zero_()
            torch.cuda.synchronize()
            binding.run()
            np.testing.assert_array_equal(out.cpu().numpy(), expected)
        out.zero_()
        torch.cuda.synchronize()
        binding.launch(stream)
        stream.sync()
        np.testing.assert_array_equal(out.cpu().numpy(), expected)
        builder = stream.create_graph_builder()
        builder.begin_building()
        binding.launch(builder.stream)
        graph = builder.end_building().complete()
        out.zero_()
        torch.cuda.synchronize()
        graph.launch(stream)
        stream.sync()
        np.testing.assert_array_equal(out.cpu().numpy(), expected)
    with session.bind({"a": a, "b": b}) as binding:
        a[:] = 1
        b[:] = 2
        assert (binding.run()["y"] == 3).all()


def test_memory_is_flat(session: trtx.Session) -> None:
    torch = pytest.importorskip("torch")
    inputs = [arrays(rows) for rows in (1, 8, 64)]

    def runs(count: int) -> None:
        for _ in range(count):
            for a, b, expected in inputs:
                assert np.array_equal(session(a, b), expected)

    runs(20)
    before, _ = torch.cuda.mem_get_info()
    memory = session.memory
    runs(500)
    assert torch.cuda.mem_get_info()[0] >= before - (1 << 20)
    assert session.memory == memory


def convolutions(network: trtx.NetworkDefinition, size: int) -> None:
    """Three convolutions of ones, which keep what they compute in scratch memory: ``y = x * 9 ** 3`` inside."""
    tensor = network.add_input("x", trtx.DataType.FLOAT, (1, 1, size, size))
    for _ in range(3):
        kernel = np.ones((1, 1, 3, 3), np.float32)
        tensor = network.add_convolution_nd(tensor, 1, (3, 3), kernel).get_output(0)
        tensor = network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0)
    tensor.name = "y"
    network.mark_output(tensor)


def test_sessions_share_scratch_memory(gpu: None, logger: trtx.Logger) -> None:
    scratch = trtx.SharedScratch()
    sizes = (64, 256, 1024)
    sessions = {
        size: trtx.Session(build(logger, lambda network: convolutions(network, size)), scratch=scratch, logger=logger)  # noqa: B023
        for size in sizes
    }
    assert scratch.nbytes == max(session.engine.device_memory_size_v2 for session in sessions.values())
    wrong: list[tuple[int, int]] = []

    def work(seed: int) -> None:
        for turn in range(100):
            size = sizes[(seed + turn) % len(sizes)]
            value = float(seed + 1)
            y = sessions[size](np.full((1, 1, size, size), value, np.float32))
            if not np.allclose(y, value * 9**3):
                wrong.append((seed, turn))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    for session in sessions.values():
        assert session.graph_state == "captured"
        assert session.memory["scratch"] == 0
        session.close()
    assert scratch.nbytes == 0


def test_a_model_is_built_once_and_its_kernels_are_kept(gpu: None, tmp_path: Path) -> None:
    pytest.importorskip("filelock")
    onnx = pytest.importorskip("onnx")
    import os

    model = os.path.join(os.path.dirname(onnx.__file__), "backend/test/data/light/light_squeezenet.onnx")
    program = f"""
    import time, numpy as np, trtx
    start = time.perf_counter()
    with trtx.Session({model!r}, cache={str(tmp_path)!r}) as session:
        x = np.ones(session.inputs[0].shape, np.float32)
        y = session(x)
        print(time.perf_counter() - start, float(y.sum()))
    """
    outputs = [
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert outputs[0][1] == outputs[1][1]
    assert float(outputs[1][0]) < float(outputs[0][0])
    [entry] = trtx.SessionCache(tmp_path).entries()
    assert entry.engine_bytes > 10_000
    assert entry.kernel_bytes > 10_000
    assert entry.model == "light_squeezenet.onnx"


def test_two_devices(logger: trtx.Logger) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.device_count() < 2:
        pytest.skip("a second GPU is missing")
    memory = plan(logger)
    a, b, expected = arrays(8)
    with (
        trtx.Session(memory, device=0, logger=logger) as first,
        trtx.Session(memory, device=1, logger=logger) as second,
    ):
        for _ in range(4):
            for number, session in enumerate((first, second)):
                np.testing.assert_array_equal(session(a, b), expected)
                left, right = (torch.from_numpy(one).to(f"cuda:{number}") for one in (a, b))
                result = session.run({"a": left, "b": right}, output="device")["y"]
                assert result.device.index == number
                np.testing.assert_array_equal(result.cpu().numpy(), expected)
        with pytest.raises(trtx.InvalidArgumentError, match="GPU 1"):
            first(left, right)


def test_inputs_that_decide_shapes(gpu: None, logger: trtx.Logger) -> None:
    builder = trtx.Builder(logger)
    network, config = builder.create_network(), builder.create_config()
    x = network.add_input("x", trtx.DataType.FLOAT, (-1,))
    sizes = network.add_input("sizes", trtx.DataType.INT64, (2,))
    shuffle = network.add_shuffle(x)
    shuffle.set_input(1, sizes)
    y = network.add_activation(shuffle.get_output(0), trtx.ActivationType.RELU).get_output(0)
    y.name = "y"
    network.mark_output(y)
    profile = builder.create_optimization_profile()
    profile.set_shape("x", (1,), (12,), (64,))
    profile.set_shape_input("sizes", (1, 1), (3, 4), (64, 64))
    config.add_optimization_profile(profile)
    with trtx.Session(builder.build_serialized_network(network, config), logger=logger) as session:
        values = np.arange(12, dtype=np.float32)
        for shape in ((3, 4), (3, 4), (3, 4), (2, 6), (12, 1), (2, 6), (4, 3), (3, 4)):
            result = session.run({"x": values, "sizes": np.array(shape, np.int64)})["y"]
            np.testing.assert_array_equal(result, values.reshape(shape))
