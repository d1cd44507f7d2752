"""Engines, their inspector and their execution contexts."""

from vocabulary import *

@owned
class CudaEngine(Interface, cpp="ICudaEngine", impl="VCudaEngine", field="mImpl", offset=8):
    """A deserialized engine: its inputs and outputs, and the factory of execution contexts."""

    @hidden("returns the public object that the caller already holds")
    def getPImpl(self) -> Borrowed[CudaEngine]: ...
    @const
    def getNbLayers(self) -> int32:
        """Number of layers after optimization, which joins and drops some."""
    @long
    @const
    def serialize(self) -> Owned[HostMemory]:
        """The engine as bytes."""
    @long
    def createExecutionContext(self, strategy: ExecutionContextAllocationStrategy) -> Owned[ExecutionContext]:
        """Creates a context, whose activation memory comes as the strategy says."""
    @python("refittable")
    @const
    def isRefittable(self) -> bool:
        """Whether weights can be replaced."""
    @const
    def getName(self) -> str | None:
        """Name of the network that the engine was built from."""
    @const
    def getNbOptimizationProfiles(self) -> int32:
        """Number of optimization profiles; at least 1."""
    @const
    def getEngineCapability(self) -> EngineCapability:
        """Restrictions that the engine was built for."""
    @long
    def setErrorRecorder(self, recorder: Held[ErrorRecorder] | None) -> None:
        """Sets who is told of errors; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None:
        """Who is told of errors; null for nobody."""
    @const
    def getTacticSources(self) -> Flags[TacticSource]:
        """Sources of tactics in use, as a bit mask."""
    @python(more="It is what `EngineInspector` can tell.")
    @const
    def getProfilingVerbosity(self) -> ProfilingVerbosity:
        """How much the engine tells about its layers, as the build decided."""
    @long
    @const
    def createEngineInspector(self) -> Owned[EngineInspector]:
        """Creates an inspector, which describes its layers."""
    @const
    def getTensorShape(self, tensorName: str) -> Dims:
        """Shape of an input or output; -1 where a size is known at run time only."""
    @const
    def getTensorDataType(self, tensorName: str) -> DataType:
        """Element type of an input or output."""
    @const
    def getTensorLocation(self, tensorName: str) -> TensorLocation:
        """Whether an input or output is in host or device memory."""
    @const
    def isShapeInferenceIO(self, tensorName: str) -> bool:
        """Whether an input or output takes part in the calculation of shapes, on the host."""
    @const
    def getTensorIOMode(self, tensorName: str) -> TensorIOMode:
        """Whether a name is that of an input, an output, or neither."""
    @const
    def getTensorBytesPerComponent(self, tensorName: str) -> int32:
        """Bytes of a component of an input or output; -1 where its elements are no vectors."""
    @const
    def getTensorComponentsPerElement(self, tensorName: str) -> int32:
        """Components in an element of an input or output; -1 where its elements are no vectors."""
    @const
    def getTensorFormat(self, tensorName: str) -> TensorFormat:
        """Memory layout of an input or output."""
    @const
    def getTensorFormatDesc(self, tensorName: str) -> str | None:
        """Memory layout of an input or output in words."""
    @const
    def getTensorVectorizedDim(self, tensorName: str) -> int32:
        """Axis along which elements form vectors; -1 for none."""
    @const
    def getProfileShape(self, tensorName: str, profileIndex: int32, select: OptProfileSelector) -> Dims:
        """The smallest, the likeliest or the largest shape of an input in a profile."""
    @const
    def getNbIOTensors(self) -> int32:
        """Number of inputs and outputs together."""
    @const
    def getIOTensorName(self, index: int32) -> str:
        """Name of an input or output."""
    @const
    def getHardwareCompatibilityLevel(self) -> HardwareCompatibilityLevel:
        """GPUs that the engine was built for beside its target."""
    @const
    def getNbAuxStreams(self) -> int32:
        """Number of streams that a run uses beside the one it is given."""
    @const
    def getTensorBytesPerComponentV2(self, tensorName: str, profileIndex: int32) -> int32:
        """Bytes of a component in a profile; -1 where elements are no vectors."""
    @const
    def getTensorComponentsPerElementV2(self, tensorName: str, profileIndex: int32) -> int32:
        """Components in an element in a profile; -1 where elements are no vectors."""
    @const
    def getTensorFormatV2(self, tensorName: str, profileIndex: int32) -> TensorFormat:
        """Memory layout of an input or output in a profile."""
    @const
    def getTensorFormatDescV2(self, tensorName: str, profileIndex: int32) -> str | None:
        """Memory layout of an input or output in a profile, in words."""
    @const
    def getTensorVectorizedDimV2(self, tensorName: str, profileIndex: int32) -> int32:
        """Axis along which elements form vectors in a profile; -1 for none."""
    @long
    def createSerializationConfig(self) -> Owned[SerializationConfig]:
        """Creates the options of a serialization, all off."""
    @long
    @const
    def serializeWithConfig(self, config: SerializationConfig) -> Owned[HostMemory]:
        """The engine as bytes, with or without its weights, as the options say."""
    @hidden("no public class calls it; createInferRefitter_INTERNAL makes refitters")
    def createRefitter(self, logger: Logger) -> Owned[Refitter]:
        """Creates a refitter of this engine."""
    @python(more="0 where the engine was built without `BuilderFlag.WEIGHT_STREAMING`.")
    @const
    def getStreamableWeightsSize(self) -> int64:
        """Bytes of weights that can be streamed."""
    @const
    def isDebugTensor(self, name: str) -> bool:
        """Whether the values of a tensor can be reported to a debug listener."""
    @long
    def setWeightStreamingBudgetV2(self, gpuMemoryBudget: int64) -> Ok:
        """Sets how many bytes of weights may lie on the device; no context may exist."""
    @by_hand("set while the engine and its contexts are at rest")
    @const
    def getWeightStreamingBudgetV2(self) -> int64:
        """How many bytes of weights may lie on the device."""
    @python(method=True, more="It is not set; at most it is `streamable_weights_size`.")
    @long
    @const
    def getWeightStreamingAutomaticBudget(self) -> int64:
        """Budget in bytes that TensorRT-RTX would choose for the memory that is free now."""
    @python(more="They depend on `weight_streaming_budget_v2`.")
    @long
    @const
    def getWeightStreamingScratchMemorySize(self) -> int64:
        """Bytes of scratch memory that a context needs for streaming weights; 0 where none are streamed."""
    @python(more="They depend on `weight_streaming_budget_v2`.")
    @const
    def getDeviceMemorySizeV2(self) -> int64:
        """Bytes of device memory that suffice for a context in any profile."""
    @const
    def getDeviceMemorySizeForProfileV2(self, profileIndex: int32) -> int64:
        """Bytes of activation memory that a context needs at most in a profile."""
    @const
    def getProfileTensorValuesV2(
        self, tensorName: str, profileIndex: int32, select: OptProfileSelector
    ) -> View[int64] | None:
        """The smallest, the likeliest or the largest values of a shape input in a profile."""
    @long
    def createExecutionContextWithRuntimeConfig(
        self, runtimeConfig: Held[RuntimeConfig] | None
    ) -> Owned[ExecutionContext]:
        """Creates a context with settings that can be shared."""
    @long
    def createRuntimeConfig(self) -> Owned[RuntimeConfig]:
        """Creates settings for contexts, all at their defaults."""
    @python(method=True, more="STRIPPED_WEIGHTS_SIZE is for engines that were built with `BuilderFlag.STRIP_PLAN`.")
    @const
    def getEngineStat(self, stat: EngineStat) -> int64:
        """A figure about the engine, such as the bytes of its weights; -1 where it has none."""
    @const
    def getAliasedInputTensor(self, tensorName: str) -> str | None:
        """Name of the input whose memory an output must share; null for none."""
    @python(
        "weights_loaded",
        more="False only between deserializing under `Runtime.defer_weights_loading` and `load_weights`.",
    )
    @since(1, 6)
    @const
    def areWeightsLoaded(self) -> bool:
        """Whether the weights are on the GPU."""
    @since(1, 6)
    @long
    def loadWeights(self, blob: Bytes, size: int64) -> Ok:
        """Loads deferred weights from the bytes of the engine, and waits."""
    @since(1, 6)
    @long
    def loadWeightsAsync(self, streamReader: Held[StreamReaderV2], stream: Stream) -> Ok:
        """Loads deferred weights from a reader, on a stream."""

@owned
class EngineInspector(Interface, cpp="IEngineInspector", impl="VEngineInspector", field="mImpl", offset=8):
    """Prints what an engine holds, layer by layer."""

    @hidden("returns the public object that the caller already holds")
    def getPImpl(self) -> Borrowed[EngineInspector]: ...
    @long
    def setExecutionContext(self, context: Held[Const[ExecutionContext]] | None) -> Ok:
        """Sets the context whose shapes are described; null for none."""
    @by_hand("an object of Python")
    @const
    def getExecutionContext(self) -> Borrowed[Const[ExecutionContext]] | None:
        """The context whose shapes are described; null for none."""
    @long
    @const
    def getLayerInformation(self, layerIndex: int32, format: LayerInformationFormat) -> str:
        """What is known of a layer, as text that lasts until the next question."""
    @long
    @const
    def getEngineInformation(self, format: LayerInformationFormat) -> str:
        """What is known of all layers, as text that lasts until the next question."""
    @long
    def setErrorRecorder(self, recorder: Held[ErrorRecorder] | None) -> None:
        """Sets who is told of errors; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None:
        """Who is told of errors; null for nobody."""

@owned
class ExecutionContext(Interface, cpp="IExecutionContext", impl="VExecutionContext", field="mImpl", offset=8):
    """One use of an engine: shapes, addresses, and the enqueue itself."""

    @hidden("returns the public object that the caller already holds")
    def getPImpl(self) -> Borrowed[ExecutionContext]: ...
    def setDebugSync(self, sync: bool) -> None:
        """Sets whether each kernel is waited for, and its failure told at once."""
    @python(more="`enqueue_v3` takes no notice of it.")
    @const
    def getDebugSync(self) -> bool:
        """Whether a run that is waited for logs every kernel that succeeds; false by default."""
    def setProfiler(self, profiler: Held[Profiler] | None) -> None:
        """Sets who is told the times of layers; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getProfiler(self) -> Borrowed[Profiler] | None:
        """Who is told the times of layers; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getEngine(self) -> Borrowed[Const[CudaEngine]]:
        """The engine that it runs."""
    def setName(self, name: str) -> None:
        """Names it in messages."""
    @const
    def getName(self) -> str | None:
        """Name of the context, for messages and profiles; empty until it is set."""
    @deprecated
    @long
    def setDeviceMemory(self, memory: Address) -> None:
        """Sets the activation memory, for a context that was created without; its size is not checked."""
    @python("active_optimization_profile")
    @const
    def getOptimizationProfile(self) -> int32:
        """Index of the optimization profile in use; -1 for none."""
    @python("all_binding_shapes_specified")
    @const
    def allInputDimensionsSpecified(self) -> bool:
        """Whether the shapes of all inputs are known."""
    @long
    def setErrorRecorder(self, recorder: Held[ErrorRecorder] | None) -> None:
        """Sets who is told of errors; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None:
        """Who is told of errors; null for nobody."""
    @long
    def executeV2(self, bindings: Array[Address]) -> Ok:
        """Runs and waits; the addresses stand in the order of inputs and outputs."""
    @long
    def setOptimizationProfileAsync(self, profileIndex: int32, stream: Stream) -> Ok:
        """Chooses a profile, on a stream; another context may not use it at the same time."""
    def setEnqueueEmitsProfile(self, enqueueEmitsProfile: bool) -> None:
        """Sets whether each run tells the profiler the times of its layers."""
    @python(more="With a profiler, it then waits for the run.")
    @const
    def getEnqueueEmitsProfile(self) -> bool:
        """Whether a run reports to the profiler by itself; true by default."""
    @long
    @const
    def reportToProfiler(self) -> Ok:
        """Tells the profiler the times of the last run, where runs do not do so themselves."""
    def setInputShape(self, tensorName: str, dims: Dims) -> Ok:
        """Sets the shape of an input, within the profile in use."""
    @const
    def getTensorShape(self, tensorName: str) -> Dims:
        """Shape of an input or output; -1 where it depends on what is not set yet."""
    @const
    def getTensorStrides(self, tensorName: str) -> Dims:
        """Elements from one position to the next on each axis of an input or output."""
    def setTensorAddress(self, tensorName: str, data: Address) -> Ok:
        """Binds memory to an input or output; it must stay as long as runs may use it."""
    @const
    def getTensorAddress(self, tensorName: str) -> ConstAddress:
        """Memory bound to an input or output; 0 for none."""
    def setInputTensorAddress(self, tensorName: str, data: ConstAddress) -> Ok:
        """Binds memory that is only read to an input."""
    def setOutputTensorAddress(self, tensorName: str, data: Address) -> Ok:
        """Binds memory to an output."""
    @long
    def inferShapes(self, nbMaxNames: int32, tensorNames: OutArray[str]) -> Count:
        """Works output shapes out, and writes and counts the inputs that still lack a shape or memory."""
    def setInputConsumedEvent(self, event: Event) -> Ok:
        """Sets the event that is recorded once a run needs its inputs no more; 0 for none."""
    @python(method=True)
    @const
    def getInputConsumedEvent(self) -> Event:
        """Integer of the event that is recorded when a run has read all inputs; 0 for none."""
    @const
    def getOutputTensorAddress(self, tensorName: str) -> Address:
        """Memory bound to an output; 0 for none."""
    def setOutputAllocator(self, tensorName: str, outputAllocator: Held[OutputAllocator] | None) -> Ok:
        """Sets who provides memory for an output whose size is known while it runs; null for nobody."""
    @reads
    def getOutputAllocator(self, name: str) -> Borrowed[OutputAllocator] | None:
        """Who provides memory for an output; null for nobody."""
    @const
    def getMaxOutputSize(self, tensorName: str) -> int64:
        """Most bytes that an output can take with the input shapes of now; -1 where these are not set."""
    def setTemporaryStorageAllocator(self, allocator: Held[GpuAllocator] | None) -> Ok:
        """Sets who provides memory for the duration of a run; null for the library itself."""
    @by_hand("an object of Python")
    @const
    def getTemporaryStorageAllocator(self) -> Borrowed[GpuAllocator] | None:
        """Who provides memory for the duration of a run; null for the library itself."""
    @long
    def enqueueV3(self, stream: Stream) -> Ok:
        """Runs on a stream; all shapes must be set and all memory bound."""
    @long
    def setPersistentCacheLimit(self, size: size_t) -> None:
        """Sets how many bytes of cache may keep activations from run to run."""
    @const
    def getPersistentCacheLimit(self) -> size_t:
        """Most bytes of the GPU's second-level cache that the context may reserve; 0 by default."""
    def setNvtxVerbosity(self, verbosity: ProfilingVerbosity) -> Ok:
        """Sets how much is told to NVTX, at most what the engine keeps."""
    @python(more="By default, and at most, it is `CudaEngine.profiling_verbosity`.")
    @const
    def getNvtxVerbosity(self) -> ProfilingVerbosity:
        """How much is marked for NVIDIA's profilers."""
    def setAuxStreams(self, auxStreams: MutableArray[Stream], nbStreams: int32) -> None:
        """Sets the streams to use beside the one of a run; the library makes those that are missing."""
    def setDebugListener(self, listener: Held[DebugListener] | None) -> Ok:
        """Sets who is told the values of debug tensors; null for nobody."""
    def getDebugListener(self) -> Borrowed[DebugListener] | None:
        """Who is told the values of debug tensors; null for nobody."""
    def setTensorDebugState(self, name: str, flag: bool) -> Ok:
        """Sets whether the values of a debug tensor are told."""
    @const
    def getDebugState(self, name: str) -> bool:
        """Whether the values of a debug tensor are told; false by default."""
    def setAllTensorsDebugState(self, flag: bool) -> Ok:
        """Sets whether the values of all debug tensors are told."""
    @long
    def updateDeviceMemorySizeForShapes(self) -> size_t:
        """Bytes of activation memory that the input shapes of now need."""
    @long
    def setDeviceMemoryV2(self, memory: Address, size: int64) -> None:
        """Sets the activation memory and its size, for a context that was created without."""
    @by_hand("an object of Python")
    @const
    def getRuntimeConfig(self) -> Borrowed[RuntimeConfig] | None:
        """The settings that it was created with; null for none."""
    def setUnfusedTensorsDebugState(self, flag: bool) -> Ok:
        """Sets whether the values of unfused tensors are told."""
    @const
    def getUnfusedTensorsDebugState(self) -> bool:
        """Whether the values of unfused tensors are told; false by default."""
    @const
    def isStreamCapturable(self, stream: Stream) -> bool:
        """Whether the next run on a stream can be captured into a CUDA graph."""
    @long
    def setCommunicator(self, communicator: Address) -> Ok:
        """Sets the NCCL communicator for runs on several devices; it must outlive them."""
