// SPDX-License-Identifier: Apache-2.0
//! What is known before a network runs: values of shapes, which layers compute from shapes; and names of layers.
#include <algorithm>
#include <cmath>
#include <limits>

#include "execute.hpp"

namespace trtx::fake {
namespace {

/// More numbers than this are no shape.
constexpr int64_t kMost = 64;

bool is_integer(int32_t type)
{
    return type == TRTX_DATA_TYPE_INT32 || type == TRTX_DATA_TYPE_INT64 || type == TRTX_DATA_TYPE_BOOL;
}

bool is_known(Sizes const &values)
{
    return std::find(values.begin(), values.end(), kOpen) == values.end();
}

/// Layers whose result is right where sizes are open: those move numbers, or give no number where one is missing.
bool takes_open(Node const &node, std::size_t input)
{
    switch (node.type) {
    case TRTX_LAYER_TYPE_CONCATENATION:
    case TRTX_LAYER_TYPE_IDENTITY:
    case TRTX_LAYER_TYPE_CAST: return true;
    case TRTX_LAYER_TYPE_GATHER:
    case TRTX_LAYER_TYPE_SLICE:
    case TRTX_LAYER_TYPE_SHUFFLE:
    case TRTX_LAYER_TYPE_SQUEEZE:
    case TRTX_LAYER_TYPE_UNSQUEEZE: return input == 0;
    case TRTX_LAYER_TYPE_ELEMENTWISE: return node.integer("Operation") <= TRTX_ELEMENTWISE_OPERATION_PROD;
    default: return false;
    }
}

} // namespace

std::optional<Sizes> fold(Node const &node, std::vector<Known> const &given, std::vector<Known> const &made)
{
    if (made.size() != 1 || !is_integer(made[0].type)) {
        return std::nullopt;
    }
    if (node.type == TRTX_LAYER_TYPE_SHAPE) {
        Sizes values = given.at(0).dims;
        std::replace(values.begin(), values.end(), int64_t{-1}, kOpen);
        return values;
    }
    const bool shaped = std::find(made[0].dims.begin(), made[0].dims.end(), -1) == made[0].dims.end();
    const Kernel kernel = kernel_of(node.type);
    if (!shaped || volume(made[0].dims) > kMost || !kernel || (given.empty() && node.type != TRTX_LAYER_TYPE_CONSTANT)) {
        return std::nullopt;
    }
    std::vector<Value> values;
    bool whole = true;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (!given[i].values || volume(given[i].dims) != static_cast<int64_t>(given[i].values->size())) {
            return std::nullopt;
        }
        if (!is_known(*given[i].values)) {
            if (!takes_open(node, i)) {
                return std::nullopt;
            }
            whole = false;
        }
        Value value{given[i].type, given[i].dims, {}};
        for (const int64_t number : *given[i].values) {
            value.data.push_back(number == kOpen ? std::numeric_limits<Number>::quiet_NaN() : static_cast<Number>(number));
        }
        values.push_back(std::move(value));
    }
    Inputs inputs;
    for (Value const &value : values) {
        inputs.push_back(&value);
    }
    std::vector<Value> outputs(1);
    outputs[0].type = made[0].type;
    outputs[0].dims = made[0].dims;
    outputs[0].data.resize(static_cast<std::size_t>(volume(made[0].dims)));
    kernel(node, inputs, outputs);
    if (whole) {
        round_to_type(outputs[0]);
    }
    Sizes result;
    for (const Number number : outputs[0].data) {
        result.push_back(std::isnan(number) ? kOpen : static_cast<int64_t>(number));
    }
    return result;
}

const char *name_of_layer(int32_t layer_type)
{
    switch (layer_type) {
    case TRTX_LAYER_TYPE_CONVOLUTION: return "CONVOLUTION";
    case TRTX_LAYER_TYPE_CAST: return "CAST";
    case TRTX_LAYER_TYPE_ACTIVATION: return "ACTIVATION";
    case TRTX_LAYER_TYPE_POOLING: return "POOLING";
    case TRTX_LAYER_TYPE_LRN: return "LRN";
    case TRTX_LAYER_TYPE_SCALE: return "SCALE";
    case TRTX_LAYER_TYPE_SOFTMAX: return "SOFTMAX";
    case TRTX_LAYER_TYPE_DECONVOLUTION: return "DECONVOLUTION";
    case TRTX_LAYER_TYPE_CONCATENATION: return "CONCATENATION";
    case TRTX_LAYER_TYPE_ELEMENTWISE: return "ELEMENTWISE";
    case TRTX_LAYER_TYPE_PLUGIN: return "PLUGIN";
    case TRTX_LAYER_TYPE_UNARY: return "UNARY";
    case TRTX_LAYER_TYPE_PADDING: return "PADDING";
    case TRTX_LAYER_TYPE_SHUFFLE: return "SHUFFLE";
    case TRTX_LAYER_TYPE_REDUCE: return "REDUCE";
    case TRTX_LAYER_TYPE_TOPK: return "TOPK";
    case TRTX_LAYER_TYPE_GATHER: return "GATHER";
    case TRTX_LAYER_TYPE_MATRIX_MULTIPLY: return "MATRIX_MULTIPLY";
    case TRTX_LAYER_TYPE_RAGGED_SOFTMAX: return "RAGGED_SOFTMAX";
    case TRTX_LAYER_TYPE_CONSTANT: return "CONSTANT";
    case TRTX_LAYER_TYPE_IDENTITY: return "IDENTITY";
    case TRTX_LAYER_TYPE_PLUGIN_V2: return "PLUGIN_V2";
    case TRTX_LAYER_TYPE_SLICE: return "SLICE";
    case TRTX_LAYER_TYPE_SHAPE: return "SHAPE";
    case TRTX_LAYER_TYPE_PARAMETRIC_RELU: return "PARAMETRIC_RELU";
    case TRTX_LAYER_TYPE_RESIZE: return "RESIZE";
    case TRTX_LAYER_TYPE_TRIP_LIMIT: return "TRIP_LIMIT";
    case TRTX_LAYER_TYPE_RECURRENCE: return "RECURRENCE";
    case TRTX_LAYER_TYPE_ITERATOR: return "ITERATOR";
    case TRTX_LAYER_TYPE_LOOP_OUTPUT: return "LOOP_OUTPUT";
    case TRTX_LAYER_TYPE_SELECT: return "SELECT";
    case TRTX_LAYER_TYPE_FILL: return "FILL";
    case TRTX_LAYER_TYPE_QUANTIZE: return "QUANTIZE";
    case TRTX_LAYER_TYPE_DEQUANTIZE: return "DEQUANTIZE";
    case TRTX_LAYER_TYPE_CONDITION: return "CONDITION";
    case TRTX_LAYER_TYPE_CONDITIONAL_INPUT: return "CONDITIONAL_INPUT";
    case TRTX_LAYER_TYPE_CONDITIONAL_OUTPUT: return "CONDITIONAL_OUTPUT";
    case TRTX_LAYER_TYPE_SCATTER: return "SCATTER";
    case TRTX_LAYER_TYPE_EINSUM: return "EINSUM";
    case TRTX_LAYER_TYPE_ASSERTION: return "ASSERTION";
    case TRTX_LAYER_TYPE_ONE_HOT: return "ONE_HOT";
    case TRTX_LAYER_TYPE_NON_ZERO: return "NON_ZERO";
    case TRTX_LAYER_TYPE_GRID_SAMPLE: return "GRID_SAMPLE";
    case TRTX_LAYER_TYPE_NMS: return "NMS";
    case TRTX_LAYER_TYPE_REVERSE_SEQUENCE: return "REVERSE_SEQUENCE";
    case TRTX_LAYER_TYPE_NORMALIZATION: return "NORMALIZATION";
    case TRTX_LAYER_TYPE_PLUGIN_V3: return "PLUGIN_V3";
    case TRTX_LAYER_TYPE_SQUEEZE: return "SQUEEZE";
    case TRTX_LAYER_TYPE_UNSQUEEZE: return "UNSQUEEZE";
    case TRTX_LAYER_TYPE_CUMULATIVE: return "CUMULATIVE";
    case TRTX_LAYER_TYPE_DYNAMIC_QUANTIZE: return "DYNAMIC_QUANTIZE";
    case TRTX_LAYER_TYPE_ATTENTION_INPUT: return "ATTENTION_INPUT";
    case TRTX_LAYER_TYPE_ATTENTION_OUTPUT: return "ATTENTION_OUTPUT";
    case TRTX_LAYER_TYPE_ROTARY_EMBEDDING: return "ROTARY_EMBEDDING";
    case TRTX_LAYER_TYPE_KVCACHE_UPDATE: return "KVCACHE_UPDATE";
    case TRTX_LAYER_TYPE_MOE: return "MOE";
    case TRTX_LAYER_TYPE_DIST_COLLECTIVE: return "DIST_COLLECTIVE";
    default: return "unknown";
    }
}

} // namespace trtx::fake
