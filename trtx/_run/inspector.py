"""`EngineInspector`: what an engine consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex

from trtx_sys._enums_gen import LayerInformationFormat
from trtx_sys._ffi import ffi, lib

from .._core.error_recorder import RecordsErrors
from .._core.errors import EngineError, text
from .._core.public import public
from .._core.values import check_enum, check_index, reject

if TYPE_CHECKING:
    from .context import ExecutionContext
    from .engine import CudaEngine

__all__ = ["EngineInspector"]


@public
class EngineInspector(RecordsErrors):
    """Tells what the layers of an engine are (``IEngineInspector``); made by `CudaEngine.create_engine_inspector`.

    How much it tells was decided by the build: see `BuilderConfig.profiling_verbosity`. It keeps the engine alive, and
    serves one thread at a time; others get `BusyError`. What it answers outlives it.
    """

    __slots__ = ("_context",)

    _error = EngineError
    _set_error_recorder: ClassVar[Any] = lib.trtx_engine_inspector_set_error_recorder
    _get_error_recorder: ClassVar[Any] = lib.trtx_engine_inspector_get_error_recorder
    _context: ExecutionContext | None

    def _prepare(self, pointer: Any) -> None:
        self._context = None

    def _how_to_make(self) -> str:
        return "Call CudaEngine.create_engine_inspector()."

    def _details(self) -> str:
        return f"of {self.engine!r}"

    @property
    def engine(self) -> CudaEngine:
        """The engine that is inspected, and kept alive."""
        _ = self._ptr
        return self._parents[0]  # type: ignore[return-value]

    @property
    def execution_context(self) -> ExecutionContext | None:
        """A context whose shapes fill in what is open in the engine; None by default.

        (``IEngineInspector::setExecutionContext``) It must be one of the same engine. The inspector keeps it alive;
        closing the context closes the inspector first.
        """
        _ = self._ptr
        return self._context

    @execution_context.setter
    def execution_context(self, value: ExecutionContext | None) -> None:
        from .context import ExecutionContext

        if value is not None and not isinstance(value, ExecutionContext):
            reject("execution_context", value, "a trtx.ExecutionContext or None")
        if value is not None and value.engine is not self.engine:
            reject("execution_context", value, "a context of the engine that is inspected")
        former, function = self._context, lib.trtx_engine_inspector_set_execution_context
        if value is former:
            return
        status = self._depend_instead("execution_context", former, value, function)
        if not status:
            self._context = value
        self._check(status, "execution_context")

    def get_engine_information(self, format: LayerInformationFormat = LayerInformationFormat.JSON) -> str:
        """Describe all layers (``IEngineInspector::getEngineInformation``).

        Parameters
        ----------
        format : LayerInformationFormat, default JSON
            JSON, or one line for each layer.

        Raises
        ------
        InvalidArgumentError
            If ``format`` is no member of `LayerInformationFormat`.
        EngineError
            If the library cannot.
        BusyError
            If another thread uses the inspector.
        """
        checked = check_enum(LayerInformationFormat, format, "format")
        result = ffi.new("const char **")
        what, function = "get_engine_information", lib.trtx_engine_inspector_get_engine_information
        self._check(self._long(what, function, checked, result), f"{what}({checked.name})")
        return text(result[0])

    def get_layer_information(
        self, layer_index: SupportsIndex, format: LayerInformationFormat = LayerInformationFormat.JSON
    ) -> str:
        """Describe one layer (``IEngineInspector::getLayerInformation``).

        Parameters
        ----------
        layer_index : int
            From 0 to `CudaEngine.num_layers` - 1.
        format : LayerInformationFormat, default JSON

        Raises
        ------
        InvalidArgumentError
            If there is no such layer, or ``format`` is no member of `LayerInformationFormat`.
        EngineError
            If the library cannot.
        BusyError
            If another thread uses the inspector.
        """
        checked = check_enum(LayerInformationFormat, format, "format")
        index = check_index(layer_index, "layer_index", self.engine.num_layers, "layers")
        result = ffi.new("const char **")
        what, function = "get_layer_information", lib.trtx_engine_inspector_get_layer_information
        self._check(self._long(what, function, index, checked, result), f"{what}({index}, {checked.name})")
        return text(result[0])

    def engine_information(self) -> dict[str, Any]:
        """What `get_engine_information` writes as JSON, as Python values: ``Layers``, ``Bindings`` ...

        Raises
        ------
        EngineError
            If the library cannot, or did not write JSON.
        BusyError
            If another thread uses the inspector.
        """
        import json

        written = self.get_engine_information(LayerInformationFormat.JSON)
        try:
            values = json.loads(written)
        except ValueError as error:
            raise EngineError(f"EngineInspector.engine_information: the library's text is no JSON: {error}") from None
        return values if isinstance(values, dict) else {"Layers": values}
