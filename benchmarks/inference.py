"""What a run costs in Python, against what else users could take: ``make benchmark-gpu``.

    python benchmarks/inference.py [OUT.json] [--batches] [--only batches]

All ways run the same models on the same GPU in one process, in turns; medians are printed, and ratios of `trtx.Session`
to each of them. (The C++ twin runs in a process of its own, right after them.) A GPU, onnx and onnxruntime are needed;
ONNX Runtime's TensorRT-RTX provider is found by ``TRTX_ORT_PROVIDER`` or in its package. ``--batches`` adds a sweep
over batch sizes, which ``plot.py`` draws.
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from cases import nvidia

import trtx
from trtx import cuda

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"
MODELS = ("squeezenet", "resnet50", "densenet121")
Run = Callable[[], Any]


@functools.cache
def light(name: str) -> bytes:
    """One of the light models of the package onnx, with weights that are stored in it, as those of real models are.

    The originals compute their weights, one value for each, by ConstantOfShape. TensorRT-RTX then folds no batch
    normalization into a convolution, while ONNX Runtime computes them beforehand; and no difference between outputs
    would show.
    """
    from onnx import numpy_helper

    proto = onnx.load(LIGHT / f"light_{name}.onnx")
    graph, generator = proto.graph, np.random.default_rng(0)
    users = {one: (node.op_type, slot) for node in graph.node for slot, one in enumerate(node.input)}
    shapes = {one.name: one for one in graph.initializer if users.get(one.name, ("",))[0] == "ConstantOfShape"}
    for node in [node for node in graph.node if node.op_type == "ConstantOfShape"]:
        values = random_weights(generator, numpy_helper.to_array(shapes[node.input[0]]), *users[node.output[0]])
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), node.output[0]))
        graph.node.remove(node)
    for shape in shapes.values():
        graph.initializer.remove(shape)
    stored = {*shapes, *(one.name for one in graph.initializer)}
    for one in [one for one in graph.input if one.name in stored]:  # from version 4 on, weights are no inputs
        graph.input.remove(one)
    proto.ir_version = 8
    return proto.SerializeToString()


def random_weights(generator: np.random.Generator, shape: Any, user: str, slot: int) -> Any:
    """Random weights for the input of an operator, of such sizes that about as much comes out of it as goes in."""
    if len(shape) == 2:  # the last layer: softmax is to give more than one class
        return generator.standard_normal(shape) / shape[1] ** 2
    if len(shape) > 2:
        return generator.standard_normal(shape) * (2 / np.prod(shape[1:])) ** 0.5
    if user == "Mul" or (user == "BatchNormalization" and slot in (1, 4)):  # scale and variance
        return generator.uniform(0.5, 1.5, shape)
    return generator.standard_normal(shape) * 0.1


def driver_call(result: tuple[Any, ...]) -> Any:
    if int(result[0]):
        raise SystemExit(f"benchmarks: {result[0]}")
    return result[1] if len(result) > 1 else None


def quiet() -> trtx.Logger:
    return trtx.Logger(trtx.Severity.ERROR)


def build(model: bytes) -> trtx.HostMemory:
    builder = trtx.Builder(quiet())
    network = builder.create_network()
    trtx.OnnxParser(network).parse(model)
    return builder.build_serialized_network(network, builder.create_config())


def small_model(count: int = 1) -> bytes:
    """1 x 1024 floats through a Relu, as often side by side as asked for."""
    from onnx import TensorProto, helper

    rows = {
        n: [helper.make_tensor_value_info(f"{n}{i}", TensorProto.FLOAT, [1, 1024]) for i in range(count)] for n in "xy"
    }
    nodes = [helper.make_node("Relu", [f"x{i}"], [f"y{i}"]) for i in range(count)]
    graph = helper.make_graph(nodes, "small", rows["x"], rows["y"])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


class Pinned:
    """Buffers of one engine as NVIDIA's samples make them: pinned memory and device memory for each tensor."""

    def __init__(self, engine: Any, is_input: Callable[[str], bool]) -> None:
        from cuda.bindings import driver

        self.driver = driver
        self.stream = cuda.Device().create_stream()
        self.handle = int(self.stream.handle)
        names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
        self.inputs, self.outputs = ([n for n in names if is_input(n) is wanted] for wanted in (True, False))
        self.host: dict[str, Any] = {}
        self.device: dict[str, int] = {}
        for name in names:
            shape = tuple(engine.get_tensor_shape(name))
            nbytes = 4 * int(np.prod(shape))
            address = int(driver_call(driver.cuMemHostAlloc(nbytes, 0)))
            memory = (ctypes.c_float * int(np.prod(shape))).from_address(address)
            self.host[name] = np.frombuffer(memory, np.float32).reshape(shape)
            self.device[name] = int(driver_call(driver.cuMemAlloc(nbytes)))

    def run(self, enqueue: Callable[[int], Any], arrays: dict[str, Any]) -> dict[str, Any]:
        driver, handle = self.driver, self.handle
        for name in self.inputs:
            np.copyto(self.host[name], arrays[name])
            driver.cuMemcpyHtoDAsync(self.device[name], self.host[name].ctypes.data, self.host[name].nbytes, handle)
        enqueue(handle)
        for name in self.outputs:
            driver.cuMemcpyDtoHAsync(self.host[name].ctypes.data, self.device[name], self.host[name].nbytes, handle)
        driver.cuStreamSynchronize(handle)
        return {name: self.host[name].copy() for name in self.outputs}


def ways(
    model: bytes, contexts: int = 1
) -> tuple[dict[str, Callable[[dict[str, Any]], dict[str, Any]]], dict[str, Any]]:
    """Functions from arrays to arrays, and arrays for them."""
    plan = build(model)
    data = bytes(plan.view())
    found: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
    session = trtx.Session(data, contexts=contexts)
    generator = np.random.default_rng(0)
    arrays = {one.name: generator.random(one.shape, np.float32) for one in session.inputs}
    found["trtx.Session"] = session.run

    engine = trtx.Runtime(quiet()).deserialize_cuda_engine(data)
    config = engine.create_runtime_config()
    config.cuda_graph_strategy = trtx.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
    context = engine.create_execution_context(config)
    by_hand = Pinned(engine, engine.input_names.__contains__)
    for name, address in by_hand.device.items():
        context.set_tensor_address(name, address)
    found["trtx by hand, library graphs"] = lambda given: by_hand.run(context.enqueue_v3, given)

    theirs = nvidia()
    runtime = theirs.Runtime(theirs.Logger(theirs.Logger.ERROR))
    their_engine = runtime.deserialize_cuda_engine(data)
    their_context = their_engine.create_execution_context()
    samples = Pinned(their_engine, lambda n: their_engine.get_tensor_mode(n) == theirs.TensorIOMode.INPUT)
    for name, address in samples.device.items():
        their_context.set_tensor_address(name, address)
    kept = (runtime, their_engine)
    found["NVIDIA's, as in its samples"] = lambda given, _=kept: samples.run(their_context.execute_async_v3, given)
    found |= with_torch(theirs, their_engine)
    found |= with_onnxruntime(model)
    return found, arrays


def with_torch(theirs: Any, engine: Any) -> dict[str, Any]:
    try:
        import torch
    except ImportError:
        return {}
    context = engine.create_execution_context()
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    outputs = [n for n in names if engine.get_tensor_mode(n) == theirs.TensorIOMode.OUTPUT]
    stream = torch.cuda.Stream()

    def run(given: dict[str, Any]) -> dict[str, Any]:
        with torch.cuda.stream(stream):
            tensors = {name: torch.from_numpy(array).cuda() for name, array in given.items()}
            for name in outputs:
                tensors[name] = torch.empty(tuple(engine.get_tensor_shape(name)), device="cuda")
            for name, tensor in tensors.items():
                context.set_tensor_address(name, tensor.data_ptr())
            context.execute_async_v3(stream.cuda_stream)
            return {name: tensors[name].cpu().numpy() for name in outputs}

    return {"NVIDIA's, with torch": run}


PROVIDER = "NvTensorRTRTXExecutionProvider"


@functools.cache
def provider_library() -> str:
    """Path of the provider's library."""
    named = os.environ.get("TRTX_ORT_PROVIDER")
    if named:
        return named
    # Asked in another process: importing the package loads its own copy of TensorRT-RTX.
    code = "import onnxruntime_ep_nv_tensorrt_rtx as package; print(package.get_library_path())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise ModuleNotFoundError(f"the provider's package, or TRTX_ORT_PROVIDER, is missing: {reason}")
    return done.stdout.strip()


def onnxruntime_session(model: bytes | str, **options: str) -> Any:
    import onnxruntime

    if not any(device.ep_name == PROVIDER for device in onnxruntime.get_ep_devices()):
        onnxruntime.register_execution_provider_library(PROVIDER, provider_library())
    chosen = onnxruntime.SessionOptions()
    chosen.log_severity_level = 4
    devices = [device for device in onnxruntime.get_ep_devices() if device.ep_name == PROVIDER]
    chosen.add_provider_for_devices(devices, options)
    return onnxruntime.InferenceSession(model, sess_options=chosen)


def with_onnxruntime(model: bytes) -> dict[str, Any]:
    try:
        session = onnxruntime_session(model)
    except ImportError as error:
        print(f"no ONNX Runtime: {type(error).__name__} {error}")
        return {}
    names = [output.name for output in session.get_outputs()]
    return {"ONNX Runtime's provider": lambda given: dict(zip(names, session.run(None, given), strict=True))}


TWIN = "C++, library graphs"


def native(folder: str) -> list[str]:
    """The command of the C++ twin, without its engine; empty where there is no compiler."""
    import trtx_sys

    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        print("no C++ twin: a compiler is missing")
        return []
    here, program = Path(__file__).parent, str(Path(folder, "run"))
    include = [f"-I{here.parent / 'csrc' / part}" for part in ("include", "src")]
    source = str(here / "cpp" / "run.cpp")
    subprocess.run([compiler, "-std=c++17", "-O2", *include, source, "-o", program, "-ldl"], check=True)
    return [program, str(Path(trtx_sys.find().path).resolve())]


def run_native(command: list[str], model: bytes, folder: str, count: int = 200) -> dict[str, float]:
    """Median microseconds of the C++ twin; the best of its rounds."""
    if not command:
        return {}
    engine = Path(folder, "twin.engine")
    engine.write_bytes(build(model).view())
    done = subprocess.run([*command, str(engine), str(count)], check=True, stdout=subprocess.PIPE, text=True)
    return {TWIN: min(map(float, done.stdout.split()))}


def in_turns(runs: dict[str, Run], rounds: int = 5, count: int = 200) -> dict[str, float]:
    """Median microseconds of each; the best of the rounds."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            for _ in range(20):
                run()
            times = []
            for _ in range(count):
                start = time.perf_counter_ns()
                run()
                times.append(time.perf_counter_ns() - start)
            best[name] = min(best[name], statistics.median(times) / 1000)
    return best


def show(title: str, times: dict[str, float], unit: str = "us") -> None:
    ours = times["trtx.Session"]
    print(f"\n{title}")
    for name, value in sorted(times.items(), key=lambda item: item[1]):
        print(f"  {name:34} {value:10.1f} {unit}   {ours / value:6.2f}")


def farthest(found: dict[str, Any], expected: dict[str, Any]) -> float:
    """Largest deviation of any output, as a share of its largest value."""
    return max(float(np.abs(found[key] - one).max() / np.abs(one).max()) for key, one in expected.items())


def latency(results: dict[str, Any], command: list[str], folder: str) -> None:
    models = {"1 x 1024 floats": small_model()}
    models |= {name: light(name) for name in MODELS}
    for name, model in models.items():
        found, arrays = ways(model)
        expected = found["trtx.Session"](arrays)
        deviation = {way: farthest(run(arrays), expected) for way, run in found.items()}
        times = in_turns({way: partial(run, arrays) for way, run in found.items()})
        times |= run_native(command, model, folder)
        show(f"{name}, numpy to numpy; the ratio is Session's time to it", times)
        print(f"  largest deviation from Session's outputs, to their largest value: {max(deviation.values()):.2e}")
        results[name] = {"median_us": times, "deviation": deviation}


def throughput(results: dict[str, Any], threads: int = 4, seconds: float = 1.5) -> None:
    for name in MODELS:
        model = light(name)
        with trtx.Session(build(model), contexts=threads) as session:
            arrays = {one.name: np.ones(one.shape, np.float32) for one in session.inputs}
            rates = {"trtx.Session": per_second(partial(session.run, arrays), threads, seconds)}
            for way, run in with_onnxruntime(model).items():
                rates[way] = per_second(partial(run, arrays), threads, seconds)
        show(f"{name}, runs a second of {threads} threads on one session; the ratio is Session's to it", rates, "/s")
        results[f"{name}, {threads} threads"] = {"per_second": rates}


def per_second(run: Run, threads: int, seconds: float) -> float:
    counts = [0] * threads
    end = time.monotonic() + seconds

    def work(index: int) -> None:
        while time.monotonic() < end:
            try:
                run()
            except Exception:  # ONNX Runtime's sessions fail now and then when threads share them
                continue
            counts[index] += 1

    for _ in range(10):
        run()
    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / seconds


def on_the_device(results: dict[str, Any]) -> None:
    """Arrays on the GPU: what Session adds to enqueue and a wait; and 20 bound tensors."""
    try:
        import torch
    except ImportError as error:
        print(f"no figures of arrays on the GPU: {error}")
        return

    data = bytes(build(small_model()).view())
    with trtx.Session(data) as session:
        engine = session.engine
        context = engine.create_execution_context()
        stream = cuda.Device().create_stream()
        x, y = torch.zeros(1, 1024, device="cuda"), torch.zeros(1, 1024, device="cuda")
        context.set_tensor_address("x0", x)
        context.set_tensor_address("y0", y)

        def by_hand() -> None:
            context.enqueue_v3(stream)
            stream.sync()

        given, out = {"x0": x}, {"y0": y}

        own = torch.cuda.Stream()

        def current(on: Any) -> None:
            session.run(given, out=out)
            on.synchronize()

        def named() -> None:
            session.run(given, out=out, stream=own)
            own.synchronize()

        runs = {
            "trtx.Session": named,
            "Session, torch's current stream": partial(current, own),
            "enqueue_v3 and a wait, by hand": by_hand,
        }
        with torch.cuda.stream(own):
            times = in_turns(runs, count=500)
        default = partial(current, torch.cuda.default_stream())
        times |= in_turns({"Session, torch's default stream": default}, count=500)
    show("1 x 1024 floats on the GPU", times)
    results["on the device"] = {"median_us": times}

    data = bytes(build(small_model(10)).view())
    theirs = nvidia()
    their_engine = theirs.Runtime(theirs.Logger(theirs.Logger.ERROR)).deserialize_cuda_engine(data)
    their_context = their_engine.create_execution_context()
    with trtx.Session(data) as session:
        inputs = {one.name: torch.zeros(one.shape, device="cuda") for one in session.inputs}
        outputs = {one.name: torch.zeros(one.shape, device="cuda") for one in session.outputs}
        handle = int(stream.handle)
        addresses = {name: tensor.data_ptr() for name, tensor in (inputs | outputs).items()}

        def bound_by_hand() -> None:
            for name, address in addresses.items():
                their_context.set_tensor_address(name, address)
            their_context.execute_async_v3(handle)
            stream.sync()

        with session.bind(inputs, out=outputs) as binding:
            runs = {"trtx.Session": binding.run, "NVIDIA's, 20 addresses and enqueue": bound_by_hand}
            times = in_turns(runs, count=500)
    show("20 tensors of 1 x 1024 floats on the GPU: bound, against addresses in each run", times)
    results["bound"] = {"median_us": times}


FIRST = {
    "trtx.Session": """
import numpy as np, trtx
session = trtx.Session({model!r}, cache={folder!r})
session.run({{one.name: np.ones(one.shape, np.float32) for one in session.inputs}})
""",
    "ONNX Runtime's provider": """
import numpy as np, onnxruntime
onnxruntime.register_execution_provider_library({provider!r}, {library!r})
options = onnxruntime.SessionOptions()
options.log_severity_level = 4
devices = [device for device in onnxruntime.get_ep_devices() if device.ep_name == {provider!r}]
options.add_provider_for_devices(devices, {{"nv_runtime_cache_path": {folder!r}}} if {warm} else {{}})
session = onnxruntime.InferenceSession({model!r}, sess_options=options)
session.run(None, {{one.name: np.ones(one.shape, np.float32) for one in session.get_inputs()}})
""",
}


def first_result(results: dict[str, Any]) -> None:
    """From the start of a process to its first result, with what an earlier process left, and without."""
    try:
        library = provider_library()
    except ImportError:
        library = ""
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        model = str(Path(scratch, "resnet50.onnx"))
        Path(model).write_bytes(light("resnet50"))
        for way, code in FIRST.items():
            if way != "trtx.Session" and not library:
                continue
            for label, turns in (("cold", 1), ("warm", 4)):
                if way == "trtx.Session" and label == "cold":
                    folder = str(Path(scratch, "trtx"))
                else:
                    folder = str(Path(scratch, "trtx" if way == "trtx.Session" else "onnxruntime"))
                    Path(folder).mkdir(exist_ok=True)
                text = code.format(model=model, folder=folder, library=library, provider=PROVIDER, warm=label == "warm")
                spent = []
                for _ in range(turns):
                    start = time.perf_counter()
                    subprocess.run([sys.executable, "-c", text], check=True, capture_output=True)
                    spent.append((time.perf_counter() - start) * 1000)
                times[way if (way, label) == ("trtx.Session", "warm") else f"{way}, {label}"] = min(spent)
    show("resnet50, a new process up to its first result", times, "ms")
    results["first result"] = {"ms": times}


BATCHES = (1, 2, 4, 8, 16, 32, 64)


def with_batch(model: bytes, batch: int) -> bytes:
    """One of the light models, whose batch is 1, for another one."""
    from onnx import numpy_helper

    proto = onnx.ModelProto.FromString(model)
    weights = {one.name: one for one in proto.graph.initializer}
    for value in (*proto.graph.input, *proto.graph.output):
        if value.name not in weights:
            value.type.tensor_type.shape.dim[0].dim_value = batch
    del proto.graph.value_info[:]
    for node in proto.graph.node:
        if node.op_type == "Reshape" and node.input[1] in weights:
            shape = weights[node.input[1]]
            sizes = numpy_helper.to_array(shape).copy()
            sizes[0] = batch
            shape.CopyFrom(numpy_helper.from_array(sizes, shape.name))
    return proto.SerializeToString()


def batches(
    results: dict[str, Any], command: list[str], folder: str, sizes: list[int], threads: int = 4, seconds: float = 1.0
) -> None:
    """Latency of one thread, and rows a second of several, against the batch. Each batch is a model of its own."""
    results["batches"] = {}
    for name in ("squeezenet", "resnet50"):
        results["batches"][name] = {}
        model_of_one = light(name)
        for batch in sizes:
            model = with_batch(model_of_one, batch)
            found, arrays = ways(model, contexts=threads)
            session, provider = found["trtx.Session"], found.get("ONNX Runtime's provider")
            times = in_turns({way: partial(run, arrays) for way, run in found.items()}, rounds=3, count=60)
            times |= run_native(command, model, folder, 60)
            rates = {"trtx.Session": batch * per_second(partial(session, arrays), threads, seconds)}
            if provider is not None:
                rates["ONNX Runtime's provider"] = batch * per_second(partial(provider, arrays), threads, seconds)
            show(f"{name}, batch {batch}", times)
            show(f"{name}, batch {batch}, rows a second of {threads} threads on one session", rates, "/s")
            results["batches"][name][str(batch)] = {"median_us": times, "rows_per_second": rates}


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare trtx.Session with other ways to run TensorRT-RTX")
    parser.add_argument("out", nargs="?", type=Path, help="JSON file for the figures")
    parser.add_argument("--batches", type=int, nargs="*", metavar="SIZE", help="also sweep over batch sizes")
    parser.add_argument("--only", choices=["batches"], help="nothing else")
    chosen = parser.parse_args()
    gpu = cuda.Device()
    gpu.set_current()
    results: dict[str, Any] = {
        "library": str(trtx.library_version()),
        "python": sys.version.split()[0],
        "gpu": gpu.name,
    }
    with tempfile.TemporaryDirectory() as folder:
        command = native(folder)
        steps: list[Callable[[], None]] = []
        if not chosen.only:
            steps += [
                partial(latency, results, command, folder),
                partial(throughput, results),
                partial(on_the_device, results),
                partial(first_result, results),
            ]
        if chosen.batches is not None or chosen.only == "batches":
            steps.append(partial(batches, results, command, folder, chosen.batches or [*BATCHES]))
        for step in steps:
            step()
            if chosen.out is not None:  # after each, so that an end in the middle leaves what there is
                chosen.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
