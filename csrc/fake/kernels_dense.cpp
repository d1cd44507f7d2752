// SPDX-License-Identifier: Apache-2.0
//! Layers that sum or compare over several elements.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "execute.hpp"
#include "fault.hpp"
#include "window.hpp"

namespace trtx::fake {
namespace {

constexpr Number kLowest = -std::numeric_limits<Number>::infinity();

/// A stack of matrices whose values lie in the order in which a multiplication reads them: rows of the left operand,
/// columns of the right one. In double, which is finer by far than the types that are multiplied.
struct Matrices {
    Matrices(Value const &value, int64_t operation, bool left)
    {
        Sizes const &dims = value.dims;
        const bool vector = operation == TRTX_MATRIX_OPERATION_VECTOR;
        batch.assign(dims.begin(), dims.end() - (vector ? 1 : 2));
        const int64_t last = dims.back();
        const int64_t rows = vector ? 1 : dims[dims.size() - 2];
        const bool as_it_lies = vector || left == (operation == TRTX_MATRIX_OPERATION_NONE);
        inner = as_it_lies ? last : rows;
        outer = vector ? 1 : as_it_lies ? rows : last;
        data.resize(value.data.size());
        for (std::size_t from = 0; from < data.size(); ++from) {
            const auto place = static_cast<int64_t>(from) % (rows * last);
            const int64_t turned = place % last * rows + place / last;
            const int64_t to = static_cast<int64_t>(from) - place + (as_it_lies ? place : turned);
            data[static_cast<std::size_t>(to)] = static_cast<double>(value.data[from]);
        }
    }
    const double *line(Sizes const &index, int64_t which) const
    {
        int64_t position = 0;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            position = position * batch[i] + (batch[i] == 1 ? 0 : index[i]);
        }
        return data.data() + (position * outer + which) * inner;
    }

    Sizes batch;
    int64_t inner, outer;
    std::vector<double> data;
};

void matrix_multiply(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    const bool has_rows = node.integer("Operation0") != TRTX_MATRIX_OPERATION_VECTOR;
    const bool has_columns = node.integer("Operation1") != TRTX_MATRIX_OPERATION_VECTOR;
    const Matrices left(*inputs[0], node.integer("Operation0"), true);
    const Matrices right(*inputs[1], node.integer("Operation1"), false);
    Value &out = outputs[0];
    Sizes index(out.dims.size(), 0);
    for (Number &result : out.data) {
        const double *a = left.line(index, has_rows ? index[left.batch.size()] : 0);
        const double *b = right.line(index, has_columns ? index.back() : 0);
        double sum = 0;
        for (int64_t k = 0; k < left.inner; ++k) {
            sum += a[k] * b[k];
        }
        result = sum;
        advance(index, out.dims);
    }
}

/// One axis of a sliding window.
struct Axis {
    int64_t input, output, size, stride, dilation, before, after;

    int64_t at(int64_t out, int64_t tap) const { return out * stride - before + tap * dilation; }
    /// The outputs, from the first to behind the last, whose tap lies inside the input.
    std::pair<int64_t, int64_t> reach(int64_t tap) const
    {
        int64_t first = 0;
        int64_t last = output;
        while (first < output && at(first, tap) < 0) {
            ++first;
        }
        while (last > first && at(last - 1, tap) >= input) {
            --last;
        }
        return {first, last};
    }
    /// How many taps of an output lie inside the input, or, with the padding, inside that as well.
    int64_t count(int64_t out, bool with_padding) const
    {
        int64_t found = 0;
        for (int64_t tap = 0; tap < size; ++tap) {
            const int64_t place = at(out, tap);
            found += with_padding ? place < input + after : place >= 0 && place < input;
        }
        return found;
    }
};

/// The last three axes; windows of two axes get a first one of size 1.
using Axes = std::array<Axis, 3>;

Axes axes_of(Window const &window, Sizes const &input)
{
    Axes axes;
    axes.fill({1, 1, 1, 1, 1, 0, 0});
    const std::size_t rank = window.size.size();
    for (std::size_t i = 0; i < rank; ++i) {
        axes.at(3 - rank + i) = {input[input.size() - rank + i], window.output[i], window.size[i], window.stride[i],
            window.dilation[i], window.before[i], window.after[i]};
    }
    return axes;
}

int64_t plane(Axes const &axes, int64_t Axis::*size)
{
    return axes[0].*size * axes[1].*size * axes[2].*size;
}

/// Calls `body` with the tap and the positions in a plane of the output and of the input that it joins.
template <class Body> void slide(Axes const &axes, Body &&body)
{
    int64_t tap = 0;
    for (int64_t i = 0; i < axes[0].size; ++i) {
        for (int64_t j = 0; j < axes[1].size; ++j) {
            for (int64_t k = 0; k < axes[2].size; ++k, ++tap) {
                const auto [x0, x1] = axes[2].reach(k);
                const auto [y0, y1] = axes[1].reach(j);
                const auto [z0, z1] = axes[0].reach(i);
                for (int64_t z = z0; z < z1; ++z) {
                    for (int64_t y = y0; y < y1; ++y) {
                        const int64_t to = (z * axes[1].output + y) * axes[2].output;
                        const int64_t from = (axes[0].at(z, i) * axes[1].input + axes[1].at(y, j)) * axes[2].input;
                        for (int64_t x = x0; x < x1; ++x) {
                            body(tap, to + x, from + axes[2].at(x, k));
                        }
                    }
                }
            }
        }
    }
}

/// Sums in double: exact for int8, and finer by far than what the other types of a convolution keep.
void convolution(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    Value &out = outputs[0];
    const Axes axes = axes_of(window_of(node, input.dims, "KernelSizeNd"), input.dims);
    // The kernel and the bias may come as tensors instead of weights.
    const std::vector<Number> given
        = inputs.size() > 1 && inputs[1] ? inputs[1]->data : numbers(node.blob("KernelWeights"));
    const std::vector<Number> bias = inputs.size() > 2 && inputs[2] ? inputs[2]->data : numbers(node.blob("BiasWeights"));
    const std::vector<double> kernel(given.begin(), given.end());
    const std::vector<double> source(input.data.begin(), input.data.end());
    const int64_t groups = node.integer("NbGroups");
    const int64_t channels = input.dims[1] / groups;
    const int64_t maps = out.dims[1] / groups;
    const int64_t taps = plane(axes, &Axis::size);
    require(static_cast<int64_t>(kernel.size()) == out.dims[1] * channels * taps, "the kernel has its weights");
    const int64_t in_plane = plane(axes, &Axis::input);
    const int64_t out_plane = plane(axes, &Axis::output);
    std::vector<double> sums(static_cast<std::size_t>(out_plane));
    for (int64_t sample = 0; sample < out.dims[0]; ++sample) {
        for (int64_t map = 0; map < out.dims[1]; ++map) {
            const Number start = bias.empty() ? 0 : bias.at(static_cast<std::size_t>(map));
            std::fill(sums.begin(), sums.end(), static_cast<double>(start));
            for (int64_t channel = 0; channel < channels; ++channel) {
                const double *weights = kernel.data() + (map * channels + channel) * taps;
                const double *from
                    = source.data() + (sample * input.dims[1] + map / maps * channels + channel) * in_plane;
                slide(axes, [&](int64_t tap, int64_t to, int64_t at) {
                    sums[static_cast<std::size_t>(to)] += weights[tap] * from[at];
                });
            }
            std::copy(sums.begin(), sums.end(), out.data.begin() + (sample * out.dims[1] + map) * out_plane);
        }
    }
}

void pooling(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    Value const &input = *inputs[0];
    Value &out = outputs[0];
    const Axes axes = axes_of(window_of(node, input.dims, "WindowSizeNd"), input.dims);
    const int64_t type = node.integer("PoolingType");
    const bool padded = node.integer("AverageCountExcludesPadding") == 0;
    const Number blend = node.real("BlendFactor");
    const int64_t in_plane = plane(axes, &Axis::input);
    const int64_t out_plane = plane(axes, &Axis::output);
    std::vector<Number> counts;
    for (int64_t z = 0; z < axes[0].output; ++z) {
        for (int64_t y = 0; y < axes[1].output; ++y) {
            for (int64_t x = 0; x < axes[2].output; ++x) {
                counts.push_back(static_cast<Number>(
                    axes[0].count(z, padded) * axes[1].count(y, padded) * axes[2].count(x, padded)));
            }
        }
    }
    std::vector<Number> largest(static_cast<std::size_t>(out_plane));
    std::vector<Number> sum(static_cast<std::size_t>(out_plane));
    for (std::size_t first = 0, from = 0; first < out.data.size(); first += static_cast<std::size_t>(out_plane)) {
        std::fill(largest.begin(), largest.end(), kLowest);
        std::fill(sum.begin(), sum.end(), 0);
        slide(axes, [&](int64_t, int64_t to, int64_t at) {
            const Number x = input.data[from + static_cast<std::size_t>(at)];
            const auto place = static_cast<std::size_t>(to);
            largest[place] = std::max(largest[place], x);
            sum[place] += x;
        });
        for (std::size_t i = 0; i < sum.size(); ++i) {
            const Number average = counts[i] > 0 ? sum[i] / counts[i] : 0;
            out.data[first + i] = type == TRTX_POOLING_TYPE_MAX ? largest[i]
                : type == TRTX_POOLING_TYPE_AVERAGE             ? average
                                                                : (1 - blend) * largest[i] + blend * average;
        }
        from += static_cast<std::size_t>(in_plane);
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
