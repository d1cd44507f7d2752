// SPDX-License-Identifier: Apache-2.0
//! The network under construction: tensors, layers, and how they become a plan.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <memory>
#include <string>
#include <vector>

#include "layers_control_gen.hpp"
#include "layers_dense_gen.hpp"
#include "layers_shape_gen.hpp"
#include "layers_transformer_gen.hpp"
#include "network_gen.hpp"
#include "plan.hpp"

namespace trtx::fake {

class LayerImpl;
class NetworkBase;

/// Names that the application gave to weights, by their address.
using WeightNames = std::map<const void *, std::string>;

/// Writes the properties of a stub into a node. Weights are copied only where the node is to be kept.
struct Collector {
    Node &node;
    bool with_weights;
    WeightNames const *names = nullptr;

    void operator()(const char *key, trtx_dims const &dims) const
    {
        if (dims.nb_dims >= 0) {
            node.attributes[key] = to_sizes(dims);
        }
    }
    void operator()(const char *key, trtx_permutation const &permutation) const
    {
        node.attributes[key] = Sizes(permutation.order, permutation.order + 8);
    }
    void operator()(const char *key, trtx_weights const &weights) const;
    void operator()(const char *key, std::string const &text) const { node.attributes[key] = text; }
    template <class T> void operator()(const char *key, T const &value) const
    {
        if constexpr (std::is_floating_point_v<T>) {
            node.attributes[key] = static_cast<double>(value);
        } else if constexpr (std::is_integral_v<T>) {
            node.attributes[key] = static_cast<int64_t>(value);
        } else {
            // Pointers mean nothing in a plan.
            static_assert(std::is_pointer_v<T>);
        }
    }
};

class TensorImpl final : public TensorStub {
public:
    TensorImpl(NetworkBase &network, std::string name, LayerImpl *producer) : network(network), producer(producer)
    {
        mName = std::move(name);
    }

    NetworkBase &network;
    LayerImpl *producer;
    ITensor *face = nullptr;
    int32_t type = TRTX_DATA_TYPE_FLOAT;
    bool is_input = false;
    bool is_output = false;
    bool debug = false;
    /// Values of a constant shape tensor.
    std::optional<Sizes> values;
    std::map<int32_t, std::string> dimension_names;

protected:
    void do_setName(const char *name) override;
    void do_setDimensions(trtx_dims const &dimensions) override;
    trtx_dims do_getDimensions() const override;
    int32_t do_getType() const override;
    bool do_isNetworkInput() const override { return is_input; }
    bool do_isNetworkOutput() const override { return is_output; }
    bool do_isExecutionTensor() const override { return true; }
    void do_setDimensionName(int32_t index, const char *name) override;
    const char *do_getDimensionName(int32_t index) const override;
};

class LayerImpl final : public LayerStub {
public:
    LayerImpl(NetworkBase &network, int32_t type) : network(network), type(type) {}

    /// The layer as a node without connections.
    Node node(bool with_weights, WeightNames const *names = nullptr) const;
    void set_input(int32_t index, ITensor *tensor);

    NetworkBase &network;
    int32_t type;
    ILayer *face = nullptr;
    std::vector<TensorImpl *> inputs;
    std::vector<TensorImpl *> outputs;
    std::function<void(Collector const &)> collect;
    /// What shape inference had to say against it.
    std::string problem;
    /// The kind's own implementation, which dies with the layer.
    std::shared_ptr<void> kind;

protected:
    int32_t do_getType() const override { return type; }
    int32_t do_getNbInputs() const override { return static_cast<int32_t>(inputs.size()); }
    ITensor *do_getInput(int32_t index) const override;
    int32_t do_getNbOutputs() const override { return static_cast<int32_t>(outputs.size()); }
    ITensor *do_getOutput(int32_t index) const override;
    void do_setInput(int32_t index, ITensor *tensor) override { set_input(index, tensor); }
    int32_t do_getOutputType(int32_t index) const override;
};

/// What the network keeps of a layer's kind that the plan needs and a stub has no property for.
using Extra = std::function<void(Collector const &)>;

/// Tensors, layers and everything but the methods that add layers.
class NetworkBase : public NetworkDefinitionStub {
public:
    NetworkBase(IBuilder *builder, uint32_t flags) : mBuilder(builder), mFlags(flags) {}

    /// The tensor behind a pointer that the application gave; refuses null, strangers and the dead.
    TensorImpl *tensor_of(ITensor const *tensor) const;
    TensorImpl *add_tensor(std::string name, LayerImpl *producer);
    /// Infers all types and shapes again if anything has changed.
    void refresh();
    /// The network as a plan. Refuses what cannot be built.
    Plan plan();
    std::vector<std::shared_ptr<LayerImpl>> const &layers() const { return mLayers; }
    std::vector<TensorImpl *> const &inputs() const { return mInputs; }
    /// Ends all that the network owns.
    void end() noexcept;

    /// Adds a layer of any kind; `link` completes its face.
    template <class I, class K, class Link>
    I *add_linked(int32_t type, std::vector<ITensor *> const &inputs, int32_t outputs, std::shared_ptr<K> kind, Link link,
        Extra extra = nullptr);
    template <class I, class K>
    I *add(int32_t type, std::vector<ITensor *> const &inputs, int32_t outputs, std::shared_ptr<K> kind,
        Extra extra = nullptr)
    {
        return add_linked<I>(type, inputs, outputs, kind, [raw = kind.get()](I &face) { face.mImpl = raw; }, extra);
    }
    /// A layer at the border of a loop, a conditional or an attention.
    template <class I, class K, class B>
    I *add_boundary(int32_t type, std::vector<ITensor *> const &inputs, int32_t outputs, std::shared_ptr<K> kind,
        std::shared_ptr<B> boundary);
    /// An object of the network that is no layer.
    template <class I, class Impl> I *own(const char *class_name, std::shared_ptr<Impl> const &impl)
    {
        auto *face = publish<I>(class_name, impl, shared_life());
        mOwned.push_back(impl->shared_life());
        return face;
    }

protected:
    ITensor *do_addInput(const char *name, int32_t type, trtx_dims const &dimensions) override;
    void do_markOutput(ITensor *tensor) override;
    void do_unmarkOutput(ITensor *tensor) override;
    int32_t do_getNbLayers() const override { return static_cast<int32_t>(mLayers.size()); }
    ILayer *do_getLayer(int32_t index) const override;
    int32_t do_getNbInputs() const override { return static_cast<int32_t>(mInputs.size()); }
    ITensor *do_getInput(int32_t index) const override;
    int32_t do_getNbOutputs() const override { return static_cast<int32_t>(mOutputs.size()); }
    ITensor *do_getOutput(int32_t index) const override;
    void do_removeTensor(ITensor *tensor) override;
    bool do_markOutputForShapes(ITensor *tensor) override;
    bool do_unmarkOutputForShapes(ITensor *tensor) override;
    bool do_setWeightsName(trtx_weights weights, const char *name) override;
    IBuilder *do_getBuilder() const override { return mBuilder; }
    uint32_t do_getFlags() const override { return mFlags; }
    bool do_getFlag(int32_t flag) const override { return (mFlags & bit_of(flag)) != 0; }
    bool do_markDebug(ITensor *tensor) override;
    bool do_unmarkDebug(ITensor *tensor) override;
    bool do_isDebugTensor(ITensor const *tensor) const override { return tensor_of(tensor)->debug; }
    bool do_markWeightsRefittable(const char *name) override;
    bool do_unmarkWeightsRefittable(const char *name) override;
    bool do_areWeightsMarkedRefittable(const char *name) const override;
    bool do_markUnfusedTensorsAsDebugTensors() override { return true; }
    bool do_unmarkUnfusedTensorsAsDebugTensors() override { return true; }

private:
    /// Layers so that each stands behind those that it needs.
    std::vector<LayerImpl *> ordered() const;
    void infer_layer(LayerImpl &layer);
    void begin_layer(std::shared_ptr<LayerImpl> const &layer, std::vector<ITensor *> const &inputs);
    void finish_layer(LayerImpl &layer, int32_t outputs);
    Node final_node(LayerImpl const &layer, std::map<TensorImpl const *, int32_t> const &numbers) const;

    IBuilder *mBuilder;
    uint32_t mFlags;
    std::vector<std::shared_ptr<TensorImpl>> mTensors;
    std::vector<std::shared_ptr<LayerImpl>> mLayers;
    std::vector<LifePtr> mOwned;
    std::vector<TensorImpl *> mInputs;
    std::vector<TensorImpl *> mOutputs;
    WeightNames mWeightNames;
    std::map<std::string, bool> mRefittable;
    uint64_t mInferredAt = 0;
    bool mRefreshing = false;
};

/// A network without layers yet.
std::shared_ptr<NetworkBase> make_network(IBuilder *builder, uint32_t flags);

template <class I, class K, class Link>
I *NetworkBase::add_linked(int32_t type, std::vector<ITensor *> const &inputs, int32_t outputs, std::shared_ptr<K> kind,
    Link link, Extra extra)
{
    auto layer = std::make_shared<LayerImpl>(*this, type);
    begin_layer(layer, inputs);
    layer->kind = kind;
    layer->collect = [raw = kind.get(), extra](Collector const &collector) {
        raw->properties(collector);
        if (extra) {
            extra(collector);
        }
    };
    auto *face = publish<I>("Layer", layer, shared_life(), [link](I &made, LayerImpl *raw) {
        made.mLayer = raw;
        link(made);
    });
    kind->bind(layer->shared_life());
    layer->face = face;
    finish_layer(*layer, outputs);
    return face;
}

template <class I, class K, class B>
I *NetworkBase::add_boundary(int32_t type, std::vector<ITensor *> const &inputs, int32_t outputs, std::shared_ptr<K> kind,
    std::shared_ptr<B> boundary)
{
    auto *face = add_linked<I>(type, inputs, outputs, kind, [raw = kind.get(), boundary](I &made) {
        made.mBoundary = boundary.get();
        made.mImpl = raw;
    });
    boundary->bind(kind->shared_life());
    return face;
}

} // namespace trtx::fake
