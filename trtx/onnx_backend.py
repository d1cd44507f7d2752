"""TensorRT-RTX as a backend of ONNX: the interface that ``onnx.backend.base`` defines, and ONNX's own tests use.

::

    import trtx.onnx_backend as backend

    rep = backend.prepare(onnx.load("model.onnx"), "CUDA")
    y, = rep.run([x])

Models are built for the shapes that they are run with. It is meant for trying models out and for comparing results:
every run copies its inputs to the GPU and its outputs back. The package ``onnx`` is needed (``pip install
onnx``), and for runs a GPU and ``pip install cuda-python cuda-core``; building needs no GPU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import Severity, TensorLocation

from . import cuda
from ._build.builder import Builder
from ._core.dtypes import nptype
from ._core.errors import InvalidArgumentError, UnsupportedError
from ._core.logger import Logger
from ._core.values import check_bool, reject
from ._onnx.parser import OnnxParser
from ._run.runtime import Runtime

try:
    import numpy as np
    import onnx
    from onnx.backend import base
except ImportError as error:
    raise ImportError(f"trtx.onnx_backend needs the package onnx ({error}): pip install onnx") from error

if TYPE_CHECKING:
    from ._build.network import NetworkDefinition
    from ._core.host_memory import HostMemory
    from ._onnx.prepare_report import PrepareReport
    from ._run.context import ExecutionContext

    Values = Sequence[Any] | Mapping[str, Any]

__all__ = ["TrtxBackend", "TrtxBackendRep", "is_compatible", "prepare", "run_model", "run_node", "supports_device"]


def __dir__() -> list[str]:
    return sorted(__all__)


#: Engines that one `TrtxBackendRep` keeps, each for other shapes.
MOST_ENGINES = 8


class TrtxBackendRep(base.BackendRep):
    """A model that is ready to run; `TrtxBackend.prepare` makes it.

    Attributes
    ----------
    input_names : tuple of str
        The model's inputs that are no initializers, in its order.
    output_names : tuple of str
    report : PrepareReport or None
        What `trtx.prepare_onnx` did for the last engine; None without ``prepare_onnx=True``.
    """

    def __init__(
        self,
        model: onnx.ModelProto,
        device: int,
        *,
        prepare_onnx: bool = False,
        freeze: Mapping[str, Any] | None = None,
        logger: Logger | None = None,
    ) -> None:
        weights = {initializer.name for initializer in model.graph.initializer}
        self._model = model
        self._device = device
        self._prepare = prepare_onnx
        self._freeze = dict(freeze or {})
        self._logger = logger or Logger(Severity.ERROR, sink=lambda severity, message: None)
        self._engines: dict[Any, tuple[HostMemory, PrepareReport | None]] = {}
        self._contexts: dict[Any, ExecutionContext] = {}
        self._needed: tuple[str, ...] = ()
        self._is_static = False
        self.report: PrepareReport | None = None
        self.input_names = tuple(value.name for value in model.graph.input if value.name not in weights)
        self.output_names = tuple(value.name for value in model.graph.output)
        self._make(None)

    def build(self, inputs: Values) -> HostMemory:
        """Build the engine for these inputs, unless there is one (``IBuilder::buildSerializedNetwork``).

        Parameters
        ----------
        inputs : sequence or mapping of array-like
            As of `run`. Their shapes count, and the values of those that decide shapes.

        Returns
        -------
        HostMemory
            The serialized engine.

        Raises
        ------
        ParserError, BuilderError
            If TensorRT-RTX refuses the model.
        InvalidArgumentError
            If the inputs are not those of the model.
        """
        return self._engine_for(self._arrays(inputs))[1]

    def run(self, inputs: Values, **kwargs: Any) -> tuple[Any, ...]:
        """Run the model on arrays of the host.

        Parameters
        ----------
        inputs : sequence or mapping of array-like
            A value for each of `input_names`, in their order or by name. One array stands for a list of one.

        Returns
        -------
        tuple of numpy arrays
            The outputs; they have names too, if these can be names of Python's.

        Raises
        ------
        ParserError, BuilderError
            If TensorRT-RTX refuses the model.
        InvalidArgumentError
            If the inputs are not those of the model.
        CudaError
            If there is no GPU, or if CUDA fails.
        ExecutionError
            If the run fails.
        """
        if kwargs:
            raise InvalidArgumentError(f"run() got the options {sorted(kwargs)}; there are none")
        values = self._arrays(inputs)
        key, memory, report = self._engine_for(values)
        if report is not None:
            values = report.convert_inputs(values)
        found = self._execute(key, memory, values)
        if report is not None:
            found = report.convert_outputs(found)
        for value in self._model.graph.output:  # TensorRT-RTX reads double as float, without a word
            kind = value.type.tensor_type.elem_type
            if kind in (onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT):
                found[value.name] = found[value.name].astype(onnx.helper.tensor_dtype_to_np_dtype(kind), copy=False)
        outputs = base.namedtupledict("Outputs", list(self.output_names))
        return outputs(*(found[name] for name in self.output_names))

    def _arrays(self, inputs: Values) -> dict[str, Any]:
        if isinstance(inputs, Mapping):
            given = dict(inputs)
        else:
            items = [inputs] if isinstance(inputs, np.ndarray) else list(inputs)
            if len(items) > len(self.input_names):
                raise InvalidArgumentError(
                    f"inputs has {len(items)} values; the model has {len(self.input_names)} inputs: {self.input_names}"
                )
            given = dict(zip(self.input_names, items, strict=False))
        given = {**self._freeze, **given}
        missing = [name for name in self.input_names if name not in given]
        unknown = [name for name in given if name not in self.input_names]
        if missing or unknown:
            raise InvalidArgumentError(
                f"inputs lacks {missing} and has {unknown}, which the model does not have; its inputs are "
                f"{list(self.input_names)}"
            )
        for name, value in given.items():
            if value is None or (isinstance(value, (list, tuple, dict)) and not _is_numeric(value)):
                raise UnsupportedError(f"input {name!r} is {type(value).__name__}; TensorRT-RTX takes tensors only")
        return {name: np.asarray(given[name]) for name in self.input_names}

    # Building

    def _engine_for(self, values: dict[str, Any]) -> tuple[Any, HostMemory, PrepareReport | None]:
        shapes = tuple(array.shape for array in values.values())
        deciding = {name: values[name] for name in self._deciding(values)}
        key = (shapes, tuple((name, array.dtype.str, array.tobytes()) for name, array in deciding.items()))
        if self._is_static:
            key = ((), ())
        if key not in self._engines:
            while len(self._engines) >= MOST_ENGINES:
                oldest = next(iter(self._engines))
                del self._engines[oldest]
                self._contexts.pop(oldest, None)
            made = self._make(values)
            assert made is not None  # all values are there
            self._engines[key] = made
        memory, self.report = self._engines[key]
        return key, memory, self.report

    def _deciding(self, values: dict[str, Any]) -> list[str]:
        """Inputs whose values an engine may be built for: the small ones of integers, and those that were asked for."""
        return [
            name
            for name, array in values.items()
            if name in self._needed or name in self._freeze or (array.dtype.kind in "iu" and array.size <= 64)
        ]

    def _make(self, values: dict[str, Any] | None) -> tuple[HostMemory, PrepareReport | None] | None:
        """Build an engine; None, without values, for a model that cannot be built before they are known."""
        model, report = self._model, None
        if self._prepare:
            from ._onnx.prepare import prepare_onnx

            model, report = prepare_onnx(model, inputs=self._freeze)
            if report.needed:
                self._needed = report.needed
                if values is None:
                    return None
                frozen = {name: values[name] for name in report.needed}
                model, report = prepare_onnx(self._model, inputs={**self._freeze, **frozen})
            if values is not None:
                values = report.convert_inputs(values)
        builder = Builder(self._logger)
        network = builder.create_network()
        OnnxParser(network).parse(model.SerializeToString())
        config = builder.create_config()
        open_inputs = _open_inputs(network)
        if open_inputs:
            if values is None:
                return None
            profile = builder.create_optimization_profile()
            for name, is_shape in open_inputs.items():
                array = values[name]
                if is_shape:
                    numbers = [int(number) for number in array.reshape(-1)]
                    profile.set_shape_input(name, numbers, numbers, numbers)
                else:
                    profile.set_shape(name, array.shape, array.shape, array.shape)
            config.add_optimization_profile(profile)
        memory = builder.build_serialized_network(network, config)
        if values is None:
            self._is_static = True
            self._engines[(), ()] = memory, report
        self.report = report
        return memory, report

    # Running

    def _execute(self, key: Any, memory: HostMemory, values: dict[str, Any]) -> dict[str, Any]:
        device = cuda.Device(self._device)
        device.set_current()
        stream = device.create_stream()
        if key not in self._contexts:
            engine = Runtime(self._logger).deserialize_cuda_engine(memory)
            self._contexts[key] = engine.create_execution_context()
        context = self._contexts[key]
        engine = context.engine
        for name in engine.input_names:
            array = np.ascontiguousarray(values[name], nptype(engine.get_tensor_dtype(name)))
            array = array.reshape(values[name].shape)  # numpy gives scalars a dimension
            if -1 in engine.get_tensor_shape(name):
                context.set_input_shape(name, array.shape)
            if engine.get_tensor_location(name) == TensorLocation.HOST:
                context.set_tensor_address(name, array)
            else:
                context.set_tensor_address(name, cuda.from_numpy(array, stream=stream))
        context.infer_shapes()
        buffers: dict[str, Any] = {}
        for name in engine.output_names:
            shape, dtype = context.get_tensor_shape(name), engine.get_tensor_dtype(name)
            if engine.get_tensor_location(name) == TensorLocation.HOST:
                buffers[name] = np.empty(shape, nptype(dtype))
            else:
                buffers[name] = (cuda.empty(shape, dtype, stream=stream), shape, dtype)
            context.set_tensor_address(
                name, buffers[name] if isinstance(buffers[name], np.ndarray) else buffers[name][0]
            )
        context.enqueue_v3(stream)
        stream.sync()
        return {
            name: buffer if isinstance(buffer, np.ndarray) else cuda.to_numpy(*buffer, stream=stream)
            for name, buffer in buffers.items()
        }


def _is_numeric(value: Any) -> bool:
    try:
        return bool(np.asarray(value).dtype.kind in "biuf")
    except ValueError:
        return False


def _open_inputs(network: NetworkDefinition) -> dict[str, bool]:
    """Inputs that need a profile, and whether it is for their values rather than their shape."""
    found = {}
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        shape = tensor.shape
        if shape is None or -1 in shape:
            found[tensor.name] = False
        elif tensor.is_shape_tensor:
            found[tensor.name] = True
    return found


class TrtxBackend(base.Backend):
    """TensorRT-RTX as ``onnx.backend.base.Backend``. Its methods are functions of this module too."""

    @classmethod
    def is_compatible(cls, model: onnx.ModelProto, device: str = "CUDA", **kwargs: Any) -> bool:
        """Whether TensorRT-RTX's parser takes the model (``IParser::supportsModelV2``).

        Parameters
        ----------
        model : onnx.ModelProto
        device : str, default "CUDA"
        **kwargs
            Taken for the sake of the interface, and ignored.
        """
        if _device_index(device) is None:
            return False
        logger = Logger(Severity.ERROR, sink=lambda severity, message: None)
        with Builder(logger) as builder:
            parser = OnnxParser(builder.create_network())
            return parser.supports_model(model.SerializeToString()).supported

    @classmethod
    def prepare(
        cls,
        model: onnx.ModelProto,
        device: str = "CUDA",
        *,
        prepare_onnx: bool = False,
        freeze: Mapping[str, Any] | None = None,
        logger: Logger | None = None,
        **kwargs: Any,
    ) -> TrtxBackendRep:
        """Make a model ready to run: parse it, and build its engine. No GPU is needed for that.

        A model whose shapes are open is built when it is run, for the shapes of that run.

        Parameters
        ----------
        model : onnx.ModelProto
        device : str, default "CUDA"
            ``"CUDA"``, or with a number ``"CUDA:1"``.
        prepare_onnx : bool, default False
            Let `trtx.prepare_onnx` rewrite what TensorRT-RTX does not take. Inputs that must be known at build time are
            then built in, at each run with other values anew.
        freeze : mapping of str to array-like, optional
            With ``prepare_onnx``: values of inputs, which `TrtxBackendRep.run` then need not be given.
        logger : Logger, optional
            By default nothing is printed; errors are raised all the same.
        **kwargs
            Other options of backends: refused.

        Returns
        -------
        TrtxBackendRep

        Raises
        ------
        ParserError, BuilderError
            If TensorRT-RTX refuses the model.
        UnsupportedError
            If the device is not a CUDA device.
        InvalidArgumentError
            If an argument is of a wrong kind.
        """
        if not isinstance(model, onnx.ModelProto):
            reject("model", model, "an onnx.ModelProto, as of onnx.load()")
        if kwargs:
            raise InvalidArgumentError(
                f"prepare() got the options {sorted(kwargs)}; allowed are prepare_onnx, freeze and logger"
            )
        index = _device_index(device)
        if index is None:
            raise UnsupportedError(f"device is {device!r}; TensorRT-RTX runs on 'CUDA', or 'CUDA:1' and so on")
        prepare_onnx = check_bool(prepare_onnx, "prepare_onnx")
        if freeze and not prepare_onnx:
            raise InvalidArgumentError(
                "freeze is for models that trtx.prepare_onnx rewrites: set prepare_onnx=True too"
            )
        return TrtxBackendRep(model, index, prepare_onnx=prepare_onnx, freeze=freeze, logger=logger)

    @classmethod
    def run_model(cls, model: onnx.ModelProto, inputs: Values, device: str = "CUDA", **kwargs: Any) -> tuple[Any, ...]:
        """Build a model and run it once: `prepare`, then `TrtxBackendRep.run`, with their arguments and errors."""
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(
        cls,
        node: onnx.NodeProto,
        inputs: Values,
        device: str = "CUDA",
        outputs_info: Sequence[tuple[Any, tuple[int, ...]]] | None = None,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Build a model of one node and run it.

        Parameters
        ----------
        node : onnx.NodeProto
        inputs : sequence or mapping of array-like
            A value for each input that the node names.
        device : str, default "CUDA"
        outputs_info : sequence of (dtype, shape), optional
            Types of the outputs; found by ONNX's shape inference where they are not given.
        **kwargs
            ``opset_version`` (int, default the newest that the package onnx knows), and the options of `prepare`.

        Returns
        -------
        tuple of numpy arrays

        Raises
        ------
        ParserError, BuilderError, InvalidArgumentError, UnsupportedError, CudaError, ExecutionError
            As `prepare` and `TrtxBackendRep.run`.
        """
        version = kwargs.pop("opset_version", None) or onnx.defs.onnx_opset_version()
        names = list(dict.fromkeys(name for name in node.input if name))
        if isinstance(inputs, Mapping):
            arrays = {name: np.asarray(value) for name, value in inputs.items()}
        else:
            if len(inputs) != len(names):
                raise InvalidArgumentError(f"inputs has {len(inputs)} values; the node has the inputs {names}")
            arrays = {name: np.asarray(value) for name, value in zip(names, inputs, strict=True)}
        model = _model_of(node, arrays, outputs_info, version)
        return cls.run_model(model, arrays, device, **kwargs)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Whether models can be run on the device: a CUDA device, with its driver and ``cuda.core`` at hand."""
        return _device_index(device) is not None and cuda.is_available()


def _device_index(device: str) -> int | None:
    if not isinstance(device, str):
        reject("device", device, "a str such as 'CUDA' or 'CUDA:0'")
    kind, colon, number = device.partition(":")
    if kind != "CUDA" or (colon and not number.isdecimal()):
        return None
    return int(number or 0)


def _model_of(
    node: onnx.NodeProto,
    arrays: Mapping[str, Any],
    outputs_info: Sequence[tuple[Any, tuple[int, ...]]] | None,
    version: int,
) -> onnx.ModelProto:
    helper = onnx.helper
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in arrays.items()
    ]
    names = [name for name in node.output if name]
    if outputs_info is None:
        outputs = [onnx.ValueInfoProto(name=name) for name in names]
    else:
        outputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
            for name, (dtype, shape) in zip(names, outputs_info, strict=True)
        ]
    graph = helper.make_graph([node], "node", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(node.domain, version)])
    if outputs_info is None:
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    return model


is_compatible = TrtxBackend.is_compatible
prepare = TrtxBackend.prepare
run_model = TrtxBackend.run_model
run_node = TrtxBackend.run_node
supports_device = TrtxBackend.supports_device
