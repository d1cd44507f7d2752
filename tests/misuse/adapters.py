"""The two packages, made alike as far as the cases need it. Their methods have the same names for the most part."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

from .verdict import NoAnswer

Log = Callable[[int, str], None]


class Refused(Exception):
    """NVIDIA's parser answered False; the message has the errors that it offers to be asked for."""


def answer(value: Any) -> Any:
    """Pass a result on; None and False are how NVIDIA's package says that it has failed."""
    if value is None or value is False:
        raise NoAnswer(f"answered {value!r}")
    return value


class Api:
    """What both have in common.

    Attributes
    ----------
    t
        The package.
    mine
        Whether it is trtx.
    """

    name = ""
    mine = False
    t: Any

    def logger(self, log: Log | None = None, verbose: bool = False) -> Any:
        """A logger: quiet, or one that calls a function; with ``verbose`` for everything there is to say."""
        raise NotImplementedError

    def builder(self, logger: Any = None) -> Any:
        return self.t.Builder(logger or self.logger())

    def network(self, builder: Any = None) -> Any:
        return (builder or self.builder()).create_network()

    def config(self, builder: Any = None) -> Any:
        return (builder or self.builder()).create_builder_config()

    def profile(self, builder: Any = None) -> Any:
        return (builder or self.builder()).create_optimization_profile()

    def parser(self, network: Any = None, logger: Any = None) -> Any:
        # Not "or": NVIDIA's networks are false while they are empty.
        return self.t.OnnxParser(self.network() if network is None else network, logger or self.logger())

    def runtime(self) -> Any:
        return self.t.Runtime(self.logger())

    def input(self, network: Any, name: str = "x", shape: tuple[int, ...] = (1, 4, 8, 8), dtype: Any = None) -> Any:
        return answer(network.add_input(name, dtype or self.t.DataType.FLOAT, shape))

    def relu(self, network: Any, tensor: Any) -> Any:
        return answer(network.add_activation(tensor, self.t.ActivationType.RELU))

    def simple(self, builder: Any, shape: tuple[int, ...] = (2, 2)) -> Any:
        """A network that builds in no time."""
        network = self.network(builder)
        layer = network.add_activation(self.input(network, "x", shape), self.t.ActivationType.RELU)
        network.mark_output(layer.get_output(0))
        return network

    def slow(self, builder: Any, layers: int = 700) -> Any:
        """A network that takes seconds to build."""
        network = self.network(builder)
        source = tensor = self.input(network, "x", (1, 8, 32, 32))
        for _ in range(layers):
            soft = network.add_softmax(tensor).get_output(0)
            tensor = network.add_elementwise(soft, source, self.t.ElementWiseOperation.SUM).get_output(0)
        network.mark_output(tensor)
        return network

    def build(self, builder: Any, network: Any, config: Any = None) -> Any:
        return answer(builder.build_serialized_network(network, config or self.config(builder)))

    def parse(self, parser: Any, model: Any, **options: Any) -> None:
        raise NotImplementedError

    def parse_file(self, parser: Any, path: Any) -> None:
        raise NotImplementedError

    def errors(self, parser: Any) -> list[Any]:
        raise NotImplementedError

    def error_text(self, error: Any) -> str:
        raise NotImplementedError

    def monitor(self, **methods: Callable[..., Any]) -> Any:
        """A progress monitor; methods that are not given let the build go on."""
        body: dict[str, Any] = {
            "__init__": lambda self: self.__class__.__mro__[1].__init__(self),
            "phase_start": lambda self, phase, parent, steps: None,
            "step_complete": lambda self, phase, step: True,
            "phase_finish": lambda self, phase: None,
        }
        for name, function in methods.items():
            body[name] = lambda self, *arguments, function=function: function(*arguments)
        return type("Monitor", (self.monitor_base,), body)()

    monitor_base: Any

    def stream(self, builder: Any, network: Any, write: Callable[[bytes], Any]) -> None:
        """Build into a stream that calls a function with the bytes."""
        raise NotImplementedError

    def weights(self, dtype: Any, array: Any) -> Any:
        """Weights with a type that is stated apart from the array's."""
        raise NotImplementedError

    def logged(self) -> int:
        """How much the library has written to its log by now."""
        raise NotImplementedError


class Trtx(Api):
    name = "trtx"
    mine = True

    def __init__(self) -> None:
        self.t = importlib.import_module("trtx")
        self.monitor_base = self.t.ProgressMonitor
        self._lines = 0

    def _count(self, severity: int, message: str) -> None:
        self._lines += 1

    def logger(self, log: Log | None = None, verbose: bool = False) -> Any:
        return self.t.Logger(self.t.Severity.VERBOSE if verbose else self.t.Severity.WARNING, log or self._count)

    def parse(self, parser: Any, model: Any, **options: Any) -> None:
        parser.parse(model, **options)

    def parse_file(self, parser: Any, path: Any) -> None:
        parser.parse_from_file(path)

    def errors(self, parser: Any) -> list[Any]:
        return list(parser.errors)

    def error_text(self, error: Any) -> str:
        return str(error)

    def stream(self, builder: Any, network: Any, write: Callable[[bytes], Any]) -> None:
        config = self.config(builder)
        builder.build_serialized_network_to_stream(network, config, SimpleNamespace(write=write))

    def weights(self, dtype: Any, array: Any) -> Any:
        return self.t.Weights(dtype, array)

    def logged(self) -> int:
        return self._lines


class Nvidia(Api):
    name = "nvidia"

    def __init__(self) -> None:
        self.t = nvidia_module()
        self.monitor_base = self.t.IProgressMonitor

    def logger(self, log: Log | None = None, verbose: bool = False) -> Any:
        severity = self.t.ILogger.Severity
        if log is None:
            return self.t.Logger(severity.WARNING)  # writes to stderr

        class Logger(self.t.ILogger):  # type: ignore[misc,name-defined]
            def __init__(self, base: Any) -> None:
                base.__init__(self)

            def log(self, level: Any, message: str) -> None:
                if verbose or int(level) <= int(severity.WARNING):
                    log(int(level), message)

        return Logger(self.t.ILogger)

    def parse(self, parser: Any, model: Any, **options: Any) -> None:
        self._expect(parser, parser.parse(model, **options))

    def parse_file(self, parser: Any, path: Any) -> None:
        self._expect(parser, parser.parse_from_file(path))

    def _expect(self, parser: Any, done: bool) -> None:
        if not done:
            errors = self.errors(parser)
            if not errors:
                raise NoAnswer("answered False, and has no errors to tell")
            raise Refused("; ".join(self.error_text(error) for error in errors))

    def errors(self, parser: Any) -> list[Any]:
        return [parser.get_error(i) for i in range(parser.num_errors)]

    def error_text(self, error: Any) -> str:
        return f"{error.desc()} (node {error.node_name()}, operator {error.node_operator()})"

    def stream(self, builder: Any, network: Any, write: Callable[[bytes], Any]) -> None:
        import ctypes

        base = self.t.IStreamWriter
        pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
        pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]

        class Writer(base):  # type: ignore[misc,valid-type]
            def __init__(self) -> None:
                base.__init__(self)

            def write(self, data: Any, size: int) -> Any:
                return write(data if isinstance(data, bytes) else ctypes.string_at(pointer_of(data, None), size))

        writer = Writer()
        answer(builder.build_serialized_network_to_stream(network, self.config(builder), writer))

    def weights(self, dtype: Any, array: Any) -> Any:
        return self.t.Weights(dtype, array.ctypes.data, array.size)

    def logged(self) -> int:
        return os.fstat(2).st_size  # the runner makes it a file


def nvidia_module() -> ModuleType:
    """NVIDIA's package, under the name it has with or without its meta package."""
    for name in ("tensorrt_rtx", "tensorrt_rtx_bindings"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    raise ModuleNotFoundError("NVIDIA's package is missing; install tensorrt-rtx-cu13-bindings from PyPI")


def make(name: str) -> Api:
    return Trtx() if name == "trtx" else Nvidia()
