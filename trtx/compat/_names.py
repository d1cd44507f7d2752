"""The names of NVIDIA's package and what stands behind each: data alone.

A class that is not named here has the name of that of `trtx` with an ``I`` in front.
"""

from __future__ import annotations

_SAME = """
    APILanguage ActivationType AllocatorFlag AttentionIOForm AttentionNormalizationOp BoundingBoxFormat BuilderFlag
    CausalMaskKind CollectiveOperation ComputeCapability CudaGraphStrategy CumulativeOperation
    DLAWorkspaceAllocationStrategy DataType DeviceType DynamicShapesKernelSpecializationStrategy ElementWiseOperation
    EngineCapability EngineInvalidityDiagnostics EngineStat EngineValidity ExecutionContextAllocationStrategy
    FillOperation GatherMode HardwareCompatibilityLevel InterpolationMode KVCacheMode LayerInformationFormat LayerType
    LoopOutput MatrixOperation MemoryPoolType MoEActType NetworkDefinitionCreationFlag OnnxParserFlag PaddingMode
    PoolingType PreviewFeature ProfilingVerbosity ReduceOperation ResizeCoordinateTransformation ResizeRoundMode
    ResizeSelector RuntimePlatform SampleMode ScaleMode ScatterMode SeekPosition SerializationFlag TacticSource
    TempfileControlFlag TensorFormat TensorIOMode TensorLocation TilingOptimizationLevel TopKOperation TripLimit
    UnaryOperation Weights WeightsRole
    bfloat16 e8m0 float16 float32 fp4 fp8 int32 int4 int64 int8 uint8 nptype volume
"""

_WITH_I = """
    ActivationLayer AssertionLayer Attention AttentionBoundaryLayer AttentionInputLayer AttentionOutputLayer
    BuilderConfig CastLayer ConcatenationLayer ConditionLayer ConstantLayer ConvolutionLayer CudaEngine CumulativeLayer
    DebugListener DeconvolutionLayer DequantizeLayer DistCollectiveLayer DynamicQuantizeLayer EinsumLayer
    ElementWiseLayer ErrorRecorder ExecutionContext FillLayer GatherLayer GpuAllocator GpuAsyncAllocator
    GridSampleLayer HostMemory IdentityLayer IfConditional IfConditionalBoundaryLayer IfConditionalInputLayer
    IfConditionalOutputLayer IteratorLayer KVCacheUpdateLayer LRNLayer Layer Loop LoopBoundaryLayer LoopOutputLayer
    MatrixMultiplyLayer MoELayer NMSLayer NetworkDefinition NonZeroLayer NormalizationLayer OneHotLayer
    OptimizationProfile OutputAllocator PaddingLayer ParametricReLULayer PoolingLayer Profiler ProgressMonitor
    QuantizeLayer RaggedSoftMaxLayer RecurrenceLayer ReduceLayer ResizeLayer ReverseSequenceLayer RotaryEmbeddingLayer
    RuntimeCache RuntimeConfig ScaleLayer ScatterLayer SelectLayer SerializationConfig ShapeLayer ShuffleLayer
    SliceLayer SoftMaxLayer SqueezeLayer StreamWriter Tensor TimingCache TopKLayer TripLimitLayer UnaryLayer
    UnsqueezeLayer
"""

#: Enums, functions and values that are the same thing here and there.
SAME = frozenset(_SAME.split())

#: The same thing under another name.
RENAMED = {"ErrorCode": "OnnxErrorCode", "ErrorCodeTRT": "ErrorCode"}

#: Classes that are derived from those of `trtx`, and have no ``I``.
PLAIN = frozenset({"Builder", "EngineInspector", "OnnxParser", "OnnxParserRefitter", "Refitter", "Runtime"})

#: Those that are derived, and have an ``I``: by the names of `trtx`.
WITH_I = frozenset(_WITH_I.split())

#: Derived classes with still another name.
DERIVED = {
    **{name: name for name in PLAIN},
    **{f"I{name}": name for name in WITH_I},
    "IStreamReaderV2": "StreamReader",
}

#: Written for NVIDIA's users alone: the module of this package that has them.
OWN = {
    **dict.fromkeys(("Dims", "Dims2", "Dims3", "Dims4", "DimsHW", "NodeIndices", "Permutation"), "_values"),
    "ParserError": "_values",
    **dict.fromkeys(("ILogger", "IPluginV2Layer", "IPluginV3Layer", "Logger", "Profiler"), "_callbacks"),
    **dict.fromkeys(
        ("IPluginRegistry", "get_builder_plugin_registry", "get_plugin_registry", "init_libnvinfer_plugins"),
        "_plugins",
    ),
}

#: Properties of layers that are permutations.
PERMUTATIONS = frozenset({"first_transpose", "second_transpose"})
