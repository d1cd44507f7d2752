"""`Runtime`: from the bytes of an engine to an engine on this machine's GPU."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn, cast

from trtx_sys._enums_gen import EngineInvalidityDiagnostics, EngineValidity
from trtx_sys._ffi import ffi, lib

from .._core import pending as _pending
from .._core.accessors import changed
from .._core.callbacks import Bridge
from .._core.calls import new_place
from .._core.error_recorder import RecordsErrors
from .._core.errors import CudaError, EngineError, Error, failure
from .._core.gpu_allocator import AllocatesOnGpu
from .._core.keywords import also_named
from .._core.library import library_version
from .._core.logger import Logger, MadeWithLogger
from .._core.public import public
from .._core.values import reject
from .accessors_gen import RuntimeAccessors
from .engine_source import Blob, explain, open_blob
from .stream_reader import Reader, StreamReader, is_file

if TYPE_CHECKING:
    from .._core.types import Source
    from .engine import CudaEngine

__all__ = ["EngineValidityReport", "Runtime"]


@public
class EngineValidityReport(NamedTuple):
    """What the header of an engine says of its chances on this machine (``IRuntime::getEngineValidity``).

    Attributes
    ----------
    validity : EngineValidity
    diagnostics : EngineInvalidityDiagnostics
        Reasons; empty for a valid engine.
    """

    validity: EngineValidity
    #: Reasons; empty for a valid engine.
    diagnostics: EngineInvalidityDiagnostics


@public
class Runtime(RuntimeAccessors, RecordsErrors, AllocatesOnGpu, MadeWithLogger):
    """Deserializes engines (``IRuntime``).

    Parameters
    ----------
    logger : Logger
        Gets the messages of the runtime and of the engines and contexts that come from it.

    Raises
    ------
    InvalidArgumentError
        If ``logger`` is none.
    LibraryError
        If the native library cannot be loaded.

    Notes
    -----
    Making a runtime needs no GPU; deserializing an engine does. Threads may share a runtime and deserialize at the
    same time; setters raise `BusyError` meanwhile. Its engines keep it alive; closing it closes them first.
    """

    __slots__ = ()

    _error = EngineError
    _is_shared = True
    _set_error_recorder: ClassVar[Any] = lib.trtx_runtime_set_error_recorder
    _get_error_recorder: ClassVar[Any] = lib.trtx_runtime_get_error_recorder
    _set_gpu_allocator: ClassVar[Any] = lib.trtx_runtime_set_gpu_allocator

    def __init__(self, logger: Logger) -> None:
        self._create(logger, "trtx_runtime", lib.trtx_runtime_create)

    def _how_to_make(self) -> str:
        return "Call trtx.Runtime(logger)."

    @also_named(stream_reader_v2="serialized_engine")
    def deserialize_cuda_engine(self, serialized_engine: Source | Reader) -> CudaEngine:
        """Make an engine ready to run (``IRuntime::deserializeCudaEngine``).

        An engine is code: load only what you trust.

        Parameters
        ----------
        serialized_engine : HostMemory, buffer, str, os.PathLike, StreamReader or binary file
            The engine as the builder returned it, any contiguous buffer with its bytes, or the path of its file, which
            is mapped into memory. Nothing is copied, and nothing is needed any more after the call. A `StreamReader`,
            an open binary file or another object with ``read(size) -> bytes`` is read in pieces, from where it stands,
            and never lies in memory as a whole.

        Returns
        -------
        CudaEngine
            It keeps the runtime alive.

        Raises
        ------
        EngineError
            If the file cannot be read (an `OSError` too then), or if the bytes are no engine, are incomplete, or come
            from another version of TensorRT-RTX; the message has the library's words, and what the header shows.
        CudaError
            If there is no CUDA driver or no GPU.
        InvalidArgumentError
            If it is of a wrong kind, or is not contiguous.

        Notes
        -----
        The header check (`get_engine_validity`) is not asked first: there are GPUs that it calls unfit and that run the
        engine well. When the engine is refused, its findings are part of the message.
        """
        from .engine import CudaEngine

        if isinstance(serialized_engine, StreamReader) or is_file(serialized_engine):
            return self._read_engine(serialized_engine)
        what, function = "deserialize_cuda_engine", lib.trtx_runtime_deserialize_cuda_engine
        with open_blob(
            cast("Source", serialized_engine), "engine", self.engine_header_size, "serialized_engine"
        ) as blob:
            place = new_place("trtx_cuda_engine")
            status = self._long(what, function, blob.pointer, blob.size, place)
            if status:
                self._refuse(blob)
            self._check(status, what)
            return CudaEngine._adopt(place, self)

    def _read_engine(self, source: Any) -> CudaEngine:
        from .engine import CudaEngine

        what, function = "deserialize_cuda_engine", lib.trtx_runtime_deserialize_cuda_engine_v2
        place = new_place("trtx_cuda_engine")
        with Bridge(StreamReader, source, "serialized_engine") as bridge:
            if self._long(what, function, bridge.pointer, place):
                label = f"Runtime.{what}({type(source).__name__})"
                # Not kept in a variable: see raise_pending.
                _pending.raise_pending(self._if_cuda_error(failure(EngineError, label)), *self._targets, bridge.target)
            self._check(0, what, bridge.target)
        return CudaEngine._adopt(place, self)

    def _refuse(self, blob: Blob) -> NoReturn:
        # Not kept in a variable: see raise_pending.
        what = f"Runtime.deserialize_cuda_engine({blob.label})"
        _pending.raise_pending(self._with_reasons(failure(EngineError, what), blob), *self._targets)
        raise AssertionError("unreachable")

    def _with_reasons(self, error: Error, blob: Blob) -> Error:
        """The error, with what the header and the machine tell beyond the library's words."""
        if type(error) is not EngineError:
            return error
        words = str(error)
        cuda_error = self._if_cuda_error(error)
        if cuda_error is not error:
            return cuda_error
        report = self._read_validity(blob)
        diagnostics = report.diagnostics if report else EngineInvalidityDiagnostics(0)
        more = [explain(blob, library_version(), malformed=EngineInvalidityDiagnostics.MALFORMED_ENGINE in diagnostics)]
        if diagnostics:
            more.append(f"The header check found {_names(diagnostics)}.")
        text_ = ". ".join([words, " ".join(line for line in more if line)]) if any(more) else words
        return EngineError(text_, status=error.status, messages=error.messages)

    def _read_validity(self, blob: Blob) -> EngineValidityReport | None:
        diagnostics = ffi.new("uint64_t *")
        result = ffi.new("trtx_engine_validity *")
        function = lib.trtx_runtime_get_engine_validity
        if self._long("get_engine_validity", function, blob.pointer, blob.size, diagnostics, result):
            return None
        return EngineValidityReport(EngineValidity(result[0]), EngineInvalidityDiagnostics(diagnostics[0]))

    def get_engine_validity(self, buffer: Source) -> EngineValidityReport:
        """Ask what the header of an engine says of its chances here (``IRuntime::getEngineValidity``).

        This is information, not a verdict: deserializing may succeed for an engine that is called invalid.

        Parameters
        ----------
        buffer : HostMemory, buffer, str or os.PathLike
            The engine, or its first `engine_header_size` bytes.

        Returns
        -------
        EngineValidityReport

        Raises
        ------
        CudaError
            If a sound header cannot be judged, as there is no CUDA driver.
        EngineError
            If the file cannot be read or has fewer bytes than a header.
        InvalidArgumentError
            If it is of a wrong kind, or is not contiguous.
        """
        with open_blob(buffer, "engine", self.engine_header_size, "buffer") as blob:
            report = self._read_validity(blob)
            if report is None:
                what = f"Runtime.get_engine_validity({blob.label})"
                _pending.raise_pending(self._as_cuda_error(failure(EngineError, what)), *self._targets)
                raise AssertionError("unreachable")
        self._check(0, "get_engine_validity")
        if report.validity is EngineValidity.INVALID and not report.diagnostics:
            # What the library says of every sound engine when it cannot ask a GPU.
            problem = _driver_problem()
            if problem:
                raise CudaError(f"Runtime.get_engine_validity: the engine cannot be judged. {problem}")
        return report

    def _if_cuda_error(self, error: Error) -> Error:
        """The error, as that of CUDA where the library speaks of it and there is a reason on this machine."""
        return self._as_cuda_error(error) if "Cuda Runtime" in str(error) else error

    @staticmethod
    def _as_cuda_error(error: Error) -> Error:
        problem = _driver_problem() if type(error) is EngineError else None
        if problem is None:
            return error
        return CudaError(f"{error}. {problem}", status=error.status, messages=error.messages)

    @property
    def temporary_directory(self) -> str | None:
        """Folder for temporary files; None, the default, stands for the system's (``IRuntime::setTemporaryDirectory``).

        It must exist when it is set, and let this process read, write and execute files.
        """
        return lib.trtx_runtime_get_temporary_directory(self._ptr)

    @temporary_directory.setter
    def temporary_directory(self, value: str | os.PathLike[str] | None) -> None:
        native: Any = ffi.NULL
        if value is not None:
            if not isinstance(value, (str, os.PathLike)) or not os.path.isdir(value):
                reject("temporary_directory", value, "the path of a folder that exists, or None")
            native = os.fsencode(value)
        what, function = "temporary_directory", lib.trtx_runtime_set_temporary_directory
        self._check(changed(self, what, self, function, native), what)


def _driver_problem() -> str | None:
    from ..cuda import driver_problem

    return driver_problem()


def _names(diagnostics: EngineInvalidityDiagnostics) -> str:
    known = [bit.name or "" for bit in EngineInvalidityDiagnostics if bit in diagnostics]
    return " and ".join(known) or hex(diagnostics)
