// SPDX-License-Identifier: Apache-2.0
#include "network_control.hpp"

namespace trtx::fake {
namespace {

class LoopBoundary final : public LoopBoundaryLayerStub {
public:
    explicit LoopBoundary(ILoop *loop) : mLoop(loop) {}

protected:
    ILoop *do_getLoop() const override { return mLoop; }

private:
    ILoop *mLoop;
};

class ConditionalBoundary final : public IfConditionalBoundaryLayerStub {
public:
    explicit ConditionalBoundary(IIfConditional *conditional) : mConditional(conditional) {}

protected:
    IIfConditional *do_getConditional() const override { return mConditional; }

private:
    IIfConditional *mConditional;
};

class AttentionBoundary final : public AttentionBoundaryLayerStub {
public:
    explicit AttentionBoundary(AttentionImpl &attention) : mAttention(attention) {}

protected:
    // Asked late: the layers are made before the attention has a face.
    IAttention *do_getAttention() const override { return static_cast<IAttention *>(mAttention.life()->face); }

private:
    AttentionImpl &mAttention;
};

class LoopOutput final : public LoopOutputLayerStub {
public:
    explicit LoopOutput(int32_t output) : mOutput(output) {}

protected:
    int32_t do_getLoopOutput() const override { return mOutput; }

private:
    int32_t mOutput;
};

class TripLimit final : public TripLimitLayerStub {
public:
    explicit TripLimit(int32_t limit) : mLimit(limit) {}

protected:
    int32_t do_getTripLimit() const override { return mLimit; }

private:
    int32_t mLimit;
};

/// The layer that a kind of layer belongs to.
LayerImpl &layer_of(Subject const &kind)
{
    return *static_cast<LayerImpl *>(kind.life()->body.get());
}

} // namespace

IRecurrenceLayer *LoopImpl::do_addRecurrence(ITensor *initialValue)
{
    auto boundary = std::make_shared<LoopBoundary>(static_cast<ILoop *>(life()->face));
    return mNetwork.add_boundary<IRecurrenceLayer>(
        TRTX_LAYER_TYPE_RECURRENCE, {initialValue}, 1, std::make_shared<RecurrenceLayerStub>(), boundary);
}

ITripLimitLayer *LoopImpl::do_addTripLimit(ITensor *tensor, int32_t limit)
{
    auto boundary = std::make_shared<LoopBoundary>(static_cast<ILoop *>(life()->face));
    return mNetwork.add_boundary<ITripLimitLayer>(
        TRTX_LAYER_TYPE_TRIP_LIMIT, {tensor}, 0, std::make_shared<TripLimit>(limit), boundary);
}

IIteratorLayer *LoopImpl::do_addIterator(ITensor *tensor, int32_t axis, bool reverse)
{
    auto boundary = std::make_shared<LoopBoundary>(static_cast<ILoop *>(life()->face));
    auto kind = std::make_shared<IteratorLayerStub>();
    kind->mAxis = axis;
    kind->mReverse = reverse;
    return mNetwork.add_boundary<IIteratorLayer>(TRTX_LAYER_TYPE_ITERATOR, {tensor}, 1, kind, boundary);
}

ILoopOutputLayer *LoopImpl::do_addLoopOutput(ITensor *tensor, int32_t outputKind, int32_t axis)
{
    auto boundary = std::make_shared<LoopBoundary>(static_cast<ILoop *>(life()->face));
    auto kind = std::make_shared<LoopOutput>(outputKind);
    kind->mAxis = axis;
    return mNetwork.add_boundary<ILoopOutputLayer>(TRTX_LAYER_TYPE_LOOP_OUTPUT, {tensor}, 1, kind, boundary);
}

IConditionLayer *ConditionalImpl::do_setCondition(ITensor *tensor)
{
    auto boundary = std::make_shared<ConditionalBoundary>(static_cast<IIfConditional *>(life()->face));
    return mNetwork.add_boundary<IConditionLayer>(
        TRTX_LAYER_TYPE_CONDITION, {tensor}, 0, std::make_shared<ConditionLayerStub>(), boundary);
}

IIfConditionalInputLayer *ConditionalImpl::do_addInput(ITensor *tensor)
{
    auto boundary = std::make_shared<ConditionalBoundary>(static_cast<IIfConditional *>(life()->face));
    return mNetwork.add_boundary<IIfConditionalInputLayer>(
        TRTX_LAYER_TYPE_CONDITIONAL_INPUT, {tensor}, 1, std::make_shared<IfConditionalInputLayerStub>(), boundary);
}

IIfConditionalOutputLayer *ConditionalImpl::do_addOutput(ITensor *trueTensor, ITensor *falseTensor)
{
    auto boundary = std::make_shared<ConditionalBoundary>(static_cast<IIfConditional *>(life()->face));
    return mNetwork.add_boundary<IIfConditionalOutputLayer>(TRTX_LAYER_TYPE_CONDITIONAL_OUTPUT,
        {trueTensor, falseTensor}, 1, std::make_shared<IfConditionalOutputLayerStub>(), boundary);
}

void AttentionImpl::start(std::vector<ITensor *> const &inputs)
{
    auto *input = mNetwork.add_boundary<IAttentionInputLayer>(TRTX_LAYER_TYPE_ATTENTION_INPUT, inputs, 1,
        std::make_shared<AttentionInputLayerStub>(), std::make_shared<AttentionBoundary>(*this));
    mInput = dynamic_cast<LayerImpl *>(input->mLayer);
    auto *output = mNetwork.add_boundary<IAttentionOutputLayer>(TRTX_LAYER_TYPE_ATTENTION_OUTPUT,
        {mInput->outputs[0]->face}, 1, std::make_shared<AttentionOutputLayerStub>(),
        std::make_shared<AttentionBoundary>(*this));
    mOutput = dynamic_cast<LayerImpl *>(output->mLayer);
}

bool AttentionImpl::do_setInput(int32_t index, ITensor *input)
{
    mInput->set_input(index, input);
    return true;
}

ITensor *AttentionImpl::do_getInput(int32_t index) const
{
    require(index >= 0 && index < do_getNbInputs(), "index >= 0 && index < getNbInputs()");
    return mInput->inputs[static_cast<std::size_t>(index)]->face;
}

ITensor *AttentionImpl::do_getOutput(int32_t index) const
{
    require(index == 0, "index == 0");
    return mOutput->outputs[0]->face;
}

void RotaryEmbedding::do_setInput(int32_t index, ITensor *input)
{
    layer_of(*this).set_input(index, input);
}

void MoE::do_setInput(int32_t index, ITensor *tensor)
{
    layer_of(*this).set_input(index, tensor);
}

void MoE::do_setSwigluParams(float limit, float alpha, float beta)
{
    mSwigluParamLimit = limit;
    mSwigluParamAlpha = alpha;
    mSwigluParamBeta = beta;
}

void MoE::do_setQuantizationStatic(ITensor *, int32_t type)
{
    mQuantizationToType = type;
}

void MoE::do_setQuantizationDynamicDblQ(ITensor *, int32_t type, trtx_dims const &blockShape, int32_t scaleType)
{
    mQuantizationToType = type;
    mQuantizationBlockShape = blockShape;
    mDynQOutputScaleType = scaleType;
}

void MoE::do_setGatedWeights(ITensor *, ITensor *, ITensor *, int32_t activationType)
{
    mActivationType = activationType;
}

} // namespace trtx::fake
