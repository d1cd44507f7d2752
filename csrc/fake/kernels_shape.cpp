// SPDX-License-Identifier: Apache-2.0
//! Layers that move elements and compute with shapes.
#include <algorithm>

#include "execute.hpp"
#include "fault.hpp"

namespace trtx::fake {
namespace {

void concatenation(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value &out = outputs[0];
    const auto axis = static_cast<std::ptrdiff_t>(node.integer("Axis"));
    const auto pieces = volume(Sizes(out.dims.begin(), out.dims.begin() + axis));
    auto target = out.data.begin();
    for (int64_t piece = 0; piece < pieces; ++piece) {
        for (const Value *input : inputs) {
            const auto size = static_cast<std::ptrdiff_t>(input->data.size()) / pieces;
            target = std::copy_n(input->data.begin() + piece * size, size, target);
        }
    }
}

/// A value whose axis i is axis order[i] of the given one.
Value transposed(Value const &value, Sizes const &order)
{
    Value out{value.type, Sizes(value.dims.size()), std::vector<Number>(value.data.size())};
    for (std::size_t i = 0; i < out.dims.size(); ++i) {
        out.dims[i] = value.dims.at(static_cast<std::size_t>(order[i]));
    }
    Sizes index(out.dims.size(), 0);
    for (Number &x : out.data) {
        Sizes source(index.size());
        for (std::size_t i = 0; i < index.size(); ++i) {
            source[static_cast<std::size_t>(order[i])] = index[i];
        }
        x = value.data[offset(source, value.dims)];
        advance(index, out.dims);
    }
    return out;
}

void shuffle(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value moved = transposed(*inputs[0], node.sizes("FirstTranspose"));
    const Sizes second = node.sizes("SecondTranspose");
    // The shape between the transpositions follows from the one behind them.
    Sizes between(outputs[0].dims.size());
    for (std::size_t i = 0; i < between.size(); ++i) {
        between[static_cast<std::size_t>(second[i])] = outputs[0].dims[i];
    }
    moved.dims = between;
    outputs[0].data = transposed(moved, second).data;
}

/// The numbers of an input if it is there, else the attribute.
Sizes given(Node const &node, const char *key, Inputs const &inputs, std::size_t which)
{
    if (inputs.size() <= which || !inputs[which]) {
        return node.sizes(key);
    }
    Sizes values;
    for (const Number x : inputs[which]->data) {
        values.push_back(static_cast<int64_t>(x));
    }
    return values;
}

/// Where a coordinate outside the input is read instead; -1 for nowhere.
int64_t inside(int64_t at, int64_t size, int64_t mode)
{
    if (at >= 0 && at < size) {
        return at;
    }
    switch (mode) {
    case TRTX_SAMPLE_MODE_WRAP: return (at % size + size) % size;
    case TRTX_SAMPLE_MODE_CLAMP: return at < 0 ? 0 : size - 1;
    case TRTX_SAMPLE_MODE_FILL: return -1;
    case TRTX_SAMPLE_MODE_REFLECT: {
        if (size == 1) {
            return 0;
        }
        const int64_t period = 2 * (size - 1);
        const int64_t folded = (at % period + period) % period;
        return folded < size ? folded : period - folded;
    }
    default: throw Refusal(TRTX_ERROR_CODE_FAILED_EXECUTION, "slice reads outside its input");
    }
}

void slice(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    Value &out = outputs[0];
    const std::size_t rank = input.dims.size();
    Sizes start(rank, 0);
    Sizes stride(rank, 1);
    Sizes axes = given(node, "Axes", inputs, 5);
    if (axes.empty()) {
        for (std::size_t i = 0; i < rank; ++i) {
            axes.push_back(static_cast<int64_t>(i));
        }
    }
    const Sizes starts = given(node, "Start", inputs, 1);
    const Sizes strides = given(node, "Stride", inputs, 3);
    for (std::size_t i = 0; i < axes.size(); ++i) {
        start.at(static_cast<std::size_t>(axes[i])) = starts.at(i);
        stride.at(static_cast<std::size_t>(axes[i])) = strides.at(i);
    }
    const Number filler = inputs.size() > 4 && inputs[4] ? inputs[4]->data.at(0) : 0;
    const int64_t mode = node.integer("Mode");
    Sizes index(rank, 0);
    for (Number &x : out.data) {
        Sizes source(rank);
        bool found = true;
        for (std::size_t i = 0; i < rank; ++i) {
            source[i] = inside(start[i] + index[i] * stride[i], input.dims[i], mode);
            found = found && source[i] >= 0;
        }
        x = found ? input.data[offset(source, input.dims)] : filler;
        advance(index, out.dims);
    }
}

void shape(Node const &, Inputs const &inputs, std::vector<Value> &outputs)
{
    outputs[0].data.assign(inputs[0]->dims.begin(), inputs[0]->dims.end());
}

void gather(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &data = *inputs[0];
    Value const &indices = *inputs[1];
    Value &out = outputs[0];
    const auto axis = static_cast<std::size_t>(node.integer("GatherAxis"));
    if (node.integer("Mode") != TRTX_GATHER_MODE_DEFAULT || node.integer("NbElementWiseDims") != 0) {
        throw Refusal(TRTX_ERROR_CODE_FAILED_EXECUTION,
            "layer " + node.name + ": the fake library gathers in the default mode only");
    }
    Sizes index(out.dims.size(), 0);
    for (Number &x : out.data) {
        const auto middle = index.begin() + static_cast<std::ptrdiff_t>(axis);
        const auto behind = middle + static_cast<std::ptrdiff_t>(indices.dims.size());
        auto chosen = static_cast<int64_t>(indices.data[offset(Sizes(middle, behind), indices.dims)]);
        chosen += chosen < 0 ? data.dims[axis] : 0;
        require(chosen >= 0 && chosen < data.dims[axis], "gather's index is in range");
        Sizes source(index.begin(), middle);
        source.push_back(chosen);
        source.insert(source.end(), behind, index.end());
        x = data.data[offset(source, data.dims)];
        advance(index, out.dims);
    }
}

} // namespace

Kernel shape_kernel_of(int32_t layer_type)
{
    switch (layer_type) {
    case TRTX_LAYER_TYPE_CONCATENATION: return concatenation;
    case TRTX_LAYER_TYPE_SHUFFLE: return shuffle;
    case TRTX_LAYER_TYPE_SLICE: return slice;
    case TRTX_LAYER_TYPE_SHAPE: return shape;
    case TRTX_LAYER_TYPE_GATHER: return gather;
    default: return nullptr;
    }
}

} // namespace trtx::fake
