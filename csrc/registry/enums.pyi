"""Enumerations: values as the library counts them."""

from vocabulary import *

class DataType(Enum, cpp="DataType", underlying=int32):
    """Element types of tensors and weights."""

    kFLOAT = 0
    kHALF = 1
    kINT8 = 2
    kINT32 = 3
    kBOOL = 4
    kUINT8 = 5
    kFP8 = 6
    kBF16 = 7
    kINT64 = 8
    kINT4 = 9
    kFP4 = 10
    kE8M0 = 11

class APILanguage(Enum, cpp="APILanguage", underlying=int32):
    """Language in which an interface is implemented."""

    kCPP = 0
    kPYTHON = 1

class ErrorCode(Enum, cpp="ErrorCode", underlying=int32):
    """Kinds of error, as an error recorder is told them."""

    kSUCCESS = 0
    kUNSPECIFIED_ERROR = 1
    kINTERNAL_ERROR = 2
    kINVALID_ARGUMENT = 3
    kINVALID_CONFIG = 4
    kFAILED_ALLOCATION = 5
    kFAILED_INITIALIZATION = 6
    kFAILED_EXECUTION = 7
    kFAILED_COMPUTATION = 8
    kINVALID_STATE = 9
    kUNSUPPORTED_STATE = 10

class TensorIOMode(Enum, cpp="TensorIOMode", underlying=int32):
    """Whether an engine tensor is an input or an output."""

    kNONE = 0
    kINPUT = 1
    kOUTPUT = 2

@hidden("TensorRT-RTX runs no plugins")
class PluginFieldType(Enum, cpp="PluginFieldType", underlying=int32):
    """Types of plugin attributes."""

    kFLOAT16 = 0
    kFLOAT32 = 1
    kFLOAT64 = 2
    kINT8 = 3
    kINT16 = 4
    kINT32 = 5
    kCHAR = 6
    kDIMS = 7
    kUNKNOWN = 8
    kBF16 = 9
    kINT64 = 10
    kFP8 = 11
    kINT4 = 12
    kFP4 = 13

@hidden("TensorRT-RTX runs no plugins")
class TensorRTPhase(Enum, cpp="TensorRTPhase", underlying=int32):
    """Build or run, as plugins are told."""

    kBUILD = 0
    kRUNTIME = 1

@hidden("TensorRT-RTX runs no plugins")
class PluginCapabilityType(Enum, cpp="PluginCapabilityType", underlying=int32):
    """Kinds of plugin capability."""

    kCORE = 0
    kBUILD = 1
    kRUNTIME = 2

@hidden("TensorRT-RTX runs no plugins")
class PluginVersion(Enum, cpp="PluginVersion", underlying=uint8):
    """Versions of plugin interfaces."""

    kV2 = 0
    kV2_EXT = 1
    kV2_IOEXT = 2
    kV2_DYNAMICEXT = 3
    kV2_DYNAMICEXT_PYTHON = 67

@hidden("TensorRT-RTX runs no plugins")
class PluginCreatorVersion(Enum, cpp="PluginCreatorVersion", underlying=int32):
    """Versions of plugin creators."""

    kV1 = 0
    kV1_PYTHON = 64

class EngineCapability(Enum, cpp="EngineCapability", underlying=int32):
    """Restrictions that an engine is built for."""

    kSTANDARD = 0
    kSAFETY = 1
    kDLA_STANDALONE = 2

@hidden("TensorRT-RTX runs no plugins")
class DimensionOperation(Enum, cpp="DimensionOperation", underlying=int32):
    """Operations on symbolic dimensions."""

    kSUM = 0
    kPROD = 1
    kMAX = 2
    kMIN = 3
    kSUB = 4
    kEQUAL = 5
    kLESS = 6
    kFLOOR_DIV = 7
    kCEIL_DIV = 8

class TensorLocation(Enum, cpp="TensorLocation", underlying=int32):
    """Where the values of a tensor or weight lie."""

    kDEVICE = 0
    kHOST = 1

class SeekPosition(Enum, cpp="SeekPosition", underlying=int32):
    """What an offset in a stream counts from."""

    kSET = 0
    kCUR = 1
    kEND = 2

class WeightsRole(Enum, cpp="WeightsRole", underlying=int32):
    """What weights do in their layer."""

    kKERNEL = 0
    kBIAS = 1
    kSHIFT = 2
    kSCALE = 3
    kCONSTANT = 4
    kANY = 5

class DeviceType(Enum, cpp="DeviceType", underlying=int32):
    """The kind of device that runs a layer."""

    kGPU = 0
    kDLA = 1

class TempfileControlFlag(Enum, cpp="TempfileControlFlag", underlying=int32):
    """What files the runtime may make."""

    kALLOW_IN_MEMORY_FILES = 0
    kALLOW_TEMPORARY_FILES = 1

class TensorFormat(Enum, cpp="TensorFormat", underlying=int32):
    """Memory layouts of tensors."""

    kLINEAR = 0
    kCHW2 = 1
    kHWC8 = 2
    kCHW4 = 3
    kCHW16 = 4
    kCHW32 = 5
    kDHWC8 = 6
    kCDHW32 = 7
    kHWC = 8
    kDLA_LINEAR = 9
    kDLA_HWC4 = 10
    kHWC16 = 11
    kDHWC = 12

class AllocatorFlag(Enum, cpp="AllocatorFlag", underlying=int32):
    """Demands on device memory."""

    kRESIZABLE = 0

class Severity(Enum, cpp="ILogger::Severity", underlying=int32):
    """Importance of a message, most severe first."""

    kINTERNAL_ERROR = 0
    kERROR = 1
    kWARNING = 2
    kINFO = 3
    kVERBOSE = 4

class EngineValidity(Enum, cpp="EngineValidity", underlying=int32):
    """Whether an engine fits this machine."""

    kVALID = 0
    kSUBOPTIMAL = 1
    kINVALID = 2

@bits
class EngineInvalidityDiagnostics(Enum, cpp="EngineInvalidityDiagnostics", underlying=uint64):
    """Why an engine does not fit, one bit a reason."""

    kVERSION_MISMATCH = 1
    kUNSUPPORTED_CC = 2
    kOLD_CUDA_DRIVER = 4
    kOLD_CUDA_RUNTIME = 8
    kINSUFFICIENT_GPU_MEMORY = 16
    kMALFORMED_ENGINE = 32
    kCUDA_ERROR = 64

class OptProfileSelector(Enum, cpp="OptProfileSelector", underlying=int32):
    """Which of a profile's shapes is meant."""

    kMIN = 0
    kOPT = 1
    kMAX = 2

class TacticSource(Enum, cpp="TacticSource", underlying=int32):
    """Sources of tactics."""

    kEDGE_MASK_CONVOLUTIONS = 0
    kJIT_CONVOLUTIONS = 1

class ProfilingVerbosity(Enum, cpp="ProfilingVerbosity", underlying=int32):
    """How much an engine tells about its layers."""

    kLAYER_NAMES_ONLY = 0
    kNONE = 1
    kDETAILED = 2

class SerializationFlag(Enum, cpp="SerializationFlag", underlying=int32):
    """What serialization leaves out or keeps."""

    kEXCLUDE_WEIGHTS = 0
    kEXCLUDE_LEAN_RUNTIME = 1
    kINCLUDE_REFIT = 2

class ExecutionContextAllocationStrategy(Enum, cpp="ExecutionContextAllocationStrategy", underlying=int32):
    """When a context gets its device memory."""

    kSTATIC = 0
    kON_PROFILE_CHANGE = 1
    kUSER_MANAGED = 2

class DynamicShapesKernelSpecializationStrategy(
    Enum, cpp="DynamicShapesKernelSpecializationStrategy", underlying=int32
):
    """When kernels are compiled for the shapes in use."""

    kLAZY = 0
    kEAGER = 1
    kNONE = 2

class CudaGraphStrategy(Enum, cpp="CudaGraphStrategy", underlying=int32):
    """Whether the runtime captures CUDA graphs by itself."""

    kDISABLED = 0
    kWHOLE_GRAPH_CAPTURE = 1

class EngineStat(Enum, cpp="EngineStat", underlying=int32):
    """Figures that an engine tells of itself."""

    kTOTAL_WEIGHTS_SIZE = 0
    kSTRIPPED_WEIGHTS_SIZE = 1

class LayerInformationFormat(Enum, cpp="LayerInformationFormat", underlying=int32):
    """Formats of an inspector's answer."""

    kONELINE = 0
    kJSON = 1

class RuntimePlatform(Enum, cpp="RuntimePlatform", underlying=int32):
    """Platform that an engine will run on."""

    kSAME_AS_BUILD = 0
    kWINDOWS_AMD64 = 1

class BuilderFlag(Enum, cpp="BuilderFlag", underlying=int32):
    """Switches of a build."""

    kDEBUG = 2
    kGPU_FALLBACK = 3
    kREFIT = 4
    kDISABLE_TIMING_CACHE = 5
    kTF32 = 6
    kSPARSE_WEIGHTS = 7
    kSAFETY_SCOPE = 8
    kDIRECT_IO = 11
    kVERSION_COMPATIBLE = 12
    kEXCLUDE_LEAN_RUNTIME = 13
    kERROR_ON_TIMING_CACHE_MISS = 15
    kDISABLE_COMPILATION_CACHE = 17
    kSTRIP_PLAN = 18
    kREFIT_IDENTICAL = 19
    kWEIGHT_STREAMING = 20
    kREFIT_INDIVIDUAL = 22
    kSTRICT_NANS = 23
    kMONITOR_MEMORY = 24
    kEDITABLE_TIMING_CACHE = 26
    kDISTRIBUTIVE_INDEPENDENCE = 27
    kREQUIRE_USER_ALLOCATION = 28

class MemoryPoolType(Enum, cpp="MemoryPoolType", underlying=int32):
    """Memory pools whose size can be limited."""

    kWORKSPACE = 0
    kDLA_MANAGED_SRAM = 1
    kDLA_LOCAL_DRAM = 2
    kDLA_GLOBAL_DRAM = 3
    kTACTIC_DRAM = 4
    kTACTIC_SHARED_MEMORY = 5

class PreviewFeature(Enum, cpp="PreviewFeature", underlying=int32):
    """Features in trial."""

    kALIASED_PLUGIN_IO_10_03 = 0
    kRUNTIME_ACTIVATION_RESIZE_10_10 = 1

class HardwareCompatibilityLevel(Enum, cpp="HardwareCompatibilityLevel", underlying=int32):
    """How far an engine is portable between GPUs."""

    kNONE = 0
    kAMPERE_PLUS = 1
    kSAME_COMPUTE_CAPABILITY = 2

class ComputeCapability(Enum, cpp="ComputeCapability", underlying=int32):
    """GPU generations that an engine is built for."""

    kNONE = 0
    kCURRENT = 1
    kSM75 = 75
    kSM80 = 80
    kSM86 = 86
    kSM89 = 89
    kSM120 = 120
    kSM121 = 121

class TilingOptimizationLevel(Enum, cpp="TilingOptimizationLevel", underlying=int32):
    """Effort spent on tiling."""

    kNONE = 0
    kFAST = 1
    kMODERATE = 2
    kFULL = 3

class NetworkDefinitionCreationFlag(Enum, cpp="NetworkDefinitionCreationFlag", underlying=int32):
    """Switches of a network."""

    kSTRONGLY_TYPED = 0

class OnnxErrorCode(Enum, cpp="nvonnxparser::ErrorCode", underlying=int32):
    """Kinds of parser error."""

    kSUCCESS = 0
    kINTERNAL_ERROR = 1
    kMEM_ALLOC_FAILED = 2
    kMODEL_DESERIALIZE_FAILED = 3
    kINVALID_VALUE = 4
    kINVALID_GRAPH = 5
    kINVALID_NODE = 6
    kUNSUPPORTED_GRAPH = 7
    kUNSUPPORTED_NODE = 8
    kUNSUPPORTED_NODE_ATTR = 9
    kUNSUPPORTED_NODE_INPUT = 10
    kUNSUPPORTED_NODE_DATATYPE = 11
    kUNSUPPORTED_NODE_DYNAMIC = 12
    kUNSUPPORTED_NODE_SHAPE = 13
    kREFIT_FAILED = 14

class OnnxParserFlag(Enum, cpp="nvonnxparser::OnnxParserFlag", underlying=int32):
    """Switches of the parser."""

    kNATIVE_INSTANCENORM = 0
    kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA = 1
    kREPORT_CAPABILITY_DLA = 2
    kENABLE_PLUGIN_OVERRIDE = 3
    kADJUST_FOR_DLA = 4

@since(1, 6)
class RefitTransformKind(Enum, cpp="nvonnxparser::RefitTransformKind", underlying=int32):
    """How an ONNX initializer becomes a weight."""

    kIDENTITY = 0
    kDOUBLE_TO_FLOAT = 1
    kBATCH_NORM_FOLD_SCALE = 2
    kBATCH_NORM_FOLD_BIAS = 3
    kCONSTANT_NODE = 4
    kCONSTANT_OF_SHAPE = 5

@since(1, 7)
class DLAWorkspaceAllocationStrategy(Enum, cpp="DLAWorkspaceAllocationStrategy", underlying=int32):
    """How workspace on a DLA is allocated."""

    kDEFAULT = 0
    kSHARED_STATIC = 1
