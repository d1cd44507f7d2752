// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <algorithm>
#include <set>

#include "execute.hpp"

namespace trtx::fake {
namespace {

bool valid_type(int32_t type)
{
    return type >= TRTX_DATA_TYPE_FLOAT && type <= TRTX_DATA_TYPE_E8M0;
}

template <class T> void remove(std::vector<T> &items, T const &item)
{
    items.erase(std::remove(items.begin(), items.end(), item), items.end());
}

template <class Items> auto &item_at(Items &items, int32_t index)
{
    require(index >= 0 && index < static_cast<int32_t>(items.size()), "index >= 0 && index < count");
    return items[static_cast<std::size_t>(index)];
}

} // namespace

void Collector::operator()(const char *key, trtx_weights const &weights) const
{
    Blob blob;
    blob.type = weights.type;
    blob.count = weights.count;
    require(weights.count >= 0 && (weights.values || weights.count == 0), "weights have values");
    // Small integers are kept even for inference: they may be a shape.
    const bool small = weights.count <= 8 && (blob.type == TRTX_DATA_TYPE_INT32 || blob.type == TRTX_DATA_TYPE_INT64);
    if (with_weights || small) {
        const int64_t size = size_of(weights.type);
        const int64_t bytes = size ? size * weights.count : (weights.count + 1) / 2;
        blob.bytes.assign(static_cast<const char *>(weights.values), static_cast<std::size_t>(bytes));
    }
    node.attributes[key] = std::move(blob);
    if (names && names->count(weights.values)) {
        node.attributes[std::string(key) + ".name"] = names->at(weights.values);
    }
}

// Tensors

void TensorImpl::do_setName(const char *name)
{
    require(name != nullptr, "name != nullptr");
    mName = name;
}

void TensorImpl::do_setDimensions(trtx_dims const &dimensions)
{
    require(is_input, "the tensor is a network input");
    (void)to_sizes(dimensions);
    take(*this, mDimensions, dimensions);
}

trtx_dims TensorImpl::do_getDimensions() const
{
    network.refresh();
    return mDimensions;
}

int32_t TensorImpl::do_getType() const
{
    network.refresh();
    return type;
}

void TensorImpl::do_setDimensionName(int32_t index, const char *name)
{
    require(index >= 0 && index < 8, "index >= 0 && index < Dims::MAX_DIMS");
    dimension_names[index] = text_or_empty(name);
}

const char *TensorImpl::do_getDimensionName(int32_t index) const
{
    const auto found = dimension_names.find(index);
    return found == dimension_names.end() || found->second.empty() ? nullptr : found->second.c_str();
}

// Layers

Node LayerImpl::node(bool with_weights, WeightNames const *names) const
{
    Node made;
    made.type = type;
    made.name = mName;
    made.outputs.resize(outputs.size());
    collect({made, with_weights, names});
    return made;
}

void LayerImpl::set_input(int32_t index, ITensor *tensor)
{
    require(index >= 0 && index < 16, "index is in range");
    TensorImpl *const given = network.tensor_of(tensor);
    if (inputs.size() <= static_cast<std::size_t>(index)) {
        inputs.resize(static_cast<std::size_t>(index) + 1);
    }
    inputs[static_cast<std::size_t>(index)] = given;
    mutations().fetch_add(1);
}

ITensor *LayerImpl::do_getInput(int32_t index) const
{
    if (index < 0 || index >= static_cast<int32_t>(inputs.size()) || !inputs[static_cast<std::size_t>(index)]) {
        return nullptr;
    }
    return inputs[static_cast<std::size_t>(index)]->face;
}

ITensor *LayerImpl::do_getOutput(int32_t index) const
{
    return item_at(outputs, index)->face;
}

int32_t LayerImpl::do_getOutputType(int32_t index) const
{
    network.refresh();
    return item_at(outputs, index)->type;
}

// The network

TensorImpl *NetworkBase::tensor_of(ITensor const *tensor) const
{
    require(tensor != nullptr, "tensor != nullptr");
    auto *impl = impl_of<TensorImpl>(tensor);
    if (!impl || &impl->network != this) {
        refuse("the tensor belongs to another network");
    }
    if (!impl->life()->alive) {
        record_misuse("a destroyed Tensor was used");
        refuse("the tensor was destroyed");
    }
    return impl;
}

TensorImpl *NetworkBase::add_tensor(std::string name, LayerImpl *producer)
{
    auto tensor = std::make_shared<TensorImpl>(*this, std::move(name), producer);
    tensor->face = publish<ITensor>("Tensor", tensor, shared_life());
    tensor->mAllowedFormats = 1U << TRTX_TENSOR_FORMAT_LINEAR;
    mTensors.push_back(tensor);
    return tensor.get();
}

void NetworkBase::begin_layer(std::shared_ptr<LayerImpl> const &layer, std::vector<ITensor *> const &inputs)
{
    for (ITensor *const input : inputs) {
        layer->inputs.push_back(tensor_of(input));
    }
    layer->mName = "(Unnamed Layer* " + std::to_string(mLayers.size()) + ")";
    layer->mNbRanks = 1;
}

void NetworkBase::finish_layer(LayerImpl &layer, int32_t outputs)
{
    mLayers.push_back(std::static_pointer_cast<LayerImpl>(layer.life()->body));
    for (int32_t i = 0; i < outputs; ++i) {
        layer.outputs.push_back(add_tensor(layer.mName + "_output_" + std::to_string(i), &layer));
    }
    infer_layer(layer);
}

void NetworkBase::infer_layer(LayerImpl &layer)
{
    layer.problem.clear();
    std::vector<Known> made;
    try {
        std::vector<Known> given;
        for (TensorImpl const *input : layer.inputs) {
            if (!input || input->mDimensions.nb_dims < 0) {
                given.push_back(Known{});
            } else {
                given.push_back({input->type, to_sizes(input->mDimensions), input->values ? &*input->values : nullptr});
            }
        }
        const Node node = layer.node(false);
        made = infer(node, given);
        const bool has_values = layer.type != TRTX_LAYER_TYPE_CONSTANT || !node.blob("Weights").bytes.empty();
        if (!layer.outputs.empty()) {
            layer.outputs[0]->values = has_values ? fold(node, given, made) : std::nullopt;
        }
    } catch (std::exception const &error) {
        layer.problem = error.what();
    }
    for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
        trtx_dims unknown{};
        unknown.nb_dims = -1;
        layer.outputs[i]->mDimensions = i < made.size() ? to_dims(made[i].dims) : unknown;
        layer.outputs[i]->type = i < made.size() ? made[i].type : static_cast<int32_t>(TRTX_DATA_TYPE_FLOAT);
    }
}

void NetworkBase::refresh()
{
    const uint64_t now = mutations().load();
    if (mInferredAt == now || mRefreshing) {
        return;
    }
    mInferredAt = now;
    mRefreshing = true;
    for (auto const &layer : mLayers) {
        infer_layer(*layer);
    }
    mRefreshing = false;
}

std::vector<LayerImpl *> NetworkBase::ordered() const
{
    std::vector<LayerImpl *> left;
    for (auto const &layer : mLayers) {
        left.push_back(layer.get());
    }
    std::vector<LayerImpl *> done;
    std::set<LayerImpl const *> placed;
    while (!left.empty()) {
        const auto ready = std::find_if(left.begin(), left.end(), [&](LayerImpl const *layer) {
            return std::all_of(layer->inputs.begin(), layer->inputs.end(), [&](TensorImpl const *input) {
                return !input || !input->producer || placed.count(input->producer);
            });
        });
        if (ready == left.end()) {
            refuse("the network has a cycle through layer " + left.front()->mName);
        }
        placed.insert(*ready);
        done.push_back(*ready);
        left.erase(ready);
    }
    return done;
}

Node NetworkBase::final_node(LayerImpl const &layer, std::map<TensorImpl const *, int32_t> const &numbers) const
{
    Node node = layer.node(true, &mWeightNames);
    node.outputs.clear();
    for (TensorImpl const *input : layer.inputs) {
        node.inputs.push_back(input ? numbers.at(input) : -1);
    }
    for (TensorImpl const *output : layer.outputs) {
        node.outputs.push_back(numbers.at(output));
    }
    return node;
}

Plan NetworkBase::plan()
{
    refresh();
    if (mOutputs.empty()) {
        throw Refusal(TRTX_ERROR_CODE_INVALID_CONFIG, "Network must have at least one output");
    }
    Plan plan;
    plan.name = mName;
    std::map<TensorImpl const *, int32_t> numbers;
    std::set<std::string> names;
    for (auto const &tensor : mTensors) {
        numbers[tensor.get()] = static_cast<int32_t>(plan.tensors.size());
        const Sizes dims = tensor->mDimensions.nb_dims < 0 ? Sizes{} : to_sizes(tensor->mDimensions);
        plan.tensors.push_back({tensor->mName, tensor->type, dims, tensor->debug});
        if ((tensor->is_input || tensor->is_output) && !names.insert(tensor->mName).second) {
            refuse("two inputs or outputs have the name " + tensor->mName);
        }
    }
    for (LayerImpl *layer : ordered()) {
        if (!layer->problem.empty()) {
            throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, layer->problem);
        }
        plan.nodes.push_back(final_node(*layer, numbers));
    }
    for (TensorImpl const *input : mInputs) {
        plan.inputs.push_back(numbers.at(input));
    }
    for (TensorImpl const *output : mOutputs) {
        plan.outputs.push_back(numbers.at(output));
    }
    return plan;
}

void NetworkBase::end() noexcept
{
    for (auto const &tensor : mTensors) {
        end_life(tensor->shared_life());
    }
    for (auto const &layer : mLayers) {
        end_life(layer->shared_life());
    }
    for (LifePtr const &owned : mOwned) {
        end_life(owned);
    }
}

ITensor *NetworkBase::do_addInput(const char *name, int32_t type, trtx_dims const &dimensions)
{
    require(name != nullptr, "name != nullptr");
    require(valid_type(type), "type is a DataType");
    for (const int64_t size : to_sizes(dimensions)) {
        require(size >= -1, "all dimensions >= -1");
    }
    for (TensorImpl const *input : mInputs) {
        if (input->mName == name) {
            refuse(std::string("network already has an input of the name ") + name);
        }
    }
    TensorImpl *const tensor = add_tensor(name, nullptr);
    tensor->is_input = true;
    tensor->type = type;
    tensor->mDimensions = dimensions;
    mInputs.push_back(tensor);
    return tensor->face;
}

void NetworkBase::do_markOutput(ITensor *tensor)
{
    TensorImpl *const output = tensor_of(tensor);
    require(!output->is_output, "the tensor is no output yet");
    output->is_output = true;
    mOutputs.push_back(output);
}

void NetworkBase::do_unmarkOutput(ITensor *tensor)
{
    TensorImpl *const output = tensor_of(tensor);
    require(output->is_output, "the tensor is an output");
    output->is_output = false;
    remove(mOutputs, output);
}

ILayer *NetworkBase::do_getLayer(int32_t index) const
{
    return item_at(mLayers, index)->face;
}

ITensor *NetworkBase::do_getInput(int32_t index) const
{
    return item_at(mInputs, index)->face;
}

ITensor *NetworkBase::do_getOutput(int32_t index) const
{
    return item_at(mOutputs, index)->face;
}

void NetworkBase::do_removeTensor(ITensor *tensor)
{
    TensorImpl *const removed = tensor_of(tensor);
    for (auto const &layer : mLayers) {
        for (TensorImpl const *input : layer->inputs) {
            require(input != removed, "no layer uses the tensor");
        }
    }
    remove(mInputs, removed);
    remove(mOutputs, removed);
    removed->is_input = removed->is_output = false;
}

bool NetworkBase::do_markOutputForShapes(ITensor *tensor)
{
    do_markOutput(tensor);
    return true;
}

bool NetworkBase::do_unmarkOutputForShapes(ITensor *tensor)
{
    do_unmarkOutput(tensor);
    return true;
}

bool NetworkBase::do_setWeightsName(trtx_weights weights, const char *name)
{
    require(weights.values != nullptr, "weights.values != nullptr");
    if (name) {
        mWeightNames[weights.values] = name;
    } else {
        mWeightNames.erase(weights.values);
    }
    return true;
}

bool NetworkBase::do_markDebug(ITensor *tensor)
{
    tensor_of(tensor)->debug = true;
    return true;
}

bool NetworkBase::do_unmarkDebug(ITensor *tensor)
{
    tensor_of(tensor)->debug = false;
    return true;
}

bool NetworkBase::do_markWeightsRefittable(const char *name)
{
    mRefittable[name] = true;
    return true;
}

bool NetworkBase::do_unmarkWeightsRefittable(const char *name)
{
    return mRefittable.erase(name) != 0;
}

bool NetworkBase::do_areWeightsMarkedRefittable(const char *name) const
{
    return mRefittable.count(name) != 0;
}

} // namespace trtx::fake
