"""The build phase: builder, its configuration, profiles and the memory that it hands out."""

from vocabulary import *

@owned
class Builder(Interface, cpp="IBuilder", impl="VBuilder", field="mImpl", offset=8):
    """Makes networks and configurations, and builds engines of them."""

    @python("max_DLA_batch_size")
    @const
    def getMaxDLABatchSize(self) -> int32:
        """Largest batch of a deep learning accelerator; 0 without one."""
    @python("num_DLA_cores")
    @const
    def getNbDLACores(self) -> int32:
        """Number of deep learning accelerators that the builder can use."""
    def setGpuAllocator(self, allocator: Held[GpuAllocator] | None) -> None:
        """Sets who allocates device memory for builds; null for the library itself. Its engines keep using it."""
    def createBuilderConfig(self) -> Owned[BuilderConfig]:
        """Creates the settings of a build, all at their defaults."""
    def createNetworkV2(self, flags: Flags[NetworkDefinitionCreationFlag]) -> Owned[NetworkDefinition]:
        """Creates an empty network; the flags are bits."""
    def createOptimizationProfile(self) -> Borrowed[OptimizationProfile]:
        """Creates a range of input shapes; the builder keeps it."""
    @long
    def setErrorRecorder(self, recorder: Held[ErrorRecorder] | None) -> None:
        """Sets who is told of errors; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None:
        """Who is told of errors; null for nobody."""
    def reset(self) -> None:
        """Puts the settings of the builder back to their defaults."""
    @long
    def buildSerializedNetwork(self, network: NetworkDefinition, config: BuilderConfig) -> Owned[HostMemory]:
        """Builds an engine and returns its bytes; a progress monitor may stop it."""
    @long
    @const
    def isNetworkSupported(self, network: Const[NetworkDefinition], config: Const[BuilderConfig]) -> Verdict:
        """Whether a network could be built with these settings, without building it."""
    @by_hand("an object of Python")
    @const
    def getLogger(self) -> Borrowed[Logger]:
        """The logger that it was created with."""
    def setMaxThreads(self, maxThreads: int32) -> Ok:
        """Sets how many threads a build may use; at least 1, and 1 is the default."""
    @python(low=1)
    @const
    def getMaxThreads(self) -> int32:
        """Most threads that a build may use, 1 or more; 1 by default."""
    @hidden("TensorRT-RTX runs no plugins")
    def getPluginRegistry(self) -> Borrowed[PluginRegistry]: ...
    @long
    def buildSerializedNetworkToStream(
        self, network: NetworkDefinition, config: BuilderConfig, writer: StreamWriter
    ) -> Ok:
        """Builds an engine and hands its bytes to a writer, which saves a copy in memory."""

@owned
class BuilderConfig(Interface, cpp="IBuilderConfig", impl="VBuilderConfig", field="mImpl", offset=8):
    """How an engine is built: memory, flags, targets, profiles."""

    def setAvgTimingIterations(self, avgTiming: int32) -> None:
        """Sets over how many runs a kernel is timed; at least 1."""
    @python(low=1)
    @const
    def getAvgTimingIterations(self) -> int32:
        """How often a layer is timed to average the times, 1 or more; 1 by default."""
    def setEngineCapability(self, capability: EngineCapability) -> None:
        """Sets what restrictions the engine is built for."""
    @const
    def getEngineCapability(self) -> EngineCapability:
        """Restrictions that the engine is built for; STANDARD by default."""
    def setFlags(self, builderFlags: Flags[BuilderFlag]) -> None:
        """Sets all build options at once, as bits."""
    @python(read_back="TensorRT-RTX drops some of these flags")
    @const
    def getFlags(self) -> Flags[BuilderFlag]:
        """All flags as a bit mask."""
    @python(method=True)
    def clearFlag(self, builderFlag: BuilderFlag) -> None:
        """Switches a flag off."""
    @python(method=True)
    def setFlag(self, builderFlag: BuilderFlag) -> None:
        """Switches a flag on."""
    @python(method=True)
    @accessor
    @const
    def getFlag(self, builderFlag: BuilderFlag) -> bool:
        """Whether a flag is on."""
    def setDeviceType(self, layer: Const[Layer], deviceType: DeviceType) -> None:
        """Sets where a layer runs: on the GPU, or on a deep learning accelerator."""
    @const
    def getDeviceType(self, layer: Const[Layer]) -> DeviceType:
        """Where a layer runs."""
    @const
    def isDeviceTypeSet(self, layer: Const[Layer]) -> bool:
        """Whether it was set where a layer runs."""
    def resetDeviceType(self, layer: Const[Layer]) -> None:
        """Lets a layer run where layers run by default."""
    @const
    def canRunOnDLA(self, layer: Const[Layer]) -> bool:
        """Whether a deep learning accelerator can run a layer."""
    def setDLACore(self, dlaCore: int32) -> None:
        """Sets which deep learning accelerator is used."""
    @python("DLA_core", low=-1, read_back="TensorRT-RTX has no such core")
    @const
    def getDLACore(self) -> int32:
        """Core of a deep learning accelerator that the engine is for; -1, as there is none."""
    def setDefaultDeviceType(self, deviceType: DeviceType) -> None:
        """Sets where layers run unless it is set for them."""
    @const
    def getDefaultDeviceType(self) -> DeviceType:
        """Kind of device that runs layers; TensorRT-RTX knows GPUs only."""
    def reset(self) -> None:
        """Puts all settings back to their defaults."""
    def setProfileStream(self, stream: Stream) -> None:
        """Sets the CUDA stream on which kernels are timed."""
    @python(more="0 is the default stream. It must live as long as builds use it.")
    @const
    def getProfileStream(self) -> Stream:
        """Address of the CUDA stream on which kernels are timed."""
    def addOptimizationProfile(self, profile: Const[OptimizationProfile]) -> Count:
        """Adds a range of input shapes and returns its index; it must be valid for the network."""
    @const
    def getNbOptimizationProfiles(self) -> int32:
        """Number of profiles that have been added."""
    def setProfilingVerbosity(self, verbosity: ProfilingVerbosity) -> None:
        """Sets how much about its layers the engine keeps for inspectors and profilers."""
    @const
    def getProfilingVerbosity(self) -> ProfilingVerbosity:
        """How much the engine will tell about its layers; LAYER_NAMES_ONLY by default."""
    @python(method=True)
    def setTacticSources(self, tacticSources: Flags[TacticSource]) -> Ok:
        """Sets the sources of tactics that the build may use."""
    @python(method=True)
    @const
    def getTacticSources(self) -> Flags[TacticSource]:
        """Sources of tactics that the build may use, as a bit mask."""
    @deprecated
    @long
    @const
    def createTimingCache(self, blob: Bytes | None, size: size_t) -> Owned[TimingCache]:
        """Creates a timing cache from bytes, or an empty one from none."""
    @deprecated
    @long
    def setTimingCache(self, cache: Held[Const[TimingCache]], ignoreMismatch: bool) -> Ok:
        """Attaches a timing cache; it must live until the build ends."""
    @by_hand("the very object that was set")
    @deprecated
    @const
    def getTimingCache(self) -> Borrowed[Const[TimingCache]] | None:
        """The timing cache that is attached; null for none."""
    @python(method=True, low=0, high=9223372036854775296, more="At most 2**63 - 512: the library rounds up.")
    def setMemoryPoolLimit(self, pool: MemoryPoolType, poolSize: size_t) -> None:
        """Limits the bytes that a build or the engine may use for a purpose."""
    @python(method=True)
    @const
    def getMemoryPoolLimit(self, pool: MemoryPoolType) -> size_t:
        """Most bytes that a build or the engine may use for a purpose."""
    @python(method=True)
    def setPreviewFeature(self, feature: PreviewFeature, enable: bool) -> None:
        """Switches a feature in trial on or off."""
    @python(method=True)
    @const
    def getPreviewFeature(self, feature: PreviewFeature) -> bool:
        """Whether a feature in trial is on."""
    def setBuilderOptimizationLevel(self, level: int32) -> None:
        """Sets how long the builder may search, from 0 (shortest) to 5."""
    @python(low=0, high=5)
    @const
    def getBuilderOptimizationLevel(self) -> int32:
        """Effort of the build, from 0 for the fastest build to 5; 3 by default."""
    def setHardwareCompatibilityLevel(self, hardwareCompatibilityLevel: HardwareCompatibilityLevel) -> None:
        """Sets on what other GPUs the engine shall run."""
    @python(read_back="TensorRT-RTX does not have such levels; name the GPUs in compute_capabilities")
    @const
    def getHardwareCompatibilityLevel(self) -> HardwareCompatibilityLevel:
        """How far the engine is portable between GPUs; TensorRT-RTX knows NONE only, and logs a warning at each use."""
    def setPluginsToSerialize(self, paths: Array[str], nbPaths: int32) -> None: ...
    @const
    def getPluginToSerialize(self, index: int32) -> str: ...
    @by_hand("left out: TensorRT-RTX runs no plugins")
    @const
    def getNbPluginsToSerialize(self) -> int32: ...
    def setMaxAuxStreams(self, nbStreams: int32) -> Ok:
        """Sets how many streams an engine may use beside the one that it is enqueued on."""
    @python(low=0, more="-1, the default, lets TensorRT-RTX choose; it cannot be set again.")
    @const
    def getMaxAuxStreams(self) -> int32:
        """Most streams that the engine may use beside the one it runs on, 0 or more."""
    def setProgressMonitor(self, monitor: Held[ProgressMonitor] | None) -> None:
        """Sets who follows builds and may stop them; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getProgressMonitor(self) -> Borrowed[ProgressMonitor] | None:
        """Who follows builds; null for nobody."""
    def setRuntimePlatform(self, runtimePlatform: RuntimePlatform) -> None:
        """Sets the operating system that the engine is built for."""
    @const
    def getRuntimePlatform(self) -> RuntimePlatform:
        """Platform that the engine will run on; SAME_AS_BUILD by default."""
    def setMaxNbTactics(self, maxTactics: int32) -> None:
        """Sets how many kernels are timed at most where there is a choice."""
    @by_hand("0 would read back as -1")
    @const
    def getMaxNbTactics(self) -> int32:
        """How many kernels are timed at most where there is a choice; -1, the default, leaves it to the library."""
    def setTilingOptimizationLevel(self, level: TilingOptimizationLevel) -> Ok:
        """Sets how much effort goes into tiling."""
    @const
    def getTilingOptimizationLevel(self) -> TilingOptimizationLevel:
        """Effort spent on tiling; NONE by default."""
    def setL2LimitForTiling(self, size: int64) -> Ok:
        """Sets how many bytes of the second level cache tiling may aim at."""
    @python(low=0)
    @const
    def getL2LimitForTiling(self) -> int64:
        """Bytes of the second-level cache that tiling may count on."""
    def setNbComputeCapabilities(self, maxNbComputeCapabilities: int32) -> Ok:
        """Sets the number of compute capabilities to build for; each must be set then."""
    @by_hand("at most as many as there are")
    @const
    def getNbComputeCapabilities(self) -> int32:
        """The number of compute capabilities to build for; 0 for the usual ones."""
    def setComputeCapability(self, computeCapability: ComputeCapability, index: int32) -> Ok:
        """Sets one of the compute capabilities to build for; CURRENT, alone, asks this machine."""
    @const
    def getComputeCapability(self, index: int32) -> ComputeCapability:
        """One of the compute capabilities to build for."""
    @since(1, 6)
    def setBuildRoute(self, buildRoute: str) -> Ok:
        """Sets a text that steers the compiler."""
    @by_hand("refusals have no message")
    @since(1, 6)
    @const
    def getBuildRoute(self) -> str | None:
        """The text that steers the compiler; empty until it is set."""
    @since(1, 6)
    @const
    def getAllBuildRoutes(self) -> str | None:
        """Every route that can be set; empty without a GPU."""

class OptimizationProfile(Interface, cpp="IOptimizationProfile", impl="VOptimizationProfile", field="mImpl", offset=8):
    """The smallest, usual and largest shape of each dynamic input."""

    def setDimensions(self, inputName: str, select: OptProfileSelector, dims: Dims) -> Ok:
        """Sets the smallest, the likeliest or the largest shape of an input."""
    @const
    def getDimensions(self, inputName: str, select: OptProfileSelector) -> Dims:
        """A shape of an input; of unknown rank where only others of this input are set, and a failure where none is."""
    @const
    def getNbShapeValues(self, inputName: str) -> int32:
        """Number of values of a shape input; -1 until they are set."""
    def setExtraMemoryTarget(self, target: float32) -> Ok:
        """Sets what part of the memory beyond the first profile may be used, from 0 to 1."""
    @python(low=0, high=1, more="The default is 1.")
    @const
    def getExtraMemoryTarget(self) -> float32:
        """Memory that the engine may use for this profile beyond the first one's need: 0 for none, 1 for no limit."""
    @const
    def isValid(self) -> bool:
        """Whether TensorRT-RTX finds no fault with what is set; the network is not looked at."""
    def setShapeValuesV2(self, inputName: str, select: OptProfileSelector, values: Array[int64], nbValues: int32) -> Ok:
        """Sets the smallest, the likeliest or the largest values of a shape input."""
    @const
    def getShapeValuesV2(self, inputName: str, select: OptProfileSelector) -> View[int64] | None:
        """The smallest, the likeliest or the largest values of a shape input; null until they are set."""
    @since(1, 7)
    def setProfileStream(self, stream: Stream) -> None:
        """Set the stream, and with it the green context, that this profile is tuned for."""
    @python(more="It must live as long as builds use it.")
    @since(1, 7)
    @const
    def getProfileStream(self) -> Stream:
        """The stream that this profile is tuned for; 0 where none was set."""

@owned
@sibling
@deprecated
class TimingCache(Interface, cpp="ITimingCache", impl="VTimingCache", field="mImpl", offset=8):
    """Tactic timings of earlier builds; TensorRT-RTX keeps it for compatibility only."""

    @long
    @const
    def serialize(self) -> Owned[HostMemory]:
        """The cache as bytes, from which it can be created again."""
    @long
    def combine(self, inputCache: Const[TimingCache], ignoreMismatch: bool) -> Ok:
        """Takes the entries of another cache over."""
    def reset(self) -> Ok:
        """Empties it."""
    @const
    def queryKeys(self, keyBuffer: OutArray[TimingCacheKey] | None, capacity: int64) -> Count[int64]:
        """Writes keys, at most as many as fit, and returns how many there are."""
    @const
    def query(self, key: TimingCacheKey) -> TimingCacheValue:
        """The entry of a key; an invalid one where there is none."""
    def update(self, key: TimingCacheKey, value: TimingCacheValue) -> Ok:
        """Replaces the entry of a key."""

@owned
@standalone
class HostMemory(Interface, cpp="IHostMemory", impl="VHostMemory", field="mImpl", offset=8):
    """A block of host memory that the library owns: a serialized engine, cache or set of weights."""

    @const
    def data(self) -> HostAddress:
        """Address of the bytes, which live as long as this object."""
    @const
    def size(self) -> size_t:
        """Number of bytes."""
    @const
    def type(self) -> DataType:
        """Type of the elements."""
