"""Interfaces that an application implements and the library calls. Methods stand in slot order; `__del__` marks the place of the virtual destructor."""

from vocabulary import *

@hidden("base of other interfaces")
class VersionedInterface(Application, cpp="IVersionedInterface"):
    """Tells the kind and the version of an interface."""

    @default
    @const
    def getAPILanguage(self) -> APILanguage: ...
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def __del__(self) -> None: ...

@callback
class ErrorRecorder(VersionedInterface, cpp="IErrorRecorder", info=("IErrorRecorder", 1, 0)):
    """Collects errors as code and text."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def __del__(self) -> None: ...
    @const
    def getNbErrors(self) -> int32: ...
    @const
    def getErrorCode(self, errorIdx: int32) -> ErrorCode: ...
    @const
    def getErrorDesc(self, errorIdx: int32) -> str: ...
    @const
    def hasOverflowed(self) -> bool:
        """True where errors were dropped for lack of room."""
    def clear(self) -> None: ...
    def reportError(self, val: ErrorCode, desc: str) -> Ok:
        """True where the error is fatal and the call under way must end; false lets it go on.

        In a short call it comes when the library has returned, and the answer counts for nothing.
        """
    def incRefCount(self) -> int32:
        """The count after it was raised."""
    def decRefCount(self) -> int32:
        """The count after it was lowered."""

@hidden("base of other interfaces")
class NoCopy(Application, cpp="INoCopy"):
    """Base of the public objects: not copied, destroyed through a virtual destructor."""

    def __del__(self) -> None: ...

@hidden("no method takes it; IStreamReaderV2 replaced it")
class StreamReader(VersionedInterface, cpp="IStreamReader", info=("IStreamReader", 1, 0)):
    """Reads a plan in pieces (the first interface)."""

    def __del__(self) -> None: ...
    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def read(self, destination: Address, nbBytes: int64) -> int64: ...

@callback
class StreamWriter(VersionedInterface, cpp="IStreamWriter", info=("IStreamWriter", 1, 0)):
    """Receives a plan in pieces as it is serialized."""

    def __del__(self) -> None: ...
    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def write(self, data: Bytes, nbBytes: int64) -> int64:
        """The number of bytes taken; fewer than were given, or a negative number, ends the writing as a failure."""

@callback
class StreamReaderV2(VersionedInterface, cpp="IStreamReaderV2", info=("IStreamReaderV2", 1, 0)):
    """Reads a plan in pieces, to host or device memory."""

    def __del__(self) -> None: ...
    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def read(self, destination: Address, nbBytes: int64, stream: Stream) -> int64:
        """The number of bytes delivered; 0 at the end of the data, a negative number for a failure."""
    def seek(self, offset: int64, where: SeekPosition) -> Ok:
        """False is failure."""

@callback
class Profiler(VersionedInterface, cpp="IProfiler", info=("IProfiler", 1, 0)):
    """Is told how long each layer of a run took."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def reportLayerTime(self, layerName: str, ms: float32) -> None: ...
    def __del__(self) -> None: ...

@callback
class Logger(VersionedInterface, cpp="ILogger", info=("ILogger", 1, 0)):
    """Receives every message of the library."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def log(self, severity: Severity, msg: str) -> None: ...
    def __del__(self) -> None: ...

@callback
class GpuAllocator(VersionedInterface, cpp="IGpuAllocator", info=("IGpuAllocator", 1, 0)):
    """Hands out device memory."""

    @deprecated
    def allocate(self, size: uint64, alignment: uint64, flags: Flags[AllocatorFlag]) -> Address:
        """The address of the memory; 0 where there is none, and for a size of 0."""
    def __del__(self) -> None: ...
    @default
    def reallocate(self, memory: Address, alignment: uint64, size: uint64) -> Address:
        """The address of the memory with its new size; 0 where that cannot be, and the old memory stays."""
    @deprecated
    def deallocate(self, memory: Address) -> Ok:
        """False is failure; the address may be 0."""
    @default
    def allocateAsync(self, size: uint64, alignment: uint64, flags: Flags[AllocatorFlag], stream: Stream) -> Address:
        """The address of the memory; 0 where there is none, and for a size of 0."""
    @default
    def deallocateAsync(self, memory: Address, stream: Stream) -> Ok:
        """False is failure; the address may be 0."""
    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...

@callback
class OutputAllocator(VersionedInterface, cpp="IOutputAllocator", info=("IOutputAllocator", 1, 0)):
    """Hands out memory for an output whose size is known only while it is computed."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    @default
    def reallocateOutputAsync(
        self, tensorName: str, currentMemory: Address, size: uint64, alignment: uint64, stream: Stream
    ) -> Address:
        """The address of memory of this size, which may be the one in use; 0 is failure."""
    def notifyShape(self, tensorName: str, dims: Dims) -> None: ...

@callback
class DebugListener(VersionedInterface, cpp="IDebugListener", info=("IDebugListener", 1, 0)):
    """Is shown the values of debug tensors."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def processDebugTensor(
        self, addr: ConstAddress, location: TensorLocation, type: DataType, shape: Dims, name: str, stream: Stream
    ) -> Ok:
        """False is failure."""
    def __del__(self) -> None: ...

@hidden("no exported function takes it; it serves plugin libraries")
class LoggerFinder(VersionedInterface, cpp="ILoggerFinder", info=("ILoggerFinder", 1, 0)):
    """Finds the logger of a plugin library."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def findLogger(self) -> Borrowed[Logger]: ...
    def __del__(self) -> None: ...

@callback
class GpuAsyncAllocator(GpuAllocator, cpp="IGpuAsyncAllocator", info=("IGpuAllocator", 1, 0)):
    """Hands out device memory in stream order."""

    def __del__(self) -> None: ...
    def allocateAsync(self, size: uint64, alignment: uint64, flags: Flags[AllocatorFlag], stream: Stream) -> Address:
        """The address of the memory; 0 where there is none, and for a size of 0."""
    def deallocateAsync(self, memory: Address, stream: Stream) -> Ok:
        """False is failure; the address may be 0."""
    @deprecated
    @default
    def allocate(self, size: uint64, alignment: uint64, flags: Flags[AllocatorFlag]) -> Address: ...
    @deprecated
    @default
    def deallocate(self, memory: Address) -> Ok: ...
    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...

@callback
class ProgressMonitor(VersionedInterface, cpp="IProgressMonitor", info=("IProgressMonitor", 1, 0)):
    """Follows a build, and may cancel it."""

    def __del__(self) -> None: ...
    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def phaseStart(self, phaseName: str, parentPhase: str | None, nbSteps: int32) -> None: ...
    def stepComplete(self, phaseName: str, step: int32) -> bool:
        """True goes on; false cancels the build."""
    def phaseFinish(self, phaseName: str) -> None: ...
