// SPDX-License-Identifier: Apache-2.0
//! Layers that sum or compare over several elements.
#include <algorithm>
#include <cmath>
#include <limits>

#include "execute.hpp"
#include "fault.hpp"
#include "window.hpp"

namespace trtx::fake {
namespace {

constexpr Number kLowest = -std::numeric_limits<Number>::infinity();

/// A stack of matrices, as an input of a matrix multiplication is seen.
struct Matrices {
    Matrices(Value const &value, int64_t operation) : value(value), dims(value.dims), operation(operation)
    {
        batch_rank = dims.size() - (operation == TRTX_MATRIX_OPERATION_VECTOR ? 1 : 2);
    }
    int64_t inner(bool left) const
    {
        if (operation == TRTX_MATRIX_OPERATION_VECTOR) {
            return dims.back();
        }
        const bool last = left == (operation == TRTX_MATRIX_OPERATION_NONE);
        return last ? dims.back() : dims[dims.size() - 2];
    }
    /// The element at a row and a column after the transposition; a vector has only the running index.
    Number at(Sizes const &batch, int64_t row, int64_t column, bool left) const
    {
        Sizes index(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(batch_rank));
        if (operation == TRTX_MATRIX_OPERATION_VECTOR) {
            index.push_back(left ? column : row);
        } else if (operation == TRTX_MATRIX_OPERATION_TRANSPOSE) {
            index.push_back(column);
            index.push_back(row);
        } else {
            index.push_back(row);
            index.push_back(column);
        }
        return value.data[offset(index, dims)];
    }

    Value const &value;
    Sizes const &dims;
    int64_t operation;
    std::size_t batch_rank;
};

void matrix_multiply(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    const Matrices left(*inputs[0], node.integer("Operation0"));
    const Matrices right(*inputs[1], node.integer("Operation1"));
    const bool has_rows = left.operation != TRTX_MATRIX_OPERATION_VECTOR;
    const bool has_columns = right.operation != TRTX_MATRIX_OPERATION_VECTOR;
    Value &out = outputs[0];
    Sizes index(out.dims.size(), 0);
    for (Number &sum : out.data) {
        const int64_t row = has_rows ? index[left.batch_rank] : 0;
        const int64_t column = has_columns ? index.back() : 0;
        for (int64_t k = 0; k < left.inner(true); ++k) {
            sum += left.at(index, row, k, true) * right.at(index, k, column, false);
        }
        advance(index, out.dims);
    }
}

/// Calls `body` with the position in the input and in the window for all places that lie inside the input.
template <class Body>
void for_window(Window const &window, Sizes const &input, Sizes const &output_index, std::size_t lead, Body &&body)
{
    Sizes place(window.size.size(), 0);
    std::size_t flat = 0;
    do {
        Sizes at(place.size());
        bool inside = true;
        for (std::size_t i = 0; i < place.size(); ++i) {
            at[i] = output_index[lead + i] * window.stride[i] - window.before[i] + place[i] * window.dilation[i];
            inside = inside && at[i] >= 0 && at[i] < input[lead + i];
        }
        body(inside, at, flat++);
    } while (advance(place, window.size));
}

Sizes joined(Sizes front, Sizes const &back)
{
    front.insert(front.end(), back.begin(), back.end());
    return front;
}

void convolution(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    Value &out = outputs[0];
    const Window window = window_of(node, input.dims, "KernelSizeNd");
    // The kernel and the bias may come as tensors instead of weights.
    const std::vector<Number> kernel
        = inputs.size() > 1 && inputs[1] ? inputs[1]->data : numbers(node.blob("KernelWeights"));
    const std::vector<Number> bias = inputs.size() > 2 && inputs[2] ? inputs[2]->data : numbers(node.blob("BiasWeights"));
    const int64_t groups = node.integer("NbGroups");
    const int64_t channels = input.dims[1] / groups;
    const int64_t maps = out.dims[1] / groups;
    const int64_t taps = volume(window.size);
    require(static_cast<int64_t>(kernel.size()) == out.dims[1] * channels * taps, "the kernel has its weights");
    Sizes index(out.dims.size(), 0);
    for (Number &sum : out.data) {
        const int64_t map = index[1];
        sum = bias.empty() ? 0 : bias.at(static_cast<std::size_t>(map));
        for (int64_t channel = 0; channel < channels; ++channel) {
            const int64_t source = map / maps * channels + channel;
            for_window(window, input.dims, index, 2, [&](bool inside, Sizes const &at, std::size_t tap) {
                if (inside) {
                    const auto weight = static_cast<std::size_t>((map * channels + channel) * taps) + tap;
                    sum += kernel[weight] * input.data[offset(joined({index[0], source}, at), input.dims)];
                }
            });
        }
        advance(index, out.dims);
    }
}

void pooling(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    Value &out = outputs[0];
    const Window window = window_of(node, input.dims, "WindowSizeNd");
    const std::size_t lead = input.dims.size() - window.size.size();
    const int64_t type = node.integer("PoolingType");
    const bool exclusive = node.integer("AverageCountExcludesPadding") != 0;
    const Number blend = node.real("BlendFactor");
    Sizes index(out.dims.size(), 0);
    for (Number &result : out.data) {
        const Sizes front(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(lead));
        Number largest = kLowest;
        Number sum = 0;
        int64_t count = 0;
        for_window(window, input.dims, index, lead, [&](bool inside, Sizes const &at, std::size_t) {
            bool in_padding = true;
            for (std::size_t i = 0; i < at.size(); ++i) {
                in_padding = in_padding && at[i] < input.dims[lead + i] + window.after[i];
            }
            if (inside) {
                const Number x = input.data[offset(joined(front, at), input.dims)];
                largest = std::max(largest, x);
                sum += x;
            }
            count += inside || (!exclusive && in_padding) ? 1 : 0;
        });
        const Number average = count ? sum / static_cast<Number>(count) : 0;
        result = type == TRTX_POOLING_TYPE_MAX ? largest
            : type == TRTX_POOLING_TYPE_AVERAGE ? average
                                                : (1 - blend) * largest + blend * average;
        advance(index, out.dims);
    }
}

/// Index with the chosen axes set to zero: the same for all elements that are reduced together.
std::size_t group_of(Sizes index, Sizes const &dims, int64_t axes)
{
    for (std::size_t i = 0; i < dims.size(); ++i) {
        index[i] = (axes >> i) & 1 ? 0 : index[i];
    }
    return offset(index, dims);
}

void softmax(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    Value &out = outputs[0];
    const int64_t axes = node.integer("Axes");
    std::vector<Number> largest(input.data.size(), kLowest);
    std::vector<Number> sum(input.data.size(), 0);
    std::vector<std::size_t> groups;
    Sizes index(input.dims.size(), 0);
    for (const Number x : input.data) {
        groups.push_back(group_of(index, input.dims, axes));
        largest[groups.back()] = std::max(largest[groups.back()], x);
        advance(index, input.dims);
    }
    for (std::size_t i = 0; i < input.data.size(); ++i) {
        out.data[i] = std::exp(input.data[i] - largest[groups[i]]);
        sum[groups[i]] += out.data[i];
    }
    for (std::size_t i = 0; i < out.data.size(); ++i) {
        out.data[i] /= sum[groups[i]];
    }
}

Number fold(int64_t op, Number a, Number b)
{
    switch (op) {
    case TRTX_REDUCE_OPERATION_PROD: return a * b;
    case TRTX_REDUCE_OPERATION_MAX: return std::max(a, b);
    case TRTX_REDUCE_OPERATION_MIN: return std::min(a, b);
    case TRTX_REDUCE_OPERATION_SUM:
    case TRTX_REDUCE_OPERATION_AVG: return a + b;
    default: refuse("unknown reduce operation");
    }
}

void reduce(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    const int64_t axes = node.integer("ReduceAxes");
    const int64_t op = node.integer("Operation");
    Sizes kept = input.dims;
    int64_t count = 1;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if ((axes >> i) & 1) {
            count *= kept[i];
            kept[i] = 1;
        }
    }
    const Number neutral = op == TRTX_REDUCE_OPERATION_PROD ? 1
        : op == TRTX_REDUCE_OPERATION_MAX                   ? kLowest
        : op == TRTX_REDUCE_OPERATION_MIN                   ? -kLowest
                                                            : 0;
    std::vector<Number> results(static_cast<std::size_t>(volume(kept)), neutral);
    Sizes index(input.dims.size(), 0);
    for (const Number x : input.data) {
        Number &result = results[offset(index, kept)];
        result = fold(op, result, x);
        advance(index, input.dims);
    }
    for (Number &result : results) {
        result /= op == TRTX_REDUCE_OPERATION_AVG ? static_cast<Number>(count) : 1;
    }
    outputs[0].data = std::move(results);
}

} // namespace

Kernel dense_kernel_of(int32_t layer_type)
{
    switch (layer_type) {
    case TRTX_LAYER_TYPE_MATRIX_MULTIPLY: return matrix_multiply;
    case TRTX_LAYER_TYPE_CONVOLUTION: return convolution;
    case TRTX_LAYER_TYPE_POOLING: return pooling;
    case TRTX_LAYER_TYPE_SOFTMAX: return softmax;
    case TRTX_LAYER_TYPE_REDUCE: return reduce;
    default: return nullptr;
    }
}

} // namespace trtx::fake
