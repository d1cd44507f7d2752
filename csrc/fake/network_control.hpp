// SPDX-License-Identifier: Apache-2.0
//! Loops, conditionals, attentions and the layers whose inputs have setters of their own. They can be built, not run.
#pragma once

#include "network.hpp"

namespace trtx::fake {

class LoopImpl final : public LoopStub {
public:
    explicit LoopImpl(NetworkBase &network) : mNetwork(network) { mName = "(Unnamed Loop)"; }

protected:
    IRecurrenceLayer *do_addRecurrence(ITensor *initialValue) override;
    ITripLimitLayer *do_addTripLimit(ITensor *tensor, int32_t limit) override;
    IIteratorLayer *do_addIterator(ITensor *tensor, int32_t axis, bool reverse) override;
    ILoopOutputLayer *do_addLoopOutput(ITensor *tensor, int32_t outputKind, int32_t axis) override;

private:
    NetworkBase &mNetwork;
};

class ConditionalImpl final : public IfConditionalStub {
public:
    explicit ConditionalImpl(NetworkBase &network) : mNetwork(network) { mName = "(Unnamed Conditional)"; }

protected:
    IConditionLayer *do_setCondition(ITensor *tensor) override;
    IIfConditionalInputLayer *do_addInput(ITensor *tensor) override;
    IIfConditionalOutputLayer *do_addOutput(ITensor *trueTensor, ITensor *falseTensor) override;

private:
    NetworkBase &mNetwork;
};

class AttentionImpl final : public AttentionStub {
public:
    explicit AttentionImpl(NetworkBase &network) : mNetwork(network) { mName = "(Unnamed Attention)"; }
    /// Adds the two layers between which the attention works.
    void start(std::vector<ITensor *> const &inputs);

protected:
    bool do_setInput(int32_t index, ITensor *input) override;
    int32_t do_getNbInputs() const override { return static_cast<int32_t>(mInput->inputs.size()); }
    ITensor *do_getInput(int32_t index) const override;
    int32_t do_getNbOutputs() const override { return 1; }
    ITensor *do_getOutput(int32_t index) const override;

private:
    NetworkBase &mNetwork;
    LayerImpl *mInput = nullptr;
    LayerImpl *mOutput = nullptr;
};

class RotaryEmbedding final : public RotaryEmbeddingLayerStub {
protected:
    void do_setInput(int32_t index, ITensor *input) override;
};

class MoE final : public MoELayerStub {
protected:
    void do_setInput(int32_t index, ITensor *tensor) override;
    void do_setSwigluParams(float limit, float alpha, float beta) override;
    void do_setQuantizationStatic(ITensor *scale, int32_t type) override;
    void do_setQuantizationDynamicDblQ(
        ITensor *scale, int32_t type, trtx_dims const &blockShape, int32_t scaleType) override;
    void do_setGatedWeights(ITensor *, ITensor *, ITensor *, int32_t activationType) override;
};

} // namespace trtx::fake
