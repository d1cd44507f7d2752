// SPDX-License-Identifier: Apache-2.0
//! Layers that picture classifiers need beside the usual ones: normalizations, the largest values, axes of size one.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "execute.hpp"
#include "fault.hpp"

namespace trtx::fake {
namespace {

/// Sizes before an axis, of it, and behind it.
struct Split {
    Split(Sizes const &dims, std::size_t axis)
        : before(volume(Sizes(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(axis)))), size(dims.at(axis)),
          behind(volume(Sizes(dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, dims.end())))
    {}
    std::size_t at(int64_t outer, int64_t place, int64_t inner) const
    {
        return static_cast<std::size_t>((outer * size + place) * behind + inner);
    }

    int64_t before, size, behind;
};

/// Divides by what the neighbours in the channels, which are the second axis, sum up to.
void lrn(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    std::vector<Number> const &x = inputs[0]->data;
    const Split split(inputs[0]->dims, 1);
    const int64_t window = node.integer("WindowSize");
    const Number alpha = node.real("Alpha") / static_cast<Number>(window);
    for (int64_t outer = 0; outer < split.before; ++outer) {
        for (int64_t channel = 0; channel < split.size; ++channel) {
            const int64_t first = std::max<int64_t>(0, channel - (window - 1) / 2);
            const int64_t last = std::min(split.size - 1, channel + window / 2);
            for (int64_t inner = 0; inner < split.behind; ++inner) {
                Number sum = 0;
                for (int64_t near = first; near <= last; ++near) {
                    sum += x[split.at(outer, near, inner)] * x[split.at(outer, near, inner)];
                }
                const std::size_t place = split.at(outer, channel, inner);
                const Number base = node.real("K") + alpha * sum;
                outputs[0].data[place] = x[place] / std::pow(base, static_cast<Number>(node.real("Beta")));
            }
        }
    }
}

void parametric_relu(Node const &, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value &out = outputs[0];
    Sizes index(out.dims.size(), 0);
    for (std::size_t i = 0; i < out.data.size(); ++i) {
        const Number x = inputs[0]->data[i];
        out.data[i] = x >= 0 ? x : x * inputs[1]->data[offset(index, inputs[1]->dims)];
        advance(index, out.dims);
    }
}

/// Subtracts the mean over the axes, divides by the deviation, then scales and shifts.
void normalization(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    if (node.integer("NbGroups") != 1) {
        throw Refusal(TRTX_ERROR_CODE_FAILED_EXECUTION,
            "layer " + node.name + ": the fake library does not normalize by groups");
    }
    Sizes kept = input.dims;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        kept[i] = (node.integer("Axes") >> i) & 1 ? 1 : kept[i];
    }
    const auto groups = static_cast<std::size_t>(volume(kept));
    const auto count = static_cast<Number>(input.data.size() / std::max<std::size_t>(1, groups));
    std::vector<Number> mean(groups, 0);
    std::vector<Number> variance(groups, 0);
    const auto for_all = [&](auto &&body) {
        Sizes index(input.dims.size(), 0);
        for (std::size_t i = 0; i < input.data.size(); ++i) {
            body(i, offset(index, kept), index);
            advance(index, input.dims);
        }
    };
    for_all([&](std::size_t i, std::size_t group, Sizes const &) { mean[group] += input.data[i] / count; });
    for_all([&](std::size_t i, std::size_t group, Sizes const &) {
        variance[group] += (input.data[i] - mean[group]) * (input.data[i] - mean[group]) / count;
    });
    for_all([&](std::size_t i, std::size_t group, Sizes const &index) {
        const Number x = (input.data[i] - mean[group]) / std::sqrt(variance[group] + node.real("Epsilon"));
        outputs[0].data[i] = x * inputs[1]->data[offset(index, inputs[1]->dims)]
            + inputs[2]->data[offset(index, inputs[2]->dims)];
    });
}

/// The largest or smallest values of an axis with their indices; of equal ones the first.
void topk(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    const int64_t axes = node.integer("ReduceAxes");
    std::size_t axis = 0;
    while (axis + 1 < inputs[0]->dims.size() && !((axes >> axis) & 1)) {
        ++axis;
    }
    std::vector<Number> const &x = inputs[0]->data;
    const Split from(inputs[0]->dims, axis);
    const Split to(outputs[0].dims, axis);
    const Number sign = node.integer("Operation") == TRTX_TOPK_OPERATION_MAX ? 1 : -1;
    std::vector<int64_t> order(static_cast<std::size_t>(from.size));
    for (int64_t outer = 0; outer < from.before; ++outer) {
        for (int64_t inner = 0; inner < from.behind; ++inner) {
            std::iota(order.begin(), order.end(), 0);
            std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
                return sign * x[from.at(outer, a, inner)] > sign * x[from.at(outer, b, inner)];
            });
            for (int64_t i = 0; i < to.size; ++i) {
                const int64_t chosen = order[static_cast<std::size_t>(i)];
                outputs[0].data[to.at(outer, i, inner)] = x[from.at(outer, chosen, inner)];
                outputs[1].data[to.at(outer, i, inner)] = static_cast<Number>(chosen);
            }
        }
    }
}

/// Where the input is not zero, a column for each element. How many there are shows here only.
void non_zero(Node const &, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    std::vector<Sizes> found;
    Sizes index(input.dims.size(), 0);
    for (const Number x : input.data) {
        if (x != 0) {
            found.push_back(index);
        }
        advance(index, input.dims);
    }
    Value &out = outputs[0];
    out.dims = {static_cast<int64_t>(index.size()), static_cast<int64_t>(found.size())};
    for (std::size_t axis = 0; axis < index.size(); ++axis) {
        for (Sizes const &place : found) {
            out.data.push_back(static_cast<Number>(place[axis]));
        }
    }
}

void same_elements(Node const &, Inputs const &inputs, std::vector<Value> &outputs)
{
    outputs[0].data = inputs[0]->data;
}

void assertion(Node const &node, Inputs const &inputs, std::vector<Value> &)
{
    for (const Number condition : inputs[0]->data) {
        if (condition == 0) {
            throw Refusal(TRTX_ERROR_CODE_FAILED_EXECUTION, "layer " + node.name + ": "
                    + (node.has("Message") ? std::get<std::string>(node.attributes.at("Message")) : "an assertion failed"));
        }
    }
}

} // namespace

Kernel more_kernel_of(int32_t layer_type)
{
    switch (layer_type) {
    case TRTX_LAYER_TYPE_LRN: return lrn;
    case TRTX_LAYER_TYPE_PARAMETRIC_RELU: return parametric_relu;
    case TRTX_LAYER_TYPE_NORMALIZATION: return normalization;
    case TRTX_LAYER_TYPE_TOPK: return topk;
    case TRTX_LAYER_TYPE_NON_ZERO: return non_zero;
    case TRTX_LAYER_TYPE_SQUEEZE:
    case TRTX_LAYER_TYPE_UNSQUEEZE: return same_elements;
    case TRTX_LAYER_TYPE_ASSERTION: return assertion;
    default: return nullptr;
    }
}

} // namespace trtx::fake
