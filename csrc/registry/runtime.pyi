"""The runtime and what configures it: caches, serialization, refitting."""

from vocabulary import *

@owned
class Runtime(Interface, cpp="IRuntime", impl="VRuntime", field="mImpl", offset=8):
    """Deserializes engines, and tells whether an engine fits this machine."""

    @hidden("returns the public object that the caller already holds")
    def getPImpl(self) -> Borrowed[Runtime]: ...
    @long
    def deserializeCudaEngine(self, blob: Bytes, size: size_t) -> Owned[CudaEngine]:
        """Makes an engine of bytes; they are not needed any more then."""
    def setDLACore(self, dlaCore: int32) -> None:
        """Sets which deep learning accelerator engines use."""
    @python("DLA_core", low=-1, read_back="TensorRT-RTX has no such core")
    @const
    def getDLACore(self) -> int32:
        """Core of a deep learning accelerator that engines use; -1, as there is none."""
    @python("num_DLA_cores")
    @const
    def getNbDLACores(self) -> int32:
        """Number of deep learning accelerators; 0, as TensorRT-RTX has none."""
    def setGpuAllocator(self, allocator: Held[GpuAllocator] | None) -> None:
        """Sets who allocates device memory for engines; null for the library itself."""
    @long
    def setErrorRecorder(self, recorder: Held[ErrorRecorder] | None) -> None:
        """Sets who is told of errors; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None:
        """Who is told of errors; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getLogger(self) -> Borrowed[Logger]:
        """The logger that it was created with."""
    def setMaxThreads(self, maxThreads: int32) -> Ok:
        """Sets how many threads it may use; at least 1, and 1 is the default."""
    @python(low=1)
    @const
    def getMaxThreads(self) -> int32:
        """Most threads that the runtime may use, 1 or more; 1 by default."""
    def setTemporaryDirectory(self, path: str | None) -> None:
        """Sets where temporary files go; null for the place that the system names."""
    @by_hand("a folder, or None")
    @const
    def getTemporaryDirectory(self) -> str | None:
        """Where temporary files go; null for the place that the system names."""
    def setTempfileControlFlags(self, flags: Flags[TempfileControlFlag]) -> None:
        """Sets which temporary files may be made, as bits."""
    @const
    def getTempfileControlFlags(self) -> Flags[TempfileControlFlag]:
        """Kinds of temporary files that are allowed; all by default."""
    @hidden("TensorRT-RTX runs no plugins")
    def getPluginRegistry(self) -> Borrowed[PluginRegistry]: ...
    @hidden("TensorRT-RTX runs no plugins")
    def setPluginRegistryParent(self, parent: PluginRegistry | None) -> None: ...
    @long
    def loadRuntime(self, path: str) -> Owned[Runtime]:
        """Loads another runtime library, for version compatible engines, which TensorRT-RTX has not: it refuses its own."""
    def setEngineHostCodeAllowed(self, allowed: bool) -> None:
        """Sets whether engines may bring code for the host, which they may not by default."""
    @python(more="Allow it for engines that you trust only.")
    @const
    def getEngineHostCodeAllowed(self) -> bool:
        """Whether engines that carry host code are accepted; false by default."""
    @long
    def deserializeCudaEngineV2(self, streamReader: StreamReaderV2) -> Owned[CudaEngine]:
        """Makes an engine of what a reader delivers, straight into device memory where it can."""
    @const
    def getEngineHeaderSize(self) -> int64:
        """Bytes of an engine that suffice to ask for its validity."""
    @long
    @const
    def getEngineValidity(self, blob: Bytes, blobSize: int64, diagnostics: Out[uint64] | None) -> EngineValidity:
        """Whether an engine fits this machine, from its first bytes; the diagnostics are bits that say why not."""
    @since(1, 6)
    def setDeferredWeightsLoading(self, defer: bool) -> None:
        """Sets whether engines are deserialized without their weights, which are loaded later."""
    @python("defer_weights_loading", more="Such an engine cannot run before `CudaEngine.load_weights`.")
    @since(1, 6)
    @const
    def getDeferredWeightsLoading(self) -> bool:
        """Whether engines are deserialized without their weights; false by default."""
    @since(1, 7)
    def setDLAWorkspaceAllocationStrategy(self, strategy: DLAWorkspaceAllocationStrategy) -> Ok:
        """Set how workspace on a DLA is allocated; refused where there is none."""
    @by_hand("left out: TensorRT-RTX has no such cores")
    @since(1, 7)
    @const
    def getDLAWorkspaceAllocationStrategy(self) -> DLAWorkspaceAllocationStrategy:
        """How workspace on a DLA is allocated."""

@owned
class RuntimeConfig(Interface, cpp="IRuntimeConfig", impl="VRuntimeConfig", field="mImpl", offset=8):
    """How execution contexts are made: memory, kernel specialization, CUDA graphs, cache."""

    @hidden("returns the public object that the caller already holds")
    def getPImpl(self) -> Borrowed[RuntimeConfig]: ...
    def setExecutionContextAllocationStrategy(self, strategy: ExecutionContextAllocationStrategy) -> None:
        """Sets who provides the activation memory of contexts, and how much."""
    @const
    def getExecutionContextAllocationStrategy(self) -> ExecutionContextAllocationStrategy:
        """Where contexts get their device memory from; STATIC by default."""
    @long
    @const
    def createRuntimeCache(self) -> Owned[RuntimeCache]:
        """Creates an empty cache of compiled kernels."""
    @long
    def setRuntimeCache(self, cache: Held[Const[RuntimeCache]]) -> Ok:
        """Has contexts share a cache of compiled kernels, which must outlive them."""
    @by_hand("an object of Python")
    @const
    def getRuntimeCache(self) -> Borrowed[RuntimeCache] | None:
        """The cache of compiled kernels; null for none."""
    def setDynamicShapesKernelSpecializationStrategy(
        self, dynamicShapesKernelSpecializationStrategy: DynamicShapesKernelSpecializationStrategy
    ) -> None:
        """Sets when kernels are compiled for the shapes in use."""
    @const
    def getDynamicShapesKernelSpecializationStrategy(self) -> DynamicShapesKernelSpecializationStrategy:
        """When kernels are compiled for shapes that are met at run time; LAZY (in the background) by default."""
    def setCudaGraphStrategy(self, strategy: CudaGraphStrategy) -> Ok:
        """Sets whether runs are captured as CUDA graphs by the library itself."""
    @python(more="Runs that cannot be captured are run as if it were disabled.")
    @const
    def getCudaGraphStrategy(self) -> CudaGraphStrategy:
        """Whether runs are captured as CUDA graphs and replayed; DISABLED by default."""

@owned
@sibling
class RuntimeCache(Interface, cpp="IRuntimeCache", impl="VRuntimeCache", field="mImpl", offset=8):
    """Kernels compiled on this machine, kept so that the next start need not compile them."""

    @long
    @const
    def serialize(self) -> Owned[HostMemory]:
        """The cache as bytes, to be saved for the next process."""
    @long
    def deserialize(self, blob: Bytes, size: size_t) -> Ok:
        """Adds what was saved to the cache."""
    @long
    def reset(self) -> Ok:
        """Empties it."""

@owned
class SerializationConfig(Interface, cpp="ISerializationConfig", impl="VSerializationConfig", field="mImpl", offset=8):
    """Says what an engine leaves out when it is serialized."""

    def setFlags(self, serializationFlags: Flags[SerializationFlag]) -> Ok:
        """Sets all options at once, as bits."""
    @const
    def getFlags(self) -> Flags[SerializationFlag]:
        """All flags as a bit mask."""
    @python(method=True)
    def clearFlag(self, serializationFlag: SerializationFlag) -> Ok:
        """Clears a flag, and leaves the others as they are."""
    @python(method=True)
    def setFlag(self, serializationFlag: SerializationFlag) -> Ok:
        """Sets a flag, and leaves the others as they are."""
    @python(method=True)
    @accessor
    @const
    def getFlag(self, serializationFlag: SerializationFlag) -> bool:
        """Whether a flag is set."""

@owned
class Refitter(Interface, cpp="IRefitter", impl="VRefitter", field="mImpl", offset=8):
    """Replaces the weights of an engine that was built to be refitted."""

    @hidden("returns the public object that the caller already holds")
    def getPImpl(self) -> Borrowed[Refitter]: ...
    @long
    def setWeights(self, layerName: str, role: WeightsRole, weights: Weights) -> Ok:
        """Gives new values to the weights that a layer has in a role."""
    @long
    def refitCudaEngine(self) -> Ok:
        """Puts the new values into the engine; none may be missing."""
    @long
    def getMissing(self, size: int32, layerNames: OutArray[str] | None, roles: OutArray[WeightsRole] | None) -> int32:
        """Writes the layers and roles that need values too, and returns how many they are."""
    @long
    def getAll(self, size: int32, layerNames: OutArray[str] | None, roles: OutArray[WeightsRole] | None) -> int32:
        """Writes the layers and roles that can be refitted, and returns how many they are."""
    @long
    def setErrorRecorder(self, recorder: Held[ErrorRecorder] | None) -> None:
        """Sets who is told of errors; null for nobody."""
    @by_hand("left out: errors come as exceptions")
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None:
        """Who is told of errors; null for nobody."""
    @long
    def setNamedWeights(self, name: str, weights: Weights) -> Ok:
        """Gives new values, which must stay until the engine is refitted, to named weights."""
    @long
    def getMissingWeights(self, size: int32, weightsNames: OutArray[str] | None) -> int32:
        """Writes the names of weights that need values too, and returns how many they are."""
    @long
    def getAllWeights(self, size: int32, weightsNames: OutArray[str] | None) -> int32:
        """Writes the names of all weights that can be refitted, and returns how many they are."""
    @by_hand("an object of Python")
    @const
    def getLogger(self) -> Borrowed[Logger]:
        """The logger that it was created with."""
    def setMaxThreads(self, maxThreads: int32) -> Ok:
        """Sets how many threads it may use; at least 1, and 1 is the default."""
    @python(low=1, more="1 by default.")
    @const
    def getMaxThreads(self) -> int32:
        """How many threads it may use."""
    @long
    def setNamedWeightsWithLocation(self, name: str, weights: Weights, location: TensorLocation) -> Ok:
        """Gives new values on the host or the device to named weights."""
    @const
    def getNamedWeights(self, weightsName: str) -> Weights:
        """The values given to named weights."""
    @const
    def getWeightsLocation(self, weightsName: str) -> TensorLocation:
        """Whether the values given to named weights are on the host or the device."""
    @long
    def unsetNamedWeights(self, weightsName: str) -> Ok:
        """Takes back the values given to named weights."""
    def setWeightsValidation(self, weightsValidation: bool) -> None:
        """Sets whether new values are checked."""
    @python(more="Without it, refitting is faster, and values that a kernel cannot hold go unnoticed.")
    @const
    def getWeightsValidation(self) -> bool:
        """Whether new values are checked; true by default."""
    @long
    def refitCudaEngineAsync(self, stream: Stream) -> Ok:
        """Puts the new values into the engine on a stream; they must stay until it has come so far."""
    @const
    def getWeightsPrototype(self, weightsName: str) -> Counted[Weights]:
        """Type and number that values of named weights must have, without values."""
    @since(1, 7)
    @long
    def releaseRefitResources(self) -> Ok:
        """Free what refitting needs beside the engine; the next refit makes it anew."""
