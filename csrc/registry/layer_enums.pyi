"""Enumerations of layers and their parameters: values as the library counts them."""

from vocabulary import *

class LayerType(Enum, cpp="LayerType", underlying=int32):
    """The kind of a layer."""

    kCONVOLUTION = 0
    """`ConvolutionLayer`."""
    kCAST = 1
    """`CastLayer`."""
    kACTIVATION = 2
    """`ActivationLayer`."""
    kPOOLING = 3
    """`PoolingLayer`."""
    kLRN = 4
    """`LRNLayer`."""
    kSCALE = 5
    """`ScaleLayer`."""
    kSOFTMAX = 6
    """`SoftMaxLayer`."""
    kDECONVOLUTION = 7
    """`DeconvolutionLayer`."""
    kCONCATENATION = 8
    """`ConcatenationLayer`."""
    kELEMENTWISE = 9
    """`ElementWiseLayer`."""
    kPLUGIN = 10
    """A plugin; TensorRT-RTX has none."""
    kUNARY = 11
    """`UnaryLayer`."""
    kPADDING = 12
    """`PaddingLayer`."""
    kSHUFFLE = 13
    """`ShuffleLayer`."""
    kREDUCE = 14
    """`ReduceLayer`."""
    kTOPK = 15
    """`TopKLayer`."""
    kGATHER = 16
    """`GatherLayer`."""
    kMATRIX_MULTIPLY = 17
    """`MatrixMultiplyLayer`."""
    kRAGGED_SOFTMAX = 18
    """`RaggedSoftMaxLayer`."""
    kCONSTANT = 19
    """`ConstantLayer`."""
    kIDENTITY = 20
    """`IdentityLayer`."""
    kPLUGIN_V2 = 21
    """A plugin; TensorRT-RTX has none."""
    kSLICE = 22
    """`SliceLayer`."""
    kSHAPE = 23
    """`ShapeLayer`."""
    kPARAMETRIC_RELU = 24
    """`ParametricReLULayer`."""
    kRESIZE = 25
    """`ResizeLayer`."""
    kTRIP_LIMIT = 26
    """`TripLimitLayer`."""
    kRECURRENCE = 27
    """`RecurrenceLayer`."""
    kITERATOR = 28
    """`IteratorLayer`."""
    kLOOP_OUTPUT = 29
    """`LoopOutputLayer`."""
    kSELECT = 30
    """`SelectLayer`."""
    kFILL = 31
    """`FillLayer`."""
    kQUANTIZE = 32
    """`QuantizeLayer`."""
    kDEQUANTIZE = 33
    """`DequantizeLayer`."""
    kCONDITION = 34
    """`ConditionLayer`."""
    kCONDITIONAL_INPUT = 35
    """`IfConditionalInputLayer`."""
    kCONDITIONAL_OUTPUT = 36
    """`IfConditionalOutputLayer`."""
    kSCATTER = 37
    """`ScatterLayer`."""
    kEINSUM = 38
    """`EinsumLayer`."""
    kASSERTION = 39
    """`AssertionLayer`."""
    kONE_HOT = 40
    """`OneHotLayer`."""
    kNON_ZERO = 41
    """`NonZeroLayer`."""
    kGRID_SAMPLE = 42
    """`GridSampleLayer`."""
    kNMS = 43
    """`NMSLayer`."""
    kREVERSE_SEQUENCE = 44
    """`ReverseSequenceLayer`."""
    kNORMALIZATION = 45
    """`NormalizationLayer`."""
    kPLUGIN_V3 = 46
    """A plugin; TensorRT-RTX has none."""
    kSQUEEZE = 47
    """`SqueezeLayer`."""
    kUNSQUEEZE = 48
    """`UnsqueezeLayer`."""
    kCUMULATIVE = 49
    """`CumulativeLayer`."""
    kDYNAMIC_QUANTIZE = 50
    """`DynamicQuantizeLayer`."""
    kATTENTION_INPUT = 51
    """`AttentionInputLayer`."""
    kATTENTION_OUTPUT = 52
    """`AttentionOutputLayer`."""
    kROTARY_EMBEDDING = 53
    """`RotaryEmbeddingLayer`."""
    kKVCACHE_UPDATE = 54
    """`KVCacheUpdateLayer`."""
    kKV_CACHE_UPDATE = kKVCACHE_UPDATE
    kMOE = 55
    """`MoELayer`."""
    kDIST_COLLECTIVE = 56
    """`DistCollectiveLayer`."""

class ActivationType(Enum, cpp="ActivationType", underlying=int32):
    """Activation functions."""

    kRELU = 0
    """max(0, x)."""
    kSIGMOID = 1
    """1 / (1 + exp(-x))."""
    kTANH = 2
    """tanh(x)."""
    kLEAKY_RELU = 3
    """x, or alpha * x below 0."""
    kELU = 4
    """x, or alpha * (exp(x) - 1) below 0."""
    kSELU = 5
    """beta * x, or beta * alpha * (exp(x) - 1) below 0."""
    kSOFTSIGN = 6
    """x / (1 + |x|)."""
    kSOFTPLUS = 7
    """alpha * log(exp(beta * x) + 1)."""
    kCLIP = 8
    """max(alpha, min(beta, x))."""
    kHARD_SIGMOID = 9
    """max(0, min(1, alpha * x + beta))."""
    kSCALED_TANH = 10
    """alpha * tanh(beta * x)."""
    kTHRESHOLDED_RELU = 11
    """x above alpha, else 0."""
    kGELU_ERF = 12
    """0.5 * x * (1 + erf(x / sqrt(2)))."""
    kGELU_TANH = 13
    """0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))."""

class PaddingMode(Enum, cpp="PaddingMode", underlying=int32):
    """How the output size follows from padding and stride."""

    kEXPLICIT_ROUND_DOWN = 0
    """As the padding says; sizes are rounded down."""
    kEXPLICIT_ROUND_UP = 1
    """As the padding says; sizes are rounded up."""
    kSAME_UPPER = 2
    """As much as makes the output input / stride, rounded up; what is odd goes behind."""
    kSAME_LOWER = 3
    """As much as makes the output input / stride, rounded up; what is odd goes in front."""

class PoolingType(Enum, cpp="PoolingType", underlying=int32):
    """What a pooling window is reduced to."""

    kMAX = 0
    """The largest value."""
    kAVERAGE = 1
    """The mean."""
    kMAX_AVERAGE_BLEND = 2
    """A blend of both: (1 - blend_factor) * largest + blend_factor * mean."""

class ScaleMode(Enum, cpp="ScaleMode", underlying=int32):
    """What a scale's coefficients apply to."""

    kUNIFORM = 0
    """One coefficient for the whole tensor."""
    kCHANNEL = 1
    """One for each channel."""
    kELEMENTWISE = 2
    """One for each element."""

class ElementWiseOperation(Enum, cpp="ElementWiseOperation", underlying=int32):
    """Functions of two arguments."""

    kSUM = 0
    """a + b."""
    kPROD = 1
    """a * b."""
    kMAX = 2
    """The larger one."""
    kMIN = 3
    """The smaller one."""
    kSUB = 4
    """a - b."""
    kDIV = 5
    """a / b; of integers, rounded towards zero."""
    kPOW = 6
    """a to the power of b."""
    kFLOOR_DIV = 7
    """a / b, rounded down."""
    kAND = 8
    """Both are true."""
    kOR = 9
    """At least one is true."""
    kXOR = 10
    """Just one is true."""
    kEQUAL = 11
    """a == b."""
    kGREATER = 12
    """a > b."""
    kLESS = 13
    """a < b."""

class GatherMode(Enum, cpp="GatherMode", underlying=int32):
    """What the indices of a gather mean."""

    kDEFAULT = 0
    """Positions along one axis, as ONNX's Gather has them."""
    kELEMENT = 1
    """One position for each output element, as in ONNX's GatherElements."""
    kND = 2
    """Tuples of positions, as in ONNX's GatherND."""

class UnaryOperation(Enum, cpp="UnaryOperation", underlying=int32):
    """Functions of one argument."""

    kEXP = 0
    """e to the power of x."""
    kLOG = 1
    """Natural logarithm."""
    kSQRT = 2
    """Square root."""
    kRECIP = 3
    """1 / x."""
    kABS = 4
    """Absolute value."""
    kNEG = 5
    """-x."""
    kSIN = 6
    """Sine."""
    kCOS = 7
    """Cosine."""
    kTAN = 8
    """Tangent."""
    kSINH = 9
    """Hyperbolic sine."""
    kCOSH = 10
    """Hyperbolic cosine."""
    kASIN = 11
    """Inverse sine."""
    kACOS = 12
    """Inverse cosine."""
    kATAN = 13
    """Inverse tangent."""
    kASINH = 14
    """Inverse hyperbolic sine."""
    kACOSH = 15
    """Inverse hyperbolic cosine."""
    kATANH = 16
    """Inverse hyperbolic tangent."""
    kCEIL = 17
    """Rounds up."""
    kFLOOR = 18
    """Rounds down."""
    kERF = 19
    """Gauss error function."""
    kNOT = 20
    """Logical not."""
    kSIGN = 21
    """-1, 0 or 1."""
    kROUND = 22
    """Rounds to the nearest integer, halves to the even one."""
    kISINF = 23
    """Whether it is infinite."""
    kISNAN = 24
    """Whether it is not a number."""

class ReduceOperation(Enum, cpp="ReduceOperation", underlying=int32):
    """Reductions."""

    kSUM = 0
    """Sum."""
    kPROD = 1
    """Product."""
    kMAX = 2
    """Largest value."""
    kMIN = 3
    """Smallest value."""
    kAVG = 4
    """Mean."""
    kNONE = 5
    """None; for collectives that do not reduce."""

class CollectiveOperation(Enum, cpp="CollectiveOperation", underlying=int32):
    """Collective operations."""

    kALL_REDUCE = 0
    """Every rank gets the reduction of all."""
    kALL_GATHER = 1
    """Every rank gets the tensors of all."""
    kBROADCAST = 2
    """Every rank gets the tensor of the root."""
    kREDUCE = 3
    """The root gets the reduction of all."""
    kREDUCE_SCATTER = 4
    """Every rank gets its part of the reduction of all."""
    kALL_TO_ALL = 5
    """Every rank sends each other one its part."""
    kGATHER = 6
    """The root gets the tensors of all."""
    kSCATTER = 7
    """Every rank gets its part of the root's tensor."""

class SampleMode(Enum, cpp="SampleMode", underlying=int32):
    """What lies outside a tensor's bounds."""

    kSTRICT_BOUNDS = 0
    """Nothing: going outside is an error."""
    kWRAP = 1
    """The tensor again, from its other end."""
    kCLAMP = 2
    """The nearest element."""
    kFILL = 3
    """A given value."""
    kREFLECT = 4
    """The tensor mirrored at its edge."""

class TopKOperation(Enum, cpp="TopKOperation", underlying=int32):
    """Largest or smallest."""

    kMAX = 0
    """The largest."""
    kMIN = 1
    """The smallest."""

class MatrixOperation(Enum, cpp="MatrixOperation", underlying=int32):
    """What is done to a matrix before it is multiplied."""

    kNONE = 0
    """It stays as it is."""
    kTRANSPOSE = 1
    """Its last two dimensions are swapped."""
    kVECTOR = 2
    """Its last dimension counts as a vector."""

class InterpolationMode(Enum, cpp="InterpolationMode", underlying=int32):
    """Interpolation of a resize."""

    kNEAREST = 0
    """The nearest neighbour."""
    kLINEAR = 1
    """Linear; bilinear, or trilinear, in more dimensions."""
    kCUBIC = 2
    """Cubic convolution, in two dimensions."""

class ResizeCoordinateTransformation(Enum, cpp="ResizeCoordinateTransformation", underlying=int32):
    """How output coordinates map to input coordinates."""

    kALIGN_CORNERS = 0
    """The first and last elements lie on one another."""
    kASYMMETRIC = 1
    """Output coordinate / scale."""
    kHALF_PIXEL = 2
    """Centres of pixels: (output coordinate + 0.5) / scale - 0.5."""

class ResizeSelector(Enum, cpp="ResizeSelector", underlying=int32):
    """What a resize to a single pixel takes."""

    kFORMULA = 0
    """What the coordinate transformation yields."""
    kUPPER = 1
    """The first element."""

class ResizeRoundMode(Enum, cpp="ResizeRoundMode", underlying=int32):
    """Rounding of nearest-neighbour coordinates."""

    kHALF_UP = 0
    """To the nearest; halves up."""
    kHALF_DOWN = 1
    """To the nearest; halves down."""
    kFLOOR = 2
    """Down."""
    kCEIL = 3
    """Up."""

class LoopOutput(Enum, cpp="LoopOutput", underlying=int32):
    """How a loop's values become an output."""

    kLAST_VALUE = 0
    """The value of the last iteration."""
    kCONCATENATE = 1
    """The values of all iterations, in order."""
    kREVERSE = 2
    """The values of all iterations, last one first."""

class TripLimit(Enum, cpp="TripLimit", underlying=int32):
    """What limits a loop."""

    kCOUNT = 0
    """A number of iterations."""
    kWHILE = 1
    """A condition, looked at before each iteration."""

class FillOperation(Enum, cpp="FillOperation", underlying=int32):
    """How a fill makes its values."""

    kLINSPACE = 0
    """A start and steps along the dimensions."""
    kRANDOM_UNIFORM = 1
    """Uniform random numbers between two bounds."""
    kRANDOM_NORMAL = 2
    """Normal random numbers of a mean and a deviation."""

class ScatterMode(Enum, cpp="ScatterMode", underlying=int32):
    """What the indices of a scatter mean."""

    kELEMENT = 0
    """One position for each update, as in ONNX's ScatterElements."""
    kND = 1
    """Tuples of positions, as in ONNX's ScatterND."""

class BoundingBoxFormat(Enum, cpp="BoundingBoxFormat", underlying=int32):
    """How boxes are written."""

    kCORNER_PAIRS = 0
    """Two opposite corners: (x1, y1, x2, y2)."""
    kCENTER_SIZES = 1
    """Centre and size: (x, y, width, height)."""

class CumulativeOperation(Enum, cpp="CumulativeOperation", underlying=int32):
    """Cumulative operations."""

    kSUM = 0
    """Running sum."""

class AttentionNormalizationOp(Enum, cpp="AttentionNormalizationOp", underlying=int32):
    """Normalization of attention scores."""

    kNONE = 0
    """None."""
    kSOFTMAX = 1
    """Softmax."""

class CausalMaskKind(Enum, cpp="CausalMaskKind", underlying=int32):
    """Corner to which a causal mask is aligned."""

    kNONE = 0
    """No causal mask."""
    kUPPER_LEFT = 1
    """The first query sees the first key alone."""
    kLOWER_RIGHT = 2
    """The last query sees all keys."""

class AttentionIOForm(Enum, cpp="AttentionIOForm", underlying=int32):
    """Layout of an attention's inputs."""

    kPADDED_BHND = 0
    """Batch, heads, sequence, size of a head; short sequences are padded."""
    kPACKED_NHD = 1
    """All tokens of a batch one after another, heads, size of a head; nothing is padded."""

class KVCacheMode(Enum, cpp="KVCacheMode", underlying=int32):
    """How a key-value cache is addressed."""

    kLINEAR = 0
    """Positions count from the cache's start, one after another."""

class MoEActType(Enum, cpp="MoEActType", underlying=int32):
    """Activation of a mixture of experts."""

    kNONE = 0
    """None."""
    kSILU = 1
    """x * sigmoid(x)."""
