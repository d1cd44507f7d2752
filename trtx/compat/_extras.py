"""What classes of NVIDIA's have beside what `trtx` has, by their names: the few things that no rule makes."""

from __future__ import annotations

import functools
from typing import Any, cast

import trtx

from ._failures import answer_or_raise
from ._plugins import IPluginRegistry, get_plugin_registry
from ._values import Dims, ParserError

# Profiles. A shape that is refused leaves the profile invalid, so that no build goes on without it.


def _setter_of_shapes(name: str) -> Any:
    function: Any = getattr(trtx.OptimizationProfile, name)

    @functools.wraps(function)
    def call(self: Any, input: Any, *shapes: Any, **named: Any) -> None:
        try:
            function(self, input, *shapes, **named)
        except trtx.Error as error:
            answer_or_raise(self, error, None)
            self._keep["refused", input] = str(error)
        else:
            self._keep.pop(("refused", input), None)

    return call


def _getter_of_shapes(name: str, convert: Any) -> Any:
    function: Any = getattr(trtx.OptimizationProfile, name)

    @functools.wraps(function)
    def call(self: Any, input: Any) -> list[Any]:
        try:
            return [convert(shape) for shape in function(self, input) or ()]
        except trtx.Error as error:
            return cast("list[Any]", answer_or_raise(self, error, []))

    return call


def _refused(profile: Any) -> list[str]:
    return [text for key, text in profile._keep.items() if type(key) is tuple and key[0] == "refused"]


def _profile_bool(self: Any) -> bool:
    return not _refused(self) and trtx.OptimizationProfile.__bool__(self)


@functools.wraps(trtx.BuilderConfig.add_optimization_profile)
def _add_profile(self: Any, profile: Any) -> int:
    """Add a profile (see `trtx.BuilderConfig.add_optimization_profile`); -1 for one that is not valid."""
    try:
        refused = _refused(profile) if isinstance(profile, trtx.OptimizationProfile) else []
        if refused:
            raise trtx.InvalidArgumentError(f"profile is not valid: {refused[0]}")
        return trtx.BuilderConfig.add_optimization_profile(self, profile)
    except trtx.Error as error:
        return cast("int", answer_or_raise(self, error, -1))


# Parsers. A model that is refused before native code sees it has its errors here, not in the native parser.


def _parsing(name: str) -> Any:
    function: Any = getattr(trtx.OnnxParser, name)

    @functools.wraps(function)
    def call(self: Any, *arguments: Any, **keywords: Any) -> bool:
        self._keep.pop("refused", None)
        try:
            return cast("bool", function(self, *arguments, **keywords))
        except trtx.Error as error:
            answer = answer_or_raise(self, error, False)
            if isinstance(error, trtx.ParserError):
                code = trtx.OnnxErrorCode.MODEL_DESERIALIZE_FAILED
                whole = trtx.ParserErrorInfo(code, str(error), "", 0, "", -1, "", "", ())
                self._keep["refused"] = error.errors or (whole,)
            return cast("bool", answer)

    return call


def _num_errors(self: Any) -> int:
    """How many errors the last call has left."""
    return trtx.OnnxParser.num_errors.__get__(self) or len(self._keep.get("refused", ()))


@functools.wraps(trtx.OnnxParser.get_error)
def _get_error(self: Any, index: Any) -> ParserError | None:
    """An error of the last call; None where there is none of that number."""
    try:
        refused = self._keep.get("refused", ())
        if not trtx.OnnxParser.num_errors.__get__(self) and 0 <= index < len(refused):
            return ParserError(*refused[index])
        return ParserError(*trtx.OnnxParser.get_error(self, index))
    except trtx.Error as error:
        return cast("None", answer_or_raise(self, error, None))


def _clear_errors(self: Any) -> None:
    """Forget them."""
    self._keep.pop("refused", None)
    trtx.OnnxParser.clear_errors(self)


# Texts and values.


@functools.wraps(trtx.Tensor.get_dimension_name)
def _get_dimension_name(self: Any, index: Any) -> str | None:
    """Name of a dimension; None where it has none."""
    try:
        return trtx.Tensor.get_dimension_name(self, index) or None
    except trtx.Error as error:
        return cast("None", answer_or_raise(self, error, None))


@functools.wraps(trtx.CudaEngine.get_tensor_profile_values)
def _get_profile_values(self: Any, name: Any, profile_index: Any) -> list[list[int]]:
    """Values of a shape input (see `trtx.CudaEngine.get_tensor_profile_values`)."""
    try:
        found = trtx.CudaEngine.get_tensor_profile_values(self, name, profile_index)
        return [list(values) for values in found]
    except trtx.Error as error:
        return cast("list[list[int]]", answer_or_raise(self, error, []))


@functools.wraps(trtx.Runtime.get_engine_validity)
def _get_engine_validity(self: Any, buffer: Any) -> Any:
    """Whether an engine fits this machine, and why not; where that cannot be judged, it does not."""
    try:
        return trtx.Runtime.get_engine_validity(self, buffer)
    except trtx.Error as error:
        return answer_or_raise(self, error, (trtx.EngineValidity.INVALID, 0))


def _plugin_registry(self: object) -> IPluginRegistry:
    """The registry of plugins, which is empty."""
    return get_plugin_registry()


def _load_runtime(self: object, path: str) -> None:
    """No engine holds a runtime that could be loaded: there is none to give."""


#: Attributes by class and name.
EXTRAS: dict[str, dict[str, Any]] = {
    "Builder": {"get_plugin_registry": _plugin_registry},
    "OnnxParser": {
        **{name: _parsing(name) for name in ("load_model_proto", "parse", "parse_from_file", "parse_model_proto")},
        "clear_errors": _clear_errors,
        "get_error": _get_error,
        "num_errors": property(_num_errors),
        "supports_model_v2": _parsing("supports_model_v2"),
    },
    "Runtime": {
        "get_engine_validity": _get_engine_validity,
        "get_plugin_registry": _plugin_registry,
        "load_runtime": _load_runtime,
    },
    "IBuilderConfig": {"add_optimization_profile": _add_profile},
    "ICudaEngine": {"get_tensor_profile_values": _get_profile_values},
    "IErrorRecorder": {"MAX_DESC_LENGTH": 127},
    "IOptimizationProfile": {
        "__bool__": _profile_bool,
        "get_shape": _getter_of_shapes("get_shape", Dims),
        "get_shape_input": _getter_of_shapes("get_shape_input", list),
        "set_shape": _setter_of_shapes("set_shape"),
        "set_shape_input": _setter_of_shapes("set_shape_input"),
    },
    "ITensor": {"get_dimension_name": _get_dimension_name},
}
