// SPDX-License-Identifier: Apache-2.0
//! Shape inference. -1 is a size that is not known before the network runs.
#include <algorithm>
#include <optional>

#include "fault.hpp"
#include "plan.hpp"
#include "window.hpp"

namespace trtx::fake {
namespace {

[[noreturn]] void mismatch(Node const &node, std::string const &text)
{
    throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "layer " + node.name + ": " + text);
}

int64_t broadcast(Node const &node, int64_t a, int64_t b)
{
    if (a == b || b == 1) {
        return a;
    }
    if (a == 1) {
        return b;
    }
    if (a < 0 || b < 0) {
        return std::max(a, b);
    }
    mismatch(node, "the sizes " + std::to_string(a) + " and " + std::to_string(b) + " do not broadcast");
}

Sizes broadcast(Node const &node, Sizes const &a, Sizes const &b)
{
    if (a.size() != b.size()) {
        mismatch(node, "the inputs have ranks " + std::to_string(a.size()) + " and " + std::to_string(b.size()));
    }
    Sizes out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        out[i] = broadcast(node, a[i], b[i]);
    }
    return out;
}

Sizes matrix_multiply(Node const &node, Known const &a, Known const &b)
{
    const int64_t op_a = node.integer("Operation0");
    const int64_t op_b = node.integer("Operation1");
    Sizes left = a.dims;
    Sizes right = b.dims;
    const std::size_t left_rank = op_a == TRTX_MATRIX_OPERATION_VECTOR ? 1 : 2;
    const std::size_t right_rank = op_b == TRTX_MATRIX_OPERATION_VECTOR ? 1 : 2;
    if (left.size() < left_rank || right.size() < right_rank) {
        mismatch(node, "an input has too small a rank for its operation");
    }
    Sizes left_matrix(left.end() - static_cast<std::ptrdiff_t>(left_rank), left.end());
    Sizes right_matrix(right.end() - static_cast<std::ptrdiff_t>(right_rank), right.end());
    left.resize(left.size() - left_rank);
    right.resize(right.size() - right_rank);
    if (op_a == TRTX_MATRIX_OPERATION_TRANSPOSE) {
        std::swap(left_matrix[0], left_matrix[1]);
    }
    if (op_b == TRTX_MATRIX_OPERATION_TRANSPOSE) {
        std::swap(right_matrix[0], right_matrix[1]);
    }
    const int64_t inner = left_matrix.back();
    if (inner >= 0 && right_matrix[0] >= 0 && inner != right_matrix[0]) {
        mismatch(node, "the inner sizes " + std::to_string(inner) + " and " + std::to_string(right_matrix[0])
                + " of the matrices differ");
    }
    Sizes out = broadcast(node, left, right);
    if (left_rank == 2) {
        out.push_back(left_matrix[0]);
    }
    if (right_rank == 2) {
        out.push_back(right_matrix[1]);
    }
    return out;
}

Sizes convolution(Node const &node, Sizes const &dims)
{
    const Window window = window_of(node, dims, "KernelSizeNd");
    const int64_t channels = dims[1];
    const int64_t groups = node.integer("NbGroups");
    const int64_t maps = node.integer("NbOutputMaps");
    if (groups < 1 || maps % groups != 0 || (channels >= 0 && channels % groups != 0)) {
        mismatch(node, "the channels do not divide into " + std::to_string(groups) + " groups");
    }
    Blob const &kernel = node.blob("KernelWeights");
    const int64_t expected = channels < 0 ? -1 : maps * (channels / groups) * volume(window.size);
    if (kernel.count > 0 && expected >= 0 && kernel.count != expected) {
        mismatch(node, "count of " + std::to_string(kernel.count) + " weights in kernel, but "
                + std::to_string(expected) + " are needed");
    }
    Sizes out = {dims[0], maps};
    out.insert(out.end(), window.output.begin(), window.output.end());
    return out;
}

Sizes pooling(Node const &node, Sizes const &dims)
{
    const Window window = window_of(node, dims, "WindowSizeNd");
    Sizes out(dims.begin(), dims.end() - static_cast<std::ptrdiff_t>(window.size.size()));
    out.insert(out.end(), window.output.begin(), window.output.end());
    return out;
}

Sizes reduce(Node const &node, Sizes const &dims)
{
    const int64_t axes = node.integer("ReduceAxes");
    Sizes out;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        if (!((axes >> i) & 1)) {
            out.push_back(dims[i]);
        } else if (node.integer("KeepDimensions")) {
            out.push_back(1);
        }
    }
    return out;
}

Sizes concatenation(Node const &node, std::vector<Known> const &inputs)
{
    Sizes out = inputs.at(0).dims;
    const auto axis = static_cast<std::size_t>(node.integer("Axis"));
    if (axis >= out.size()) {
        mismatch(node, "the axis is out of range");
    }
    for (std::size_t n = 1; n < inputs.size(); ++n) {
        Sizes const &dims = inputs[n].dims;
        if (dims.size() != out.size()) {
            mismatch(node, "all inputs must have the same rank");
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (i == axis) {
                out[i] = out[i] < 0 || dims[i] < 0 ? -1 : out[i] + dims[i];
            } else if (out[i] >= 0 && dims[i] >= 0 && out[i] != dims[i]) {
                mismatch(node, "all inputs must agree outside the axis: " + to_text(out) + " and " + to_text(dims));
            } else {
                out[i] = std::max(out[i], dims[i]);
            }
        }
    }
    return out;
}

Sizes reshape(Node const &node, Sizes const &dims, Sizes wanted)
{
    int64_t known = 1;
    std::ptrdiff_t open = -1;
    const bool partial = std::find(wanted.begin(), wanted.end(), kOpen) != wanted.end();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == 0 && node.integer("ZeroIsPlaceholder")) {
            if (i >= dims.size()) {
                mismatch(node, "a placeholder stands beyond the rank of the input");
            }
            wanted[i] = dims[i];
        }
        if (wanted[i] == kOpen) {
            continue;
        }
        if (wanted[i] == -1 && open < 0) {
            open = static_cast<std::ptrdiff_t>(i);
        } else {
            known *= wanted[i];
        }
    }
    std::replace(wanted.begin(), wanted.end(), kOpen, int64_t{-1});
    const bool dynamic = std::find(dims.begin(), dims.end(), -1) != dims.end();
    if (partial || dynamic || known < 0) {
        return wanted;
    }
    const int64_t total = volume(dims);
    if (open >= 0 && known > 0 && total % known == 0) {
        wanted[static_cast<std::size_t>(open)] = total / known;
    }
    if (volume(wanted) != total) {
        mismatch(node, "reshape changes volume: " + to_text(dims) + " to " + to_text(wanted));
    }
    return wanted;
}

Sizes transpose(Sizes const &dims, Sizes const &order)
{
    Sizes out(dims.size());
    for (std::size_t i = 0; i < dims.size(); ++i) {
        out[i] = dims.at(static_cast<std::size_t>(order[i]));
    }
    return out;
}

Sizes shuffle(Node const &node, std::vector<Known> const &inputs)
{
    Sizes dims = transpose(inputs.at(0).dims, node.sizes("FirstTranspose"));
    if (inputs.size() > 1 && inputs[1].values) {
        dims = reshape(node, dims, *inputs[1].values);
    } else if (inputs.size() > 1) {
        dims = Sizes(static_cast<std::size_t>(std::max<int64_t>(0, inputs[1].dims.at(0))), -1);
    } else if (node.has("ReshapeDimensions")) {
        dims = reshape(node, dims, node.sizes("ReshapeDimensions"));
    }
    return transpose(dims, node.sizes("SecondTranspose"));
}

Sizes slice(Node const &node, std::vector<Known> const &inputs)
{
    Sizes const &dims = inputs.at(0).dims;
    Sizes size = node.sizes("Size");
    if (inputs.size() > 2) {
        size = inputs[2].values ? *inputs[2].values : Sizes(dims.size(), -1);
        std::replace(size.begin(), size.end(), kOpen, int64_t{-1});
    }
    if (node.has("Axes")) {
        Sizes whole = dims;
        const Sizes axes = node.sizes("Axes");
        for (std::size_t i = 0; i < axes.size(); ++i) {
            whole.at(static_cast<std::size_t>(axes[i])) = size.at(i);
        }
        return whole;
    }
    if (size.size() != dims.size()) {
        mismatch(node, "the size has another rank than the input");
    }
    return size;
}

Sizes gather(Node const &node, Sizes const &data, Sizes const &indices)
{
    const auto axis = static_cast<std::size_t>(node.integer("GatherAxis"));
    if (node.integer("Mode") != TRTX_GATHER_MODE_DEFAULT || axis >= data.size()) {
        return indices;
    }
    Sizes out(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(axis));
    out.insert(out.end(), indices.begin(), indices.end());
    out.insert(out.end(), data.begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.end());
    return out;
}

/// The axes that an input names, counted from the front of a rank; none where their values are not known.
std::optional<std::vector<bool>> axes_of(Node const &node, std::vector<Known> const &inputs, std::size_t rank)
{
    std::vector<bool> axes(rank, false);
    if (inputs.size() < 2) {
        return axes;
    }
    if (!inputs[1].values) {
        return std::nullopt;
    }
    for (int64_t axis : *inputs[1].values) {
        axis += axis < 0 ? static_cast<int64_t>(rank) : 0;
        if (axis < 0 || axis >= static_cast<int64_t>(rank)) {
            mismatch(node, "an axis is out of range");
        }
        axes[static_cast<std::size_t>(axis)] = true;
    }
    return axes;
}

Sizes unsqueeze(Node const &node, std::vector<Known> const &inputs)
{
    Sizes const &dims = inputs.at(0).dims;
    const std::size_t rank = dims.size() + static_cast<std::size_t>(volume(inputs.at(1).dims));
    const auto axes = axes_of(node, inputs, rank);
    if (!axes) {
        return Sizes(rank, -1);
    }
    Sizes out;
    auto next = dims.begin();
    for (const bool added : *axes) {
        out.push_back(added || next == dims.end() ? 1 : *next++);
    }
    return out;
}

Sizes squeeze(Node const &node, std::vector<Known> const &inputs)
{
    Sizes const &dims = inputs.at(0).dims;
    const auto axes = axes_of(node, inputs, dims.size());
    if (!axes) {
        mismatch(node, "the axes are not constant");
    }
    const bool all = inputs.size() < 2;
    Sizes out;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        if (all ? dims[i] != 1 : !(*axes)[i]) {
            out.push_back(dims[i]);
        } else if (dims[i] > 1) {
            mismatch(node, "axis " + std::to_string(i) + " has the size " + std::to_string(dims[i]) + ", not 1");
        }
    }
    return out;
}

std::vector<Known> topk(Node const &node, std::vector<Known> const &inputs)
{
    Sizes dims = inputs.at(0).dims;
    int64_t count = node.integer("K");
    if (inputs.size() > 1) {
        count = inputs[1].values && !inputs[1].values->empty() && inputs[1].values->front() != kOpen
            ? inputs[1].values->front()
            : -1;
    }
    for (std::size_t i = 0; i < dims.size(); ++i) {
        if ((node.integer("ReduceAxes") >> i) & 1) {
            if (dims[i] >= 0 && count > dims[i]) {
                mismatch(node, "k is " + std::to_string(count) + ", the axis has " + std::to_string(dims[i]));
            }
            dims[i] = count;
        }
    }
    return {{inputs[0].type, dims}, {static_cast<int32_t>(node.integer("IndicesType")), dims}};
}

bool is_comparison(int64_t op)
{
    return op == TRTX_ELEMENTWISE_OPERATION_EQUAL || op == TRTX_ELEMENTWISE_OPERATION_GREATER
        || op == TRTX_ELEMENTWISE_OPERATION_LESS;
}

Known elementwise(Node const &node, Known const &a, Known const &b)
{
    if (a.type != b.type) {
        mismatch(node, std::string("the inputs have types ") + name_of_type(a.type) + " and " + name_of_type(b.type));
    }
    const bool comparison = is_comparison(node.integer("Operation"));
    return {comparison ? TRTX_DATA_TYPE_BOOL : a.type, broadcast(node, a.dims, b.dims)};
}

Known unary(Node const &node, Known const &input)
{
    const int64_t op = node.integer("Operation");
    const bool test = op == TRTX_UNARY_OPERATION_ISINF || op == TRTX_UNARY_OPERATION_ISNAN;
    return {test ? TRTX_DATA_TYPE_BOOL : input.type, input.dims};
}

} // namespace

std::vector<Known> infer(Node const &node, std::vector<Known> const &inputs)
{
    const auto first = [&]() -> Known const & { return inputs.at(0); };
    const auto typed = [&](Sizes dims) { return std::vector<Known>{{first().type, std::move(dims)}}; };
    const auto as_type = [&](int64_t type) { return std::vector<Known>{{static_cast<int32_t>(type), first().dims}}; };
    switch (node.type) {
    case TRTX_LAYER_TYPE_CONSTANT: return {{node.blob("Weights").type, node.sizes("Dimensions")}};
    case TRTX_LAYER_TYPE_CAST:
    case TRTX_LAYER_TYPE_QUANTIZE:
    case TRTX_LAYER_TYPE_DEQUANTIZE: return as_type(node.integer("ToType"));
    case TRTX_LAYER_TYPE_ELEMENTWISE: return {elementwise(node, first(), inputs.at(1))};
    case TRTX_LAYER_TYPE_UNARY: return {unary(node, first())};
    case TRTX_LAYER_TYPE_MATRIX_MULTIPLY: return typed(matrix_multiply(node, first(), inputs.at(1)));
    case TRTX_LAYER_TYPE_CONVOLUTION: return typed(convolution(node, first().dims));
    case TRTX_LAYER_TYPE_POOLING: return typed(pooling(node, first().dims));
    case TRTX_LAYER_TYPE_REDUCE: return typed(reduce(node, first().dims));
    case TRTX_LAYER_TYPE_CONCATENATION: return typed(concatenation(node, inputs));
    case TRTX_LAYER_TYPE_SHUFFLE: return typed(shuffle(node, inputs));
    case TRTX_LAYER_TYPE_SLICE: return typed(slice(node, inputs));
    case TRTX_LAYER_TYPE_GATHER: return typed(gather(node, first().dims, inputs.at(1).dims));
    case TRTX_LAYER_TYPE_SHAPE: return {{TRTX_DATA_TYPE_INT64, {static_cast<int64_t>(first().dims.size())}}};
    case TRTX_LAYER_TYPE_SELECT: return {{inputs.at(1).type, broadcast(node, inputs[1].dims, inputs.at(2).dims)}};
    case TRTX_LAYER_TYPE_FILL: return {{static_cast<int32_t>(node.integer("ToType")), node.sizes("Dimensions")}};
    case TRTX_LAYER_TYPE_NON_ZERO:
        return {{static_cast<int32_t>(node.integer("IndicesType")), {static_cast<int64_t>(first().dims.size()), -1}}};
    case TRTX_LAYER_TYPE_UNSQUEEZE: return typed(unsqueeze(node, inputs));
    case TRTX_LAYER_TYPE_SQUEEZE: return typed(squeeze(node, inputs));
    case TRTX_LAYER_TYPE_TOPK: return topk(node, inputs);
    case TRTX_LAYER_TYPE_NMS: return {first(), {TRTX_DATA_TYPE_INT32, first().dims}};
    case TRTX_LAYER_TYPE_ASSERTION: return {};
    default:
        // Good enough for a layer that the fake can hold, but not run.
        if (inputs.empty()) {
            return {};
        }
        return std::vector<Known>(std::max<std::size_t>(1, node.outputs.size()), {first().type, first().dims});
    }
}

} // namespace trtx::fake
