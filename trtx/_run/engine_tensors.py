"""The inputs and outputs of an engine: a base of `CudaEngine`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, NoReturn, SupportsIndex

from trtx_sys._enums_gen import DataType, OptProfileSelector, TensorFormat, TensorIOMode, TensorLocation
from trtx_sys._ffi import ffi, lib

from .._core.error_recorder import RecordsErrors
from .._core.errors import EngineError, InvalidArgumentError, text
from .._core.handle import Handle
from .._core.public import public
from .._core.values import check_index, check_text, from_dims, reject, reject_type
from .accessors_gen import CudaEngineAccessors

__all__ = ["TensorInfo"]


@public
class TensorInfo(NamedTuple):
    """An input or output of an engine, as it was built; an item of `CudaEngine.io_tensors`.

    It outlives the engine.

    Attributes
    ----------
    name : str
    mode : TensorIOMode
        INPUT or OUTPUT.
    dtype : DataType
    shape : tuple of int
        -1 stands for a dimension that `ExecutionContext.set_input_shape` decides.
    location : TensorLocation
        HOST for the few inputs whose values decide shapes and are read by the CPU.
    format : TensorFormat
        Layout in memory, in the first profile.
    """

    name: str
    mode: TensorIOMode
    dtype: DataType
    #: -1 stands for a dimension that `ExecutionContext.set_input_shape` decides.
    shape: tuple[int, ...]
    #: HOST for the few inputs whose values decide shapes and are read by the CPU.
    location: TensorLocation
    format: TensorFormat


class WithShapes(Handle):
    """What knows the shapes of an engine's inputs and outputs: a base of `CudaEngine` and `ExecutionContext`."""

    __slots__ = ()

    def _shape_of(self, dims: Any, what: str) -> tuple[int, ...]:
        """Shape of native dimensions; without a rank they stand for a tensor that does not exist."""
        shape = from_dims(dims)
        if shape is None:
            raise self._error(f"{self._label()}.{what} failed: TensorRT-RTX answered with a negative rank")
        return shape


class EngineTensors(CudaEngineAccessors, RecordsErrors, WithShapes):
    """What an engine tells of its inputs and outputs. Iterating over it gives their names."""

    __slots__ = ("_infos", "_names", "_ranges")

    _error = EngineError
    _set_error_recorder: ClassVar[Any] = lib.trtx_cuda_engine_set_error_recorder
    _get_error_recorder: ClassVar[Any] = lib.trtx_cuda_engine_get_error_recorder

    #: C strings of the names, made once: looking one up both checks and encodes it.
    _names: dict[str, bytes]
    _infos: dict[str, TensorInfo]
    #: Smallest and largest shape by input and profile, filled on demand.
    _ranges: dict[tuple[str, int], tuple[tuple[int, ...], tuple[int, ...]] | None]

    def _prepare(self, pointer: Any) -> None:
        self._infos = {}
        self._ranges = {}
        self._names = {}
        name = ffi.new("const char **")
        for index in range(lib.trtx_cuda_engine_get_nb_io_tensors(pointer)):
            self._check(lib.trtx_cuda_engine_get_io_tensor_name(pointer, index, name), "get_tensor_name()")
            encoded = ffi.string(name[0])
            self._names[encoded.decode("utf-8", "surrogateescape")] = encoded

    def __iter__(self) -> Iterator[str]:
        _ = self._ptr
        return iter(tuple(self._names))

    @property
    def io_tensors(self) -> tuple[TensorInfo, ...]:
        """All inputs and outputs, in the order of the engine."""
        return tuple(self._tensor(name) for name in self)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, in the order of the engine."""
        return tuple(info.name for info in self.io_tensors if info.mode is TensorIOMode.INPUT)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the order of the engine."""
        return tuple(info.name for info in self.io_tensors if info.mode is TensorIOMode.OUTPUT)

    def get_tensor_name(self, index: SupportsIndex) -> str:
        """Name of an input or output (``ICudaEngine::getIOTensorName``).

        Parameters
        ----------
        index : int
            From 0 to `num_io_tensors` - 1.

        Raises
        ------
        InvalidArgumentError
            If the index is none of these.
        """
        names = tuple(self)
        return names[check_index(index, "index", len(names), "inputs and outputs")]

    __getitem__ = get_tensor_name

    def _name(self, name: object) -> bytes:
        """Native form of the name of an input or output."""
        try:
            return self._names[name]  # type: ignore[index]
        except (KeyError, TypeError):
            self._reject_name(name)

    def _reject_name(self, name: object) -> NoReturn:
        _ = self._ptr
        refuse = reject if isinstance(name, str) else reject_type
        refuse("name", name, f"one of the engine's inputs and outputs: {', '.join(map(repr, self._names))}")

    def _tensor(self, name: str) -> TensorInfo:
        """What does not change about an input or output."""
        info = self._infos.get(name) if isinstance(name, str) else None
        if info is None:
            info = self._infos[name] = TensorInfo(
                name,
                self.get_tensor_mode(name),
                self.get_tensor_dtype(name),
                self.get_tensor_shape(name),
                self.get_tensor_location(name),
                self.get_tensor_format(name, 0),  # named, as the library warns otherwise
            )
        return info

    def _ask(self, kind: str, function: Any, what: str, name: str, *more: int) -> Any:
        """Value of a C getter that has a name, and writes its answer."""
        result = ffi.new(kind)
        self._check(function(self._ptr, self._name(name), *more, result), f"{what}({name!r})")
        return result[0]

    def _profile(self, index: object) -> int:
        return check_index(index, "profile_index", self.num_optimization_profiles, "optimization profiles")

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        """Shape of an input or output as it was built (``ICudaEngine::getTensorShape``).

        Parameters
        ----------
        name : str

        Returns
        -------
        tuple of int
            -1 stands for a dimension that is open until the run.

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        """
        dims = self._ask("trtx_dims *", lib.trtx_cuda_engine_get_tensor_shape, "get_tensor_shape", name)
        return self._shape_of(dims, f"get_tensor_shape({name!r})")

    def get_tensor_dtype(self, name: str) -> DataType:
        """Type of the values (``ICudaEngine::getTensorDataType``).

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        """
        value = self._ask("trtx_data_type *", lib.trtx_cuda_engine_get_tensor_data_type, "get_tensor_dtype", name)
        return DataType(value)

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        """Whether the tensor is an input or an output (``ICudaEngine::getTensorIOMode``).

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        """
        value = self._ask("trtx_tensor_io_mode *", lib.trtx_cuda_engine_get_tensor_io_mode, "get_tensor_mode", name)
        return TensorIOMode(value)

    def get_tensor_location(self, name: str) -> TensorLocation:
        """Whether the tensor's memory is on the GPU or on the host (``ICudaEngine::getTensorLocation``).

        HOST is for some tensors whose values decide shapes.

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        """
        function = lib.trtx_cuda_engine_get_tensor_location
        return TensorLocation(self._ask("trtx_tensor_location *", function, "get_tensor_location", name))

    def get_tensor_format(self, name: str, profile_index: SupportsIndex | None = None) -> TensorFormat:
        """Layout of the values in memory (``ICudaEngine::getTensorFormat``).

        Parameters
        ----------
        name : str
        profile_index : int, optional
            From 0 to `num_optimization_profiles` - 1; without it the first, and a warning where there are others.

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor or profile.
        """
        what, kind = "get_tensor_format", "trtx_tensor_format *"
        if profile_index is None:
            return TensorFormat(self._ask(kind, lib.trtx_cuda_engine_get_tensor_format, what, name))
        index = self._profile(profile_index)
        return TensorFormat(self._ask(kind, lib.trtx_cuda_engine_get_tensor_format_v2, what, name, index))

    def get_tensor_format_desc(self, name: str, profile_index: SupportsIndex | None = None) -> str:
        """Layout of the values in words: order, vectors, type, strides (``ICudaEngine::getTensorFormatDesc``).

        Parameters
        ----------
        name : str
        profile_index : int, optional
            From 0 to `num_optimization_profiles` - 1; without it the first, and a warning where there are others.

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor or profile.
        """
        what, kind = "get_tensor_format_desc", "const char **"
        if profile_index is None:
            return text(self._ask(kind, lib.trtx_cuda_engine_get_tensor_format_desc, what, name))
        index = self._profile(profile_index)
        return text(self._ask(kind, lib.trtx_cuda_engine_get_tensor_format_desc_v2, what, name, index))

    def get_tensor_vectorized_dim(self, name: str, profile_index: SupportsIndex | None = None) -> int:
        """Index of the dimension whose values lie together in vectors; -1 where there is none.

        (``ICudaEngine::getTensorVectorizedDim``)

        Parameters
        ----------
        name : str
        profile_index : int, optional
            From 0 to `num_optimization_profiles` - 1; without it the first, and a warning where there are others.

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor or profile.
        """
        what, kind = "get_tensor_vectorized_dim", "int32_t *"
        if profile_index is None:
            return int(self._ask(kind, lib.trtx_cuda_engine_get_tensor_vectorized_dim, what, name))
        index = self._profile(profile_index)
        return int(self._ask(kind, lib.trtx_cuda_engine_get_tensor_vectorized_dim_v2, what, name, index))

    def get_tensor_bytes_per_component(self, name: str, profile_index: SupportsIndex | None = None) -> int:
        """Bytes of one value in a vector; -1 where the values are not vectorized.

        (``ICudaEngine::getTensorBytesPerComponent``)

        Parameters
        ----------
        name : str
        profile_index : int, optional
            From 0 to `num_optimization_profiles` - 1; without it the first, and a warning where there are others.

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor or profile.
        """
        what, kind = "get_tensor_bytes_per_component", "int32_t *"
        if profile_index is None:
            return int(self._ask(kind, lib.trtx_cuda_engine_get_tensor_bytes_per_component, what, name))
        index = self._profile(profile_index)
        return int(self._ask(kind, lib.trtx_cuda_engine_get_tensor_bytes_per_component_v2, what, name, index))

    def get_tensor_components_per_element(self, name: str, profile_index: SupportsIndex | None = None) -> int:
        """Number of values in a vector; -1 where the values are not vectorized.

        (``ICudaEngine::getTensorComponentsPerElement``)

        Parameters
        ----------
        name : str
        profile_index : int, optional
            From 0 to `num_optimization_profiles` - 1; without it the first, and a warning where there are others.

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor or profile.
        """
        what, kind = "get_tensor_components_per_element", "int32_t *"
        if profile_index is None:
            return int(self._ask(kind, lib.trtx_cuda_engine_get_tensor_components_per_element, what, name))
        index = self._profile(profile_index)
        return int(self._ask(kind, lib.trtx_cuda_engine_get_tensor_components_per_element_v2, what, name, index))

    def is_shape_inference_io(self, name: str) -> bool:
        """Whether shapes depend on the values of this input, or are the values of this output.

        (``ICudaEngine::isShapeInferenceIO``)

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        """
        function = lib.trtx_cuda_engine_is_shape_inference_io
        return bool(self._ask("bool *", function, "is_shape_inference_io", name))

    def is_debug_tensor(self, name: str) -> bool:
        """Whether a tensor was marked for debugging (``ICudaEngine::isDebugTensor``).

        Parameters
        ----------
        name : str
            Any name, also of a tensor inside the network; False where there is no such tensor.

        Raises
        ------
        InvalidArgumentError
            If the name is no str, or has NUL characters.
        """
        result = ffi.new("bool *")
        encoded = check_text(name, "name")
        self._check(lib.trtx_cuda_engine_is_debug_tensor(self._ptr, encoded, result), f"is_debug_tensor({name!r})")
        return bool(result[0])

    def get_aliased_input_tensor(self, name: str) -> str | None:
        """Name of the input whose memory an output must share; None where it shares none.

        (``ICudaEngine::getAliasedInputTensor``)

        Parameters
        ----------
        name : str

        Raises
        ------
        InvalidArgumentError
            If there is no such tensor.
        """
        function = lib.trtx_cuda_engine_get_aliased_input_tensor
        return text(self._ask("const char **", function, "get_aliased_input_tensor", name)) or None

    def get_tensor_profile_shape(
        self, name: str, profile_index: SupportsIndex
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Least, best and largest shape of an input in a profile (``ICudaEngine::getProfileShape``).

        Parameters
        ----------
        name : str
        profile_index : int
            From 0 to `num_optimization_profiles` - 1.

        Returns
        -------
        tuple of three tuples of int

        Raises
        ------
        InvalidArgumentError
            If there is no such input or no such profile.
        EngineError
            If the library has no answer.
        """
        self._need_input(name)
        index = self._profile(profile_index)
        function = lib.trtx_cuda_engine_get_profile_shape
        shapes = []
        for select in OptProfileSelector:
            dims = self._ask("trtx_dims *", function, "get_tensor_profile_shape", name, index, select)
            shapes.append(self._shape_of(dims, f"get_tensor_profile_shape({name!r}, {index})"))
        return shapes[0], shapes[1], shapes[2]

    def get_tensor_profile_values(
        self, name: str, profile_index: SupportsIndex
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Least, best and largest values of an input that decides shapes, in a profile.

        (``ICudaEngine::getProfileTensorValuesV2``)

        Parameters
        ----------
        name : str
        profile_index : int
            From 0 to `num_optimization_profiles` - 1.

        Returns
        -------
        tuple of three tuples of int
            As many values as the input has elements, in row-major order.

        Raises
        ------
        InvalidArgumentError
            If there is no such input, if it decides no shapes, or if there is no such profile.
        EngineError
            If the profile has no values for it.
        """
        self._need_input(name)
        index = self._profile(profile_index)
        if not self.is_shape_inference_io(name):
            reject("name", name, "an input whose values decide shapes")
        count = math.prod(self._tensor(name).shape)
        function = lib.trtx_cuda_engine_get_profile_tensor_values_v2
        found = []
        for select in OptProfileSelector:
            values = self._ask("const int64_t **", function, "get_tensor_profile_values", name, index, select)
            if not values or count < 0:
                raise EngineError(f"CudaEngine.get_tensor_profile_values({name!r}): profile {index} has no values")
            found.append(tuple(ffi.unpack(values, count)))
        return found[0], found[1], found[2]

    def _need_input(self, name: str) -> None:
        if self.get_tensor_mode(name) is not TensorIOMode.INPUT:
            reject("name", name, f"one of the engine's inputs: {', '.join(map(repr, self.input_names))}")

    def _range(self, name: str, profile_index: int) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """Smallest and largest shape of an input; None where the library does not tell."""
        key = name, profile_index
        if key not in self._ranges:
            try:
                low, _, high = self.get_tensor_profile_shape(name, profile_index)
                self._ranges[key] = low, high
            except (EngineError, InvalidArgumentError):
                self._ranges[key] = None
        return self._ranges[key]
