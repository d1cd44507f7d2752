// SPDX-License-Identifier: Apache-2.0
//! The methods of a network that add layers, and the kinds of layer that are more than their properties.
#include <limits>

#include "network_control.hpp"

namespace trtx::fake {
namespace {

trtx_dims filled(std::size_t rank, int64_t value)
{
    return to_dims(Sizes(rank, value));
}

trtx_dims unset()
{
    trtx_dims dims{};
    dims.nb_dims = -1;
    return dims;
}

/// What convolution, deconvolution and pooling share: symmetric padding is both paddings.
template <class Stub> class Windowed : public Stub {
public:
    void start(std::size_t rank)
    {
        this->mPrePadding = this->mPostPadding = this->mPaddingNd = filled(rank, 0);
        this->mStrideNd = filled(rank, 1);
        this->mPaddingMode = TRTX_PADDING_MODE_EXPLICIT_ROUND_DOWN;
    }

protected:
    void do_setPaddingNd(trtx_dims const &padding) override
    {
        Stub::do_setPaddingNd(padding);
        this->mPrePadding = this->mPostPadding = padding;
    }
};

template <class Stub>
std::shared_ptr<Windowed<Stub>> convolution(int64_t maps, trtx_dims const &kernel, trtx_weights weights, trtx_weights bias)
{
    require(maps > 0, "nbOutputMaps > 0");
    require(kernel.nb_dims == 2 || kernel.nb_dims == 3, "kernelSize.nbDims == 2 || kernelSize.nbDims == 3");
    auto kind = std::make_shared<Windowed<Stub>>();
    kind->start(static_cast<std::size_t>(kernel.nb_dims));
    kind->mDilationNd = kind->mStrideNd;
    kind->mNbGroups = 1;
    kind->mNbOutputMaps = maps;
    kind->mKernelSizeNd = kernel;
    kind->mKernelWeights = weights;
    kind->mBiasWeights = bias;
    return kind;
}

class MatrixMultiply final : public MatrixMultiplyLayerStub {
public:
    int32_t operations[2] = {};

protected:
    void do_setOperation(int32_t index, int32_t op) override
    {
        require(index == 0 || index == 1, "index == 0 || index == 1");
        take(*this, operations[index], op);
    }
    int32_t do_getOperation(int32_t index) const override
    {
        require(index == 0 || index == 1, "index == 0 || index == 1");
        return operations[index];
    }
};

class Shuffle final : public ShuffleLayerStub {
protected:
    static void check(trtx_permutation const &permutation)
    {
        for (const int32_t axis : permutation.order) {
            require(axis >= 0 && axis < 8, "permutation.order is valid");
        }
    }
    void do_setFirstTranspose(trtx_permutation const &permutation) override
    {
        check(permutation);
        ShuffleLayerStub::do_setFirstTranspose(permutation);
    }
    void do_setSecondTranspose(trtx_permutation const &permutation) override
    {
        check(permutation);
        ShuffleLayerStub::do_setSecondTranspose(permutation);
    }
};

class Resize final : public ResizeLayerStub {
public:
    std::vector<float> scales;

protected:
    void do_setScales(const float *values, int32_t count) override
    {
        require(values != nullptr || count == 0, "scales != nullptr");
        scales.assign(values, values + count);
    }
    int32_t do_getScales(int32_t size, float *values) const override
    {
        for (std::size_t i = 0; values && i < scales.size() && static_cast<int32_t>(i) < size; ++i) {
            values[i] = scales[i];
        }
        return static_cast<int32_t>(scales.size());
    }
};

class Fill final : public FillLayerStub {
public:
    bool integers = false;

protected:
    void do_setAlphaInt64(int64_t alpha) override
    {
        integers = true;
        FillLayerStub::do_setAlphaInt64(alpha);
    }
    void do_setBetaInt64(int64_t beta) override
    {
        integers = true;
        FillLayerStub::do_setBetaInt64(beta);
    }
    bool do_isAlphaBetaInt64() const override { return integers; }
};

class Normalization final : public NormalizationLayerStub {
public:
    bool second = false;

protected:
    bool do_isV2() const override { return second; }
};

class NetworkImpl final : public NetworkBase {
public:
    using NetworkBase::NetworkBase;

protected:
    IActivationLayer *do_addActivation(ITensor *input, int32_t type) override
    {
        require(type >= 0 && type <= TRTX_ACTIVATION_TYPE_GELU_TANH, "type is an ActivationType");
        auto kind = std::make_shared<ActivationLayerStub>();
        kind->mActivationType = type;
        return add<IActivationLayer>(TRTX_LAYER_TYPE_ACTIVATION, {input}, 1, kind);
    }
    ILRNLayer *do_addLRN(ITensor *input, int64_t window, float alpha, float beta, float k) override
    {
        auto kind = std::make_shared<LRNLayerStub>();
        kind->mWindowSize = window;
        kind->mAlpha = alpha;
        kind->mBeta = beta;
        kind->mK = k;
        return add<ILRNLayer>(TRTX_LAYER_TYPE_LRN, {input}, 1, kind);
    }
    IScaleLayer *do_addScale(ITensor *input, int32_t mode, trtx_weights shift, trtx_weights scale, trtx_weights power) override
    {
        return do_addScaleNd(input, mode, shift, scale, power, 1);
    }
    IScaleLayer *do_addScaleNd(ITensor *input, int32_t mode, trtx_weights shift, trtx_weights scale, trtx_weights power,
        int32_t channelAxis) override
    {
        auto kind = std::make_shared<ScaleLayerStub>();
        kind->mMode = mode;
        kind->mShift = shift;
        kind->mScale = scale;
        kind->mPower = power;
        kind->mChannelAxis = channelAxis;
        return add<IScaleLayer>(TRTX_LAYER_TYPE_SCALE, {input}, 1, kind);
    }
    ISoftMaxLayer *do_addSoftMax(ITensor *input) override
    {
        // By default over the third axis from behind, or the first of fewer.
        const int32_t rank = tensor_of(input)->mDimensions.nb_dims;
        auto kind = std::make_shared<SoftMaxLayerStub>();
        kind->mAxes = 1U << (rank > 3 ? rank - 3 : 0);
        return add<ISoftMaxLayer>(TRTX_LAYER_TYPE_SOFTMAX, {input}, 1, kind);
    }
    IConcatenationLayer *do_addConcatenation(ITensor *const *inputs, int32_t nbInputs) override
    {
        require(inputs != nullptr && nbInputs > 0, "inputs != nullptr && nbInputs > 0");
        const std::vector<ITensor *> given(inputs, inputs + nbInputs);
        const int32_t rank = tensor_of(given[0])->mDimensions.nb_dims;
        auto kind = std::make_shared<ConcatenationLayerStub>();
        kind->mAxis = rank > 3 ? rank - 3 : 0;
        return add<IConcatenationLayer>(TRTX_LAYER_TYPE_CONCATENATION, given, 1, kind);
    }
    IElementWiseLayer *do_addElementWise(ITensor *input1, ITensor *input2, int32_t op) override
    {
        require(op >= 0 && op <= TRTX_ELEMENTWISE_OPERATION_LESS, "op is an ElementWiseOperation");
        auto kind = std::make_shared<ElementWiseLayerStub>();
        kind->mOperation = op;
        return add<IElementWiseLayer>(TRTX_LAYER_TYPE_ELEMENTWISE, {input1, input2}, 1, kind);
    }
    IUnaryLayer *do_addUnary(ITensor *input, int32_t operation) override
    {
        require(operation >= 0 && operation <= TRTX_UNARY_OPERATION_ISNAN, "operation is a UnaryOperation");
        auto kind = std::make_shared<UnaryLayerStub>();
        kind->mOperation = operation;
        return add<IUnaryLayer>(TRTX_LAYER_TYPE_UNARY, {input}, 1, kind);
    }
    IShuffleLayer *do_addShuffle(ITensor *input) override
    {
        auto kind = std::make_shared<Shuffle>();
        for (int32_t i = 0; i < 8; ++i) {
            kind->mFirstTranspose.order[i] = kind->mSecondTranspose.order[i] = i;
        }
        kind->mReshapeDimensions = unset();
        kind->mZeroIsPlaceholder = true;
        return add<IShuffleLayer>(TRTX_LAYER_TYPE_SHUFFLE, {input}, 1, kind);
    }
    IReduceLayer *do_addReduce(ITensor *input, int32_t operation, uint32_t reduceAxes, bool keepDimensions) override
    {
        require(reduceAxes != 0, "reduceAxes != 0");
        auto kind = std::make_shared<ReduceLayerStub>();
        kind->mOperation = operation;
        kind->mReduceAxes = reduceAxes;
        kind->mKeepDimensions = keepDimensions;
        return add<IReduceLayer>(TRTX_LAYER_TYPE_REDUCE, {input}, 1, kind);
    }
    ITopKLayer *do_addTopK(ITensor *input, int32_t op, int32_t k, uint32_t reduceAxes) override
    {
        return do_addTopKV2(input, op, k, reduceAxes, TRTX_DATA_TYPE_INT32);
    }
    ITopKLayer *do_addTopKV2(ITensor *input, int32_t op, int32_t k, uint32_t reduceAxes, int32_t indicesType) override
    {
        auto kind = std::make_shared<TopKLayerStub>();
        kind->mOperation = op;
        kind->mK = k;
        kind->mReduceAxes = reduceAxes;
        kind->mIndicesType = indicesType;
        return add<ITopKLayer>(TRTX_LAYER_TYPE_TOPK, {input}, 2, kind);
    }
    IGatherLayer *do_addGather(ITensor *data, ITensor *indices, int32_t axis) override
    {
        auto kind = std::make_shared<GatherLayerStub>();
        kind->mGatherAxis = axis;
        return add<IGatherLayer>(TRTX_LAYER_TYPE_GATHER, {data, indices}, 1, kind);
    }
    IGatherLayer *do_addGatherV2(ITensor *data, ITensor *indices, int32_t mode) override
    {
        auto kind = std::make_shared<GatherLayerStub>();
        kind->mMode = mode;
        return add<IGatherLayer>(TRTX_LAYER_TYPE_GATHER, {data, indices}, 1, kind);
    }
    IRaggedSoftMaxLayer *do_addRaggedSoftMax(ITensor *input, ITensor *bounds) override
    {
        return plain<IRaggedSoftMaxLayer, RaggedSoftMaxLayerStub>(TRTX_LAYER_TYPE_RAGGED_SOFTMAX, {input, bounds});
    }
    IMatrixMultiplyLayer *do_addMatrixMultiply(ITensor *input0, int32_t op0, ITensor *input1, int32_t op1) override
    {
        auto kind = std::make_shared<MatrixMultiply>();
        kind->operations[0] = op0;
        kind->operations[1] = op1;
        return add<IMatrixMultiplyLayer>(TRTX_LAYER_TYPE_MATRIX_MULTIPLY, {input0, input1}, 1, kind,
            [raw = kind.get()](Collector const &collect) {
                collect("Operation0", raw->operations[0]);
                collect("Operation1", raw->operations[1]);
            });
    }
    IConstantLayer *do_addConstant(trtx_dims const &dimensions, trtx_weights weights) override
    {
        require(weights.count == volume(to_sizes(dimensions)), "weights.count == volume(dimensions)");
        require(weights.values != nullptr || weights.count == 0, "weights.values != nullptr");
        auto kind = std::make_shared<ConstantLayerStub>();
        kind->mDimensions = dimensions;
        kind->mWeights = weights;
        return add<IConstantLayer>(TRTX_LAYER_TYPE_CONSTANT, {}, 1, kind);
    }
    IIdentityLayer *do_addIdentity(ITensor *input) override
    {
        return plain<IIdentityLayer, IdentityLayerStub>(TRTX_LAYER_TYPE_IDENTITY, {input});
    }
    ISliceLayer *do_addSlice(ITensor *input, trtx_dims const &start, trtx_dims const &size, trtx_dims const &stride) override
    {
        require(start.nb_dims == size.nb_dims && size.nb_dims == stride.nb_dims, "start, size and stride have one rank");
        auto kind = std::make_shared<SliceLayerStub>();
        kind->mStart = start;
        kind->mSize = size;
        kind->mStride = stride;
        kind->mAxes = unset();
        return add<ISliceLayer>(TRTX_LAYER_TYPE_SLICE, {input}, 1, kind);
    }
    IShapeLayer *do_addShape(ITensor *input) override
    {
        return plain<IShapeLayer, ShapeLayerStub>(TRTX_LAYER_TYPE_SHAPE, {input});
    }
    IParametricReLULayer *do_addParametricReLU(ITensor *input, ITensor *slope) override
    {
        return plain<IParametricReLULayer, ParametricReLULayerStub>(TRTX_LAYER_TYPE_PARAMETRIC_RELU, {input, slope});
    }
    IConvolutionLayer *do_addConvolutionNd(ITensor *input, int64_t nbOutputMaps, trtx_dims const &kernelSize,
        trtx_weights kernelWeights, trtx_weights biasWeights) override
    {
        return add<IConvolutionLayer>(TRTX_LAYER_TYPE_CONVOLUTION, {input}, 1,
            convolution<ConvolutionLayerStub>(nbOutputMaps, kernelSize, kernelWeights, biasWeights));
    }
    IDeconvolutionLayer *do_addDeconvolutionNd(ITensor *input, int64_t nbOutputMaps, trtx_dims const &kernelSize,
        trtx_weights kernelWeights, trtx_weights biasWeights) override
    {
        return add<IDeconvolutionLayer>(TRTX_LAYER_TYPE_DECONVOLUTION, {input}, 1,
            convolution<DeconvolutionLayerStub>(nbOutputMaps, kernelSize, kernelWeights, biasWeights));
    }
    IPoolingLayer *do_addPoolingNd(ITensor *input, int32_t type, trtx_dims const &windowSize) override
    {
        require(windowSize.nb_dims == 2 || windowSize.nb_dims == 3, "windowSize.nbDims == 2 || windowSize.nbDims == 3");
        auto kind = std::make_shared<Windowed<PoolingLayerStub>>();
        kind->start(static_cast<std::size_t>(windowSize.nb_dims));
        kind->mPoolingType = type;
        kind->mWindowSizeNd = windowSize;
        kind->mAverageCountExcludesPadding = true;
        return add<IPoolingLayer>(TRTX_LAYER_TYPE_POOLING, {input}, 1, kind);
    }
    IResizeLayer *do_addResize(ITensor *input) override
    {
        auto kind = std::make_shared<Resize>();
        kind->mOutputDimensions = unset();
        kind->mCoordinateTransformation = TRTX_RESIZE_COORDINATE_TRANSFORMATION_ASYMMETRIC;
        kind->mNearestRounding = TRTX_RESIZE_ROUND_MODE_FLOOR;
        kind->mCubicCoeff = -0.75F;
        return add<IResizeLayer>(TRTX_LAYER_TYPE_RESIZE, {input}, 1, kind);
    }
    ISelectLayer *do_addSelect(ITensor *condition, ITensor *thenInput, ITensor *elseInput) override
    {
        return plain<ISelectLayer, SelectLayerStub>(TRTX_LAYER_TYPE_SELECT, {condition, thenInput, elseInput});
    }
    IPaddingLayer *do_addPaddingNd(ITensor *input, trtx_dims const &prePadding, trtx_dims const &postPadding) override
    {
        auto kind = std::make_shared<PaddingLayerStub>();
        kind->mPrePaddingNd = prePadding;
        kind->mPostPaddingNd = postPadding;
        return add<IPaddingLayer>(TRTX_LAYER_TYPE_PADDING, {input}, 1, kind);
    }
    IScatterLayer *do_addScatter(ITensor *data, ITensor *indices, ITensor *updates, int32_t mode) override
    {
        auto kind = std::make_shared<ScatterLayerStub>();
        kind->mMode = mode;
        return add<IScatterLayer>(TRTX_LAYER_TYPE_SCATTER, {data, indices, updates}, 1, kind);
    }
    IEinsumLayer *do_addEinsum(ITensor *const *inputs, int32_t nbInputs, const char *equation) override
    {
        require(inputs != nullptr && nbInputs > 0 && equation != nullptr, "inputs != nullptr && equation != nullptr");
        auto kind = std::make_shared<EinsumLayerStub>();
        kind->mEquation = equation;
        return add<IEinsumLayer>(TRTX_LAYER_TYPE_EINSUM, {inputs, inputs + nbInputs}, 1, kind);
    }
    IAssertionLayer *do_addAssertion(ITensor *condition, const char *message) override
    {
        auto kind = std::make_shared<AssertionLayerStub>();
        kind->mMessage = text_or_empty(message);
        return add<IAssertionLayer>(TRTX_LAYER_TYPE_ASSERTION, {condition}, 0, kind);
    }
    IOneHotLayer *do_addOneHot(ITensor *indices, ITensor *values, ITensor *depth, int32_t axis) override
    {
        auto kind = std::make_shared<OneHotLayerStub>();
        kind->mAxis = axis;
        return add<IOneHotLayer>(TRTX_LAYER_TYPE_ONE_HOT, {indices, values, depth}, 1, kind);
    }
    INonZeroLayer *do_addNonZero(ITensor *input) override { return do_addNonZeroV2(input, TRTX_DATA_TYPE_INT32); }
    INonZeroLayer *do_addNonZeroV2(ITensor *input, int32_t indicesType) override
    {
        auto kind = std::make_shared<NonZeroLayerStub>();
        kind->mIndicesType = indicesType;
        return add<INonZeroLayer>(TRTX_LAYER_TYPE_NON_ZERO, {input}, 1, kind);
    }
    IGridSampleLayer *do_addGridSample(ITensor *input, ITensor *grid) override
    {
        auto kind = std::make_shared<GridSampleLayerStub>();
        kind->mInterpolationMode = TRTX_INTERPOLATION_MODE_LINEAR;
        kind->mSampleMode = TRTX_SAMPLE_MODE_FILL;
        return add<IGridSampleLayer>(TRTX_LAYER_TYPE_GRID_SAMPLE, {input, grid}, 1, kind);
    }
    INMSLayer *do_addNMS(ITensor *boxes, ITensor *scores, ITensor *maxOutputBoxesPerClass) override
    {
        return do_addNMSV2(boxes, scores, maxOutputBoxesPerClass, TRTX_DATA_TYPE_INT32);
    }
    INMSLayer *do_addNMSV2(ITensor *boxes, ITensor *scores, ITensor *maxOutputBoxesPerClass, int32_t indicesType) override
    {
        auto kind = std::make_shared<NMSLayerStub>();
        kind->mTopKBoxLimit = 2000;
        kind->mIndicesType = indicesType;
        return add<INMSLayer>(TRTX_LAYER_TYPE_NMS, {boxes, scores, maxOutputBoxesPerClass}, 2, kind);
    }
    IReverseSequenceLayer *do_addReverseSequence(ITensor *input, ITensor *sequenceLens) override
    {
        auto kind = std::make_shared<ReverseSequenceLayerStub>();
        kind->mBatchAxis = 1;
        return add<IReverseSequenceLayer>(TRTX_LAYER_TYPE_REVERSE_SEQUENCE, {input, sequenceLens}, 1, kind);
    }
    INormalizationLayer *do_addNormalization(ITensor *input, ITensor *scale, ITensor *bias, uint32_t axesMask) override
    {
        return normalization(input, scale, bias, axesMask, false);
    }
    INormalizationLayer *do_addNormalizationV2(ITensor *input, ITensor *scale, ITensor *bias, uint32_t axesMask) override
    {
        return normalization(input, scale, bias, axesMask, true);
    }
    ICastLayer *do_addCast(ITensor *input, int32_t toType) override
    {
        auto kind = std::make_shared<CastLayerStub>();
        kind->mToType = toType;
        return add<ICastLayer>(TRTX_LAYER_TYPE_CAST, {input}, 1, kind);
    }
    IQuantizeLayer *do_addQuantizeV2(ITensor *input, ITensor *scale, int32_t outputType) override
    {
        return quantize<IQuantizeLayer, QuantizeLayerStub>(TRTX_LAYER_TYPE_QUANTIZE, input, scale, outputType);
    }
    IDequantizeLayer *do_addDequantizeV2(ITensor *input, ITensor *scale, int32_t outputType) override
    {
        return quantize<IDequantizeLayer, DequantizeLayerStub>(TRTX_LAYER_TYPE_DEQUANTIZE, input, scale, outputType);
    }
    IFillLayer *do_addFillV2(trtx_dims const &dimensions, int32_t op, int32_t outputType) override
    {
        auto kind = std::make_shared<Fill>();
        kind->mDimensions = dimensions;
        kind->mOperation = op;
        kind->mToType = outputType;
        kind->mBeta = 1;
        return add<IFillLayer>(TRTX_LAYER_TYPE_FILL, {}, 1, kind);
    }
    ISqueezeLayer *do_addSqueeze(ITensor *input, ITensor *axes) override
    {
        return plain<ISqueezeLayer, SqueezeLayerStub>(TRTX_LAYER_TYPE_SQUEEZE, {input, axes});
    }
    ISqueezeLayer *do_addSqueezeV2(ITensor *input, ITensor *axes) override
    {
        std::vector<ITensor *> inputs = {input};
        if (axes) {
            inputs.push_back(axes);
        }
        return plain<ISqueezeLayer, SqueezeLayerStub>(TRTX_LAYER_TYPE_SQUEEZE, inputs);
    }
    IUnsqueezeLayer *do_addUnsqueeze(ITensor *input, ITensor *axes) override
    {
        return plain<IUnsqueezeLayer, UnsqueezeLayerStub>(TRTX_LAYER_TYPE_UNSQUEEZE, {input, axes});
    }
    IDynamicQuantizeLayer *do_addDynamicQuantize(
        ITensor *input, int32_t axis, int32_t blockSize, int32_t toType, int32_t scaleType) override
    {
        auto kind = std::make_shared<DynamicQuantizeLayerStub>();
        kind->mAxis = axis;
        kind->mBlockSize = blockSize;
        kind->mToType = toType;
        kind->mScaleType = scaleType;
        return add<IDynamicQuantizeLayer>(TRTX_LAYER_TYPE_DYNAMIC_QUANTIZE, {input}, 2, kind);
    }
    IDynamicQuantizeLayer *do_addDynamicQuantizeV2(
        ITensor *input, trtx_dims const &blockShape, int32_t toType, int32_t scaleType) override
    {
        auto kind = std::make_shared<DynamicQuantizeLayerStub>();
        kind->mAxis = -1;
        kind->mBlockSize = -1;
        kind->mToType = toType;
        kind->mScaleType = scaleType;
        kind->mBlockShape = blockShape;
        return add<IDynamicQuantizeLayer>(TRTX_LAYER_TYPE_DYNAMIC_QUANTIZE, {input}, 2, kind);
    }
    ICumulativeLayer *do_addCumulative(ITensor *input, ITensor *axis, int32_t operation, bool exclusive, bool reverse) override
    {
        auto kind = std::make_shared<CumulativeLayerStub>();
        kind->mOperation = operation;
        kind->mExclusive = exclusive;
        kind->mReverse = reverse;
        return add<ICumulativeLayer>(TRTX_LAYER_TYPE_CUMULATIVE, {input, axis}, 1, kind);
    }
    IRotaryEmbeddingLayer *do_addRotaryEmbedding(
        ITensor *input, ITensor *cosCache, ITensor *sinCache, bool interleaved, int32_t rotaryEmbeddingDim) override
    {
        auto kind = std::make_shared<RotaryEmbedding>();
        kind->mInterleaved = interleaved;
        kind->mRotaryEmbeddingDim = rotaryEmbeddingDim;
        return add<IRotaryEmbeddingLayer>(TRTX_LAYER_TYPE_ROTARY_EMBEDDING, {input, cosCache, sinCache}, 1, kind);
    }
    IKVCacheUpdateLayer *do_addKVCacheUpdate(
        ITensor *cache, ITensor *update, ITensor *writeIndices, int32_t cacheMode) override
    {
        auto kind = std::make_shared<KVCacheUpdateLayerStub>();
        kind->mCacheMode = cacheMode;
        return add<IKVCacheUpdateLayer>(TRTX_LAYER_TYPE_KVCACHE_UPDATE, {cache, update, writeIndices}, 1, kind);
    }
    IMoELayer *do_addMoE(ITensor *hidden, ITensor *experts, ITensor *scores) override
    {
        auto kind = std::make_shared<MoE>();
        kind->mQuantizationBlockShape = unset();
        kind->mSwigluParamLimit = std::numeric_limits<float>::infinity();
        kind->mSwigluParamAlpha = 1;
        return add<IMoELayer>(TRTX_LAYER_TYPE_MOE, {hidden, experts, scores}, 1, kind);
    }
    IDistCollectiveLayer *do_addDistCollective(ITensor *input, int32_t, int32_t, int64_t, int64_t *, int64_t) override
    {
        return plain<IDistCollectiveLayer, DistCollectiveLayerStub>(TRTX_LAYER_TYPE_DIST_COLLECTIVE, {input});
    }
    ILoop *do_addLoop() override { return own<ILoop>("Loop", std::make_shared<LoopImpl>(*this)); }
    IIfConditional *do_addIfConditional() override
    {
        return own<IIfConditional>("IfConditional", std::make_shared<ConditionalImpl>(*this));
    }
    IAttention *do_addAttention(ITensor *query, ITensor *key, ITensor *value, int32_t normOp, bool isCausal) override
    {
        return attention(query, key, value, normOp, isCausal ? TRTX_CAUSAL_MASK_KIND_UPPER_LEFT : TRTX_CAUSAL_MASK_KIND_NONE);
    }
    IAttention *do_addAttentionV2(ITensor *query, ITensor *key, ITensor *value, int32_t normOp, int32_t causalKind) override
    {
        return attention(query, key, value, normOp, causalKind);
    }

private:
    /// A layer without properties.
    template <class I, class Stub> I *plain(int32_t type, std::vector<ITensor *> const &inputs)
    {
        return add<I>(type, inputs, 1, std::make_shared<Stub>());
    }
    template <class I, class Stub> I *quantize(int32_t type, ITensor *input, ITensor *scale, int32_t outputType)
    {
        auto kind = std::make_shared<Stub>();
        kind->mAxis = -1;
        kind->mToType = outputType;
        kind->mBlockShape = unset();
        return add<I>(type, {input, scale}, 1, kind);
    }
    INormalizationLayer *normalization(ITensor *input, ITensor *scale, ITensor *bias, uint32_t axes, bool second)
    {
        auto kind = std::make_shared<Normalization>();
        kind->mAxes = axes;
        kind->mNbGroups = 1;
        kind->mEpsilon = 1e-5F;
        kind->second = second;
        return add<INormalizationLayer>(TRTX_LAYER_TYPE_NORMALIZATION, {input, scale, bias}, 1, kind);
    }
    IAttention *attention(ITensor *query, ITensor *key, ITensor *value, int32_t normOp, int32_t causalKind)
    {
        auto made = std::make_shared<AttentionImpl>(*this);
        made->mNormalizationOperation = normOp;
        made->mCausalKind = causalKind;
        made->mCausal = causalKind != TRTX_CAUSAL_MASK_KIND_NONE;
        made->mNbRanks = 1;
        made->start({query, key, value});
        return own<IAttention>("Attention", made);
    }
};

} // namespace

std::shared_ptr<NetworkBase> make_network(IBuilder *builder, uint32_t flags)
{
    return std::make_shared<NetworkImpl>(builder, flags);
}

} // namespace trtx::fake
