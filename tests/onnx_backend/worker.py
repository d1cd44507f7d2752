"""The child process that goes through cases: a line of JSON on standard input asks, a line answers.

The packages are ``trtx``, ``prepared`` (trtx with `trtx.prepare_onnx`), ``nvidia``, and ``reference``, which runs the
prepared model through ONNX's own implementation. An answer has ``parsed``,
``built``, ``bytes`` of the engine, ``error``; with a GPU ``run`` and ``agreed`` too.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import Any

import numpy as np

from . import cases

SHORT = 400  # characters of an error


def answer(name: str, package: str, run: bool) -> dict[str, Any]:
    """Put one case to one package."""
    case = cases.load(name)
    ask = {"nvidia": by_nvidia, "reference": by_reference}.get(package, by_trtx)
    said: dict[str, Any] = {"parsed": False, "built": False}
    try:
        ask(case, package, run, said)
    except Exception as error:
        said["error"] = f"{type(error).__name__}: {error}"[:SHORT]
    return said


def by_trtx(case: cases.Case, package: str, run: bool, said: dict[str, Any]) -> None:
    """Through the public backend, as users of ONNX would."""
    import trtx
    import trtx.onnx_backend as backend

    inputs = case.data_sets[0][0] if case.data_sets else []
    try:
        rep = backend.prepare(case.model, "CUDA", prepare_onnx=package == "prepared")
        memory = rep.build(inputs)
    except trtx.BuilderError:
        said["parsed"] = True
        raise
    finally:
        if package == "prepared" and "rep" in locals() and rep.report is not None:
            said["frozen"] = list(rep.report.frozen)
    said.update(parsed=True, built=True, bytes=len(memory))
    if run:
        judge(case, said, rep.run)


def by_reference(case: cases.Case, package: str, run: bool, said: dict[str, Any]) -> None:
    """Prepare the model, and let ONNX's own implementation compute it: what is prepared must mean the same."""
    import onnx.reference

    import trtx

    weights = {initializer.name for initializer in case.model.graph.initializer}
    names = [value.name for value in case.model.graph.input if value.name not in weights]

    def compute(inputs: list[Any]) -> list[Any]:
        values = dict(zip(names, inputs, strict=False))
        model, report = trtx.prepare_onnx(case.model, check=False)
        if report.needed:
            frozen = {name: values[name] for name in report.needed}
            model, report = trtx.prepare_onnx(case.model, inputs=frozen, check=False)
        said["changed"] = bool(report.changes)
        converted = report.convert_inputs(values)
        outputs = [value.name for value in model.graph.output]
        with np.errstate(all="ignore"):
            found = onnx.reference.ReferenceEvaluator(model).run(None, converted)
        back = report.convert_outputs({n: v for n, v in zip(outputs, found, strict=True) if isinstance(v, np.ndarray)})
        return [back.get(n, v) for n, v in zip(outputs, found, strict=True)]

    judge(case, said, compute)


def judge(case: cases.Case, said: dict[str, Any], function: Any) -> None:
    """Run all sets of data, and compare."""
    said["run"] = said["agreed"] = False
    wrong = []
    for inputs, expected in case.data_sets:
        outputs = function(inputs)
        wrong.append(cases.difference(list(expected), list(outputs), case.rtol, case.atol))
    said["run"] = True
    said["agreed"] = not any(wrong)
    if any(wrong):
        said["error"] = next(filter(None, wrong))


def by_nvidia(case: cases.Case, package: str, run: bool, said: dict[str, Any]) -> None:
    """The same with NVIDIA's package, by hand, as it has no such backend."""
    from tests.misuse.adapters import nvidia_module

    rt = nvidia_module()

    class Log(rt.ILogger):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            rt.ILogger.__init__(self)
            self.lines: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity <= rt.ILogger.ERROR:
                self.lines.append(message)

    log = Log()
    builder = rt.Builder(log)
    network = builder.create_network(0)
    parser = rt.OnnxParser(network, log)
    if not parser.parse(case.model.SerializeToString()):
        raise RuntimeError("; ".join(parser.get_error(i).desc() for i in range(parser.num_errors)))
    said["parsed"] = True
    weights = {initializer.name for initializer in case.model.graph.initializer}
    named = [value.name for value in case.model.graph.input if value.name not in weights]
    values = dict(zip(named, case.data_sets[0][0] if case.data_sets else [], strict=False))
    config = builder.create_builder_config()
    profile, is_open = builder.create_optimization_profile(), False
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        array = np.asarray(values[tensor.name])
        if -1 in tuple(tensor.shape):
            profile.set_shape(tensor.name, array.shape, array.shape, array.shape)
            is_open = True
        elif tensor.is_shape_tensor:
            numbers = [int(number) for number in array.reshape(-1)]
            profile.set_shape_input(tensor.name, numbers, numbers, numbers)
            is_open = True
    if is_open:
        config.add_optimization_profile(profile)
    memory = builder.build_serialized_network(network, config)
    if memory is None:
        raise RuntimeError("; ".join(log.lines[-3:]))
    said.update(built=True, bytes=memory.nbytes)
    if run:
        outputs = [value.name for value in case.model.graph.output]
        engine = rt.Runtime(log).deserialize_cuda_engine(memory)
        judge(
            case,
            said,
            lambda inputs: as_declared(
                case.model, run_nvidia(rt, engine, dict(zip(named, inputs, strict=True)), outputs)
            ),
        )


def run_nvidia(rt: Any, engine: Any, values: dict[str, Any], outputs: list[str]) -> list[Any]:
    """One run of an engine of NVIDIA's package."""
    import trtx
    from trtx import cuda

    device = cuda.Device(0)
    device.set_current()
    stream = device.create_stream()
    context = engine.create_execution_context()
    buffers, keep = {}, []
    for name, value in values.items():
        dtype = trtx.nptype(trtx.DataType(int(engine.get_tensor_dtype(name))))
        array = np.ascontiguousarray(value, dtype).reshape(np.shape(value))
        if -1 in tuple(engine.get_tensor_shape(name)):
            context.set_input_shape(name, array.shape)
        if engine.get_tensor_location(name) == rt.TensorLocation.HOST:
            keep.append(array)
            context.set_tensor_address(name, array.ctypes.data)
        else:
            keep.append(cuda.from_numpy(array, stream=stream))
            context.set_tensor_address(name, int(keep[-1].handle))
    context.infer_shapes()
    for name in outputs:
        shape, dtype = tuple(context.get_tensor_shape(name)), trtx.DataType(int(engine.get_tensor_dtype(name)))
        if engine.get_tensor_location(name) == rt.TensorLocation.HOST:
            buffers[name] = np.empty(shape, trtx.nptype(dtype))
            context.set_tensor_address(name, buffers[name].ctypes.data)
        else:
            buffers[name] = (cuda.empty(shape, dtype, stream=stream), shape, dtype)
            context.set_tensor_address(name, int(buffers[name][0].handle))
    if not context.execute_async_v3(int(stream.handle)):
        raise RuntimeError("execute_async_v3 answered False")
    stream.sync()
    return [
        buffer if isinstance(buffer, np.ndarray) else cuda.to_numpy(*buffer, stream=stream)
        for buffer in (buffers[name] for name in outputs)
    ]


def as_declared(model: Any, found: list[Any]) -> list[Any]:
    """Results in the types of the model: both packages read double as float."""
    import onnx

    kinds = [value.type.tensor_type.elem_type for value in model.graph.output]
    double = onnx.TensorProto.DOUBLE
    return [a.astype(np.float64) if kind == double else a for kind, a in zip(kinds, found, strict=True)]


def main() -> None:
    """Answer until the input ends."""
    warnings.simplefilter("ignore")
    # The library prints; what it prints is no answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        out.write(json.dumps(answer(**request)) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
