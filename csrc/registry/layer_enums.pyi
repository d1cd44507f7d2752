"""Enumerations of layers and their parameters: values as the library counts them."""

from vocabulary import *

class LayerType(Enum, cpp="LayerType", underlying=int32):
    """The kind of a layer."""

    kCONVOLUTION = 0
    kCAST = 1
    kACTIVATION = 2
    kPOOLING = 3
    kLRN = 4
    kSCALE = 5
    kSOFTMAX = 6
    kDECONVOLUTION = 7
    kCONCATENATION = 8
    kELEMENTWISE = 9
    kPLUGIN = 10
    kUNARY = 11
    kPADDING = 12
    kSHUFFLE = 13
    kREDUCE = 14
    kTOPK = 15
    kGATHER = 16
    kMATRIX_MULTIPLY = 17
    kRAGGED_SOFTMAX = 18
    kCONSTANT = 19
    kIDENTITY = 20
    kPLUGIN_V2 = 21
    kSLICE = 22
    kSHAPE = 23
    kPARAMETRIC_RELU = 24
    kRESIZE = 25
    kTRIP_LIMIT = 26
    kRECURRENCE = 27
    kITERATOR = 28
    kLOOP_OUTPUT = 29
    kSELECT = 30
    kFILL = 31
    kQUANTIZE = 32
    kDEQUANTIZE = 33
    kCONDITION = 34
    kCONDITIONAL_INPUT = 35
    kCONDITIONAL_OUTPUT = 36
    kSCATTER = 37
    kEINSUM = 38
    kASSERTION = 39
    kONE_HOT = 40
    kNON_ZERO = 41
    kGRID_SAMPLE = 42
    kNMS = 43
    kREVERSE_SEQUENCE = 44
    kNORMALIZATION = 45
    kPLUGIN_V3 = 46
    kSQUEEZE = 47
    kUNSQUEEZE = 48
    kCUMULATIVE = 49
    kDYNAMIC_QUANTIZE = 50
    kATTENTION_INPUT = 51
    kATTENTION_OUTPUT = 52
    kROTARY_EMBEDDING = 53
    kKVCACHE_UPDATE = 54
    kMOE = 55
    kDIST_COLLECTIVE = 56

class ActivationType(Enum, cpp="ActivationType", underlying=int32):
    """Activation functions."""

    kRELU = 0
    kSIGMOID = 1
    kTANH = 2
    kLEAKY_RELU = 3
    kELU = 4
    kSELU = 5
    kSOFTSIGN = 6
    kSOFTPLUS = 7
    kCLIP = 8
    kHARD_SIGMOID = 9
    kSCALED_TANH = 10
    kTHRESHOLDED_RELU = 11
    kGELU_ERF = 12
    kGELU_TANH = 13

class PaddingMode(Enum, cpp="PaddingMode", underlying=int32):
    """How the output size follows from padding and stride."""

    kEXPLICIT_ROUND_DOWN = 0
    kEXPLICIT_ROUND_UP = 1
    kSAME_UPPER = 2
    kSAME_LOWER = 3

class PoolingType(Enum, cpp="PoolingType", underlying=int32):
    """What a pooling window is reduced to."""

    kMAX = 0
    kAVERAGE = 1
    kMAX_AVERAGE_BLEND = 2

class ScaleMode(Enum, cpp="ScaleMode", underlying=int32):
    """What a scale's coefficients apply to."""

    kUNIFORM = 0
    kCHANNEL = 1
    kELEMENTWISE = 2

class ElementWiseOperation(Enum, cpp="ElementWiseOperation", underlying=int32):
    """Functions of two arguments."""

    kSUM = 0
    kPROD = 1
    kMAX = 2
    kMIN = 3
    kSUB = 4
    kDIV = 5
    kPOW = 6
    kFLOOR_DIV = 7
    kAND = 8
    kOR = 9
    kXOR = 10
    kEQUAL = 11
    kGREATER = 12
    kLESS = 13

class GatherMode(Enum, cpp="GatherMode", underlying=int32):
    """What the indices of a gather mean."""

    kDEFAULT = 0
    kELEMENT = 1
    kND = 2

class UnaryOperation(Enum, cpp="UnaryOperation", underlying=int32):
    """Functions of one argument."""

    kEXP = 0
    kLOG = 1
    kSQRT = 2
    kRECIP = 3
    kABS = 4
    kNEG = 5
    kSIN = 6
    kCOS = 7
    kTAN = 8
    kSINH = 9
    kCOSH = 10
    kASIN = 11
    kACOS = 12
    kATAN = 13
    kASINH = 14
    kACOSH = 15
    kATANH = 16
    kCEIL = 17
    kFLOOR = 18
    kERF = 19
    kNOT = 20
    kSIGN = 21
    kROUND = 22
    kISINF = 23
    kISNAN = 24

class ReduceOperation(Enum, cpp="ReduceOperation", underlying=int32):
    """Reductions."""

    kSUM = 0
    kPROD = 1
    kMAX = 2
    kMIN = 3
    kAVG = 4
    kNONE = 5

class CollectiveOperation(Enum, cpp="CollectiveOperation", underlying=int32):
    """Collective operations."""

    kALL_REDUCE = 0
    kALL_GATHER = 1
    kBROADCAST = 2
    kREDUCE = 3
    kREDUCE_SCATTER = 4
    kALL_TO_ALL = 5
    kGATHER = 6
    kSCATTER = 7

class SampleMode(Enum, cpp="SampleMode", underlying=int32):
    """What lies outside a tensor's bounds."""

    kSTRICT_BOUNDS = 0
    kWRAP = 1
    kCLAMP = 2
    kFILL = 3
    kREFLECT = 4

class TopKOperation(Enum, cpp="TopKOperation", underlying=int32):
    """Largest or smallest."""

    kMAX = 0
    kMIN = 1

class MatrixOperation(Enum, cpp="MatrixOperation", underlying=int32):
    """What is done to a matrix before it is multiplied."""

    kNONE = 0
    kTRANSPOSE = 1
    kVECTOR = 2

class InterpolationMode(Enum, cpp="InterpolationMode", underlying=int32):
    """Interpolation of a resize."""

    kNEAREST = 0
    kLINEAR = 1
    kCUBIC = 2

class ResizeCoordinateTransformation(Enum, cpp="ResizeCoordinateTransformation", underlying=int32):
    """How output coordinates map to input coordinates."""

    kALIGN_CORNERS = 0
    kASYMMETRIC = 1
    kHALF_PIXEL = 2

class ResizeSelector(Enum, cpp="ResizeSelector", underlying=int32):
    """What a resize to a single pixel takes."""

    kFORMULA = 0
    kUPPER = 1

class ResizeRoundMode(Enum, cpp="ResizeRoundMode", underlying=int32):
    """Rounding of nearest-neighbour coordinates."""

    kHALF_UP = 0
    kHALF_DOWN = 1
    kFLOOR = 2
    kCEIL = 3

class LoopOutput(Enum, cpp="LoopOutput", underlying=int32):
    """How a loop's values become an output."""

    kLAST_VALUE = 0
    kCONCATENATE = 1
    kREVERSE = 2

class TripLimit(Enum, cpp="TripLimit", underlying=int32):
    """What limits a loop."""

    kCOUNT = 0
    kWHILE = 1

class FillOperation(Enum, cpp="FillOperation", underlying=int32):
    """How a fill makes its values."""

    kLINSPACE = 0
    kRANDOM_UNIFORM = 1
    kRANDOM_NORMAL = 2

class ScatterMode(Enum, cpp="ScatterMode", underlying=int32):
    """What the indices of a scatter mean."""

    kELEMENT = 0
    kND = 1

class BoundingBoxFormat(Enum, cpp="BoundingBoxFormat", underlying=int32):
    """How boxes are written."""

    kCORNER_PAIRS = 0
    kCENTER_SIZES = 1

class CumulativeOperation(Enum, cpp="CumulativeOperation", underlying=int32):
    """Cumulative operations."""

    kSUM = 0

class AttentionNormalizationOp(Enum, cpp="AttentionNormalizationOp", underlying=int32):
    """Normalization of attention scores."""

    kNONE = 0
    kSOFTMAX = 1

class CausalMaskKind(Enum, cpp="CausalMaskKind", underlying=int32):
    """Corner to which a causal mask is aligned."""

    kNONE = 0
    kUPPER_LEFT = 1
    kLOWER_RIGHT = 2

class AttentionIOForm(Enum, cpp="AttentionIOForm", underlying=int32):
    """Layout of an attention's inputs."""

    kPADDED_BHND = 0
    kPACKED_NHD = 1

class KVCacheMode(Enum, cpp="KVCacheMode", underlying=int32):
    """How a key-value cache is addressed."""

    kLINEAR = 0

class MoEActType(Enum, cpp="MoEActType", underlying=int32):
    """Activation of a mixture of experts."""

    kNONE = 0
    kSILU = 1
