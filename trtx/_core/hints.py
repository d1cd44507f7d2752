"""Names of NVIDIA's package, and of TensorRT before it, that `trtx` leaves out, and what to use instead.

Whoever asks for one gets an `AttributeError` that says so. The names that are there are not slowed down by it. The
tables stand here together: of the module, of classes and of enums.
"""

from __future__ import annotations

from typing import TypeVar

from trtx_sys._enum_base import leave_out

T = TypeVar("T")

_NO_PLUGINS = "TensorRT-RTX has no plugins"
_NO_DLA = "TensorRT-RTX knows no DLA cores, only GPUs"
_TYPED = "networks are strongly typed: cast instead, with network.add_cast"
_QUANTIZED = "networks are strongly typed: quantize with network.add_quantize and add_dequantize"
_BATCH = "the batch is a dimension of the shapes, as any other"
_NO_ENTRIES = "a timing cache of TensorRT-RTX has no entries, as kernels are chosen on the machine that runs the engine"
_FLAG_OF_TYPE = dict.fromkeys(("BF16", "FP16", "FP4", "FP8", "INT4", "INT8"), _TYPED)
_PRECISIONS = ("OBEY_PRECISION_CONSTRAINTS", "PREFER_PRECISION_CONSTRAINTS", "STRICT_TYPES")
_NOT_PUBLISHED = "TensorRT-RTX 1.7 has it, but where in the class is not published"
_NO_INTERFACE = "classes that you derive from tell the library themselves what they are"

#: Of the module.
NAMES: dict[str, str] = {
    **dict.fromkeys(("Dims", "Dims2", "Dims3", "Dims4", "DimsHW"), "shapes are tuples of int"),
    **dict.fromkeys(("CaffeParser", "UffParser"), "models come as ONNX: use trtx.OnnxParser"),
    **dict.fromkeys(
        (
            "DimensionOperation",
            "DimsExprs",
            "DynamicPluginTensorDesc",
            "IDimensionExpr",
            "IExprBuilder",
            "IPluginCapability",
            "IPluginCreator",
            "IPluginCreatorInterface",
            "IPluginCreatorV3One",
            "IPluginCreatorV3Quick",
            "IPluginRegistry",
            "IPluginResource",
            "IPluginResourceContext",
            "IPluginV2",
            "IPluginV2DynamicExt",
            "IPluginV2DynamicExtBase",
            "IPluginV2Ext",
            "IPluginV2Layer",
            "IPluginV3",
            "IPluginV3Layer",
            "IPluginV3OneBuild",
            "IPluginV3OneBuildV2",
            "IPluginV3OneCore",
            "IPluginV3OneRuntime",
            "IPluginV3QuickBuild",
            "IPluginV3QuickCore",
            "IPluginV3QuickRuntime",
            "PluginArgDataType",
            "PluginArgType",
            "PluginCapabilityType",
            "PluginCreatorVersion",
            "PluginField",
            "PluginFieldCollection",
            "PluginFieldCollection_",
            "PluginFieldType",
            "PluginTensorDesc",
            "TensorRTPhase",
            "get_builder_plugin_registry",
            "get_plugin_registry",
            "init_libnvinfer_plugins",
        ),
        _NO_PLUGINS,
    ),
    **dict.fromkeys(
        (
            "CalibrationAlgoType",
            "IInt8Calibrator",
            "IInt8EntropyCalibrator",
            "IInt8EntropyCalibrator2",
            "IInt8LegacyCalibrator",
            "IInt8MinMaxCalibrator",
            "QuantizationFlag",
        ),
        _QUANTIZED,
    ),
    "ErrorCodeTRT": "use trtx.ErrorCode; the parser's codes are in trtx.OnnxErrorCode",
    "FallbackString": "texts are str",
    "IAlgorithmSelector": "kernels are chosen on the machine that runs the engine",
    "ILogger": "use trtx.Logger, which takes a function, as its sink",
    "INoCopyStreamReader": "use trtx.StreamReader",
    "IStreamReader": "use trtx.StreamReader",
    "IWeightsManager": _NOT_PUBLISHED,
    "IVersionedInterface": _NO_INTERFACE,
    "InterfaceInfo": _NO_INTERFACE,
    "NodeIndices": "node indices are tuples of int",
    "Permutation": "a permutation is a tuple of int",
    "TimingCacheKey": _NO_ENTRIES,
    "TimingCacheValue": _NO_ENTRIES,
    "bool": "use trtx.DataType.BOOL",
    "get_nv_onnx_parser_version": "use trtx.library_version(): the parser has the version of the library",
}

#: Of classes and enums.
MEMBERS: dict[str, dict[str, str]] = {
    "Builder": {
        "build_cuda_engine": "use build_serialized_network, and Runtime.deserialize_cuda_engine where it is to run",
        "build_engine": "use build_serialized_network, and Runtime.deserialize_cuda_engine where it is to run",
        "fp16_mode": _TYPED,
        "get_plugin_registry": _NO_PLUGINS,
        "int8_calibrator": _QUANTIZED,
        "int8_mode": _QUANTIZED,
        "max_batch_size": _BATCH,
        "max_workspace_size": "use BuilderConfig.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, size)",
        "strict_type_constraints": _TYPED,
    },
    "BuilderConfig": {
        "algorithm_selector": "kernels are chosen on the machine that runs the engine",
        "int8_calibrator": _QUANTIZED,
        "max_workspace_size": "use set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, size)",
        "min_timing_iterations": "use avg_timing_iterations",
        "plugins_to_serialize": _NO_PLUGINS,
        "quantization_flags": _QUANTIZED,
        "set_calibration_profile": _QUANTIZED,
        "set_quantization_flag": _QUANTIZED,
    },
    "BuilderFlag": {**_FLAG_OF_TYPE, **dict.fromkeys(_PRECISIONS, _TYPED)},
    "CudaEngine": {
        "create_weights_manager": _NOT_PUBLISHED,
        "unload_weights": _NOT_PUBLISHED,
        "binding_is_input": "use get_tensor_mode(name)",
        "create_execution_context_without_device_memory": (
            "use create_execution_context(trtx.ExecutionContextAllocationStrategy.USER_MANAGED)"
        ),
        "device_memory_size": "use device_memory_size_v2",
        "get_binding_dtype": "use get_tensor_dtype(name)",
        "get_binding_index": "tensors go by their names",
        "get_binding_name": "use get_tensor_name(index)",
        "get_binding_shape": "use get_tensor_shape(name)",
        "get_device_memory_size_for_profile": "use get_device_memory_size_for_profile_v2",
        "get_location": "use get_tensor_location(name)",
        "get_profile_shape": "use get_tensor_profile_shape(name, profile_index)",
        "get_profile_shape_input": "use get_tensor_profile_values(name, profile_index)",
        "has_implicit_batch_dimension": _BATCH,
        "max_batch_size": _BATCH,
        "max_workspace_size": "use device_memory_size_v2",
        "num_bindings": "use num_io_tensors",
        "weight_streaming_budget": "use weight_streaming_budget_v2",
    },
    "DataType": {
        "BFLOAT16": "use BF16",
        "FLOAT16": "use HALF",
        "FLOAT32": "use FLOAT",
        "FP16": "use HALF",
        "FP32": "use FLOAT",
    },
    "ErrorCode": dict.fromkeys(
        (
            "INVALID_GRAPH",
            "INVALID_NODE",
            "INVALID_VALUE",
            "MEM_ALLOC_FAILED",
            "MODEL_DESERIALIZE_FAILED",
            "REFIT_FAILED",
            "UNSUPPORTED_GRAPH",
            "UNSUPPORTED_NODE",
            "UNSUPPORTED_NODE_ATTR",
            "UNSUPPORTED_NODE_DATATYPE",
            "UNSUPPORTED_NODE_DYNAMIC",
            "UNSUPPORTED_NODE_INPUT",
            "UNSUPPORTED_NODE_SHAPE",
        ),
        "the parser's codes are in trtx.OnnxErrorCode",
    ),
    "ErrorRecorder": {"MAX_DESC_LENGTH": "descriptions are str of any length"},
    "ExecutionContext": {
        "execute": "use execute_v2",
        "execute_async": "use enqueue_v3",
        "execute_async_v2": "use enqueue_v3, after set_tensor_address for each tensor",
        "get_binding_shape": "use get_tensor_shape(name)",
        "get_shape": "use get_tensor_shape(name)",
        "get_strides": "use get_tensor_strides(name)",
        "set_binding_shape": "use set_input_shape(name, shape)",
        "set_shape_input": "give the values with set_tensor_address",
    },
    "Layer": dict.fromkeys(
        (
            "output_type_is_set",
            "precision",
            "precision_is_set",
            "reset_output_type",
            "reset_precision",
            "set_output_type",
        ),
        _TYPED,
    ),
    "NetworkDefinition": {
        "add_convolution": "use add_convolution_nd",
        "add_deconvolution": "use add_deconvolution_nd",
        "add_fully_connected": "use add_matrix_multiply",
        "add_padding": "use add_padding_nd",
        "add_plugin": _NO_PLUGINS,
        "add_plugin_v2": _NO_PLUGINS,
        "add_plugin_v3": _NO_PLUGINS,
        "add_pooling": "use add_pooling_nd",
        "add_rnn_v2": "use add_loop",
        "has_explicit_precision": _TYPED,
        "has_implicit_batch_dimension": _BATCH,
    },
    "NetworkDefinitionCreationFlag": {
        "EXPLICIT_BATCH": "every network has its batches in its shapes: create_network() needs no flag",
        "EXPLICIT_PRECISION": "every network is strongly typed: create_network() needs no flag",
    },
    "ParserErrorInfo": {
        "desc": "use description, an attribute",
        "func": "use function, an attribute",
        "local_function_stack_size": "use len(local_function_stack)",
    },
    "Runtime": {
        "dla_workspace_allocation_strategy": _NO_DLA,
        "get_plugin_registry": _NO_PLUGINS,
        "load_runtime": "engines of TensorRT-RTX hold no runtime that could be loaded",
    },
    "Tensor": dict.fromkeys(("dynamic_range", "reset_dynamic_range", "set_dynamic_range"), _QUANTIZED),
    "TimingCache": dict.fromkeys(("query", "queryKeys", "update"), _NO_ENTRIES),
}


def give_hints(kind: T) -> T:
    """Let a class or enum answer with a hint where it is asked for what it leaves out."""
    if isinstance(kind, type):
        for name, hint in MEMBERS.get(kind.__name__, {}).items():
            if not any(name in vars(base) for base in kind.__mro__):
                leave_out(kind, name, hint)
    return kind
