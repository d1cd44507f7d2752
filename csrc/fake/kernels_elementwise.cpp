// SPDX-License-Identifier: Apache-2.0
//! Layers that work on each element by itself.
#include <algorithm>
#include <cmath>

#include "execute.hpp"
#include "fault.hpp"

namespace trtx::fake {
namespace {

/// Calls `body` for each index of a shape, also for the single one of a scalar and for none of an empty shape.
template <class Body> void for_each(Sizes const &dims, Body &&body)
{
    if (volume(dims) == 0) {
        return;
    }
    Sizes index(dims.size(), 0);
    std::size_t position = 0;
    do {
        body(index, position++);
    } while (advance(index, dims));
}

Number activate(int64_t type, Number x, Number alpha, Number beta)
{
    switch (type) {
    case TRTX_ACTIVATION_TYPE_RELU: return std::isnan(x) ? x : std::max<Number>(0, x);
    case TRTX_ACTIVATION_TYPE_SIGMOID: return 1 / (1 + std::exp(-x));
    case TRTX_ACTIVATION_TYPE_TANH: return std::tanh(x);
    case TRTX_ACTIVATION_TYPE_LEAKY_RELU: return x >= 0 ? x : alpha * x;
    case TRTX_ACTIVATION_TYPE_ELU: return x >= 0 ? x : alpha * (std::exp(x) - 1);
    case TRTX_ACTIVATION_TYPE_SELU: return x > 0 ? beta * x : beta * (alpha * std::exp(x) - alpha);
    case TRTX_ACTIVATION_TYPE_SOFTSIGN: return x / (1 + std::fabs(x));
    case TRTX_ACTIVATION_TYPE_SOFTPLUS: return alpha * std::log(std::exp(beta * x) + 1);
    case TRTX_ACTIVATION_TYPE_CLIP: return std::max(alpha, std::min(beta, x));
    case TRTX_ACTIVATION_TYPE_HARD_SIGMOID: return std::max<Number>(0, std::min<Number>(1, alpha * x + beta));
    case TRTX_ACTIVATION_TYPE_SCALED_TANH: return alpha * std::tanh(beta * x);
    case TRTX_ACTIVATION_TYPE_THRESHOLDED_RELU: return x > alpha ? x : 0;
    case TRTX_ACTIVATION_TYPE_GELU_ERF: return 0.5L * x * (1 + std::erf(x * std::sqrt(0.5L)));
    case TRTX_ACTIVATION_TYPE_GELU_TANH:
        return 0.5L * x * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846L) * (0.044715L * x * x * x + x)));
    default: refuse("unknown activation type");
    }
}

Number divide(Number a, Number b, bool integer)
{
    if (integer && b == 0) {
        throw Refusal(TRTX_ERROR_CODE_FAILED_EXECUTION, "integer division by zero");
    }
    return integer ? std::trunc(a / b) : a / b;
}

Number combine(int64_t op, Number a, Number b, bool integer)
{
    switch (op) {
    case TRTX_ELEMENTWISE_OPERATION_SUM: return a + b;
    case TRTX_ELEMENTWISE_OPERATION_PROD: return a * b;
    case TRTX_ELEMENTWISE_OPERATION_MAX: return std::max(a, b);
    case TRTX_ELEMENTWISE_OPERATION_MIN: return std::min(a, b);
    case TRTX_ELEMENTWISE_OPERATION_SUB: return a - b;
    case TRTX_ELEMENTWISE_OPERATION_DIV: return divide(a, b, integer);
    case TRTX_ELEMENTWISE_OPERATION_POW: return std::pow(a, b);
    case TRTX_ELEMENTWISE_OPERATION_FLOOR_DIV:
        if (integer && b == 0) {
            return divide(a, b, true);
        }
        return std::floor(a / b);
    case TRTX_ELEMENTWISE_OPERATION_AND: return a != 0 && b != 0;
    case TRTX_ELEMENTWISE_OPERATION_OR: return a != 0 || b != 0;
    case TRTX_ELEMENTWISE_OPERATION_XOR: return (a != 0) != (b != 0);
    case TRTX_ELEMENTWISE_OPERATION_EQUAL: return a == b;
    case TRTX_ELEMENTWISE_OPERATION_GREATER: return a > b;
    case TRTX_ELEMENTWISE_OPERATION_LESS: return a < b;
    default: refuse("unknown elementwise operation");
    }
}

Number apply(int64_t op, Number x)
{
    switch (op) {
    case TRTX_UNARY_OPERATION_EXP: return std::exp(x);
    case TRTX_UNARY_OPERATION_LOG: return std::log(x);
    case TRTX_UNARY_OPERATION_SQRT: return std::sqrt(x);
    case TRTX_UNARY_OPERATION_RECIP: return 1 / x;
    case TRTX_UNARY_OPERATION_ABS: return std::fabs(x);
    case TRTX_UNARY_OPERATION_NEG: return -x;
    case TRTX_UNARY_OPERATION_SIN: return std::sin(x);
    case TRTX_UNARY_OPERATION_COS: return std::cos(x);
    case TRTX_UNARY_OPERATION_TAN: return std::tan(x);
    case TRTX_UNARY_OPERATION_SINH: return std::sinh(x);
    case TRTX_UNARY_OPERATION_COSH: return std::cosh(x);
    case TRTX_UNARY_OPERATION_ASIN: return std::asin(x);
    case TRTX_UNARY_OPERATION_ACOS: return std::acos(x);
    case TRTX_UNARY_OPERATION_ATAN: return std::atan(x);
    case TRTX_UNARY_OPERATION_ASINH: return std::asinh(x);
    case TRTX_UNARY_OPERATION_ACOSH: return std::acosh(x);
    case TRTX_UNARY_OPERATION_ATANH: return std::atanh(x);
    case TRTX_UNARY_OPERATION_CEIL: return std::ceil(x);
    case TRTX_UNARY_OPERATION_FLOOR: return std::floor(x);
    case TRTX_UNARY_OPERATION_ERF: return std::erf(x);
    case TRTX_UNARY_OPERATION_NOT: return x == 0;
    case TRTX_UNARY_OPERATION_SIGN: return (x > 0) - (x < 0);
    case TRTX_UNARY_OPERATION_ROUND: return std::nearbyint(x);
    case TRTX_UNARY_OPERATION_ISINF: return std::isinf(x);
    case TRTX_UNARY_OPERATION_ISNAN: return std::isnan(x);
    default: refuse("unknown unary operation");
    }
}

void copy(Node const &, Inputs const &inputs, std::vector<Value> &outputs)
{
    outputs[0].data = inputs[0]->data;
}

void constant(Node const &node, Inputs const &, std::vector<Value> &outputs)
{
    outputs[0].data = numbers(node.blob("Weights"));
}

void activation(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    const int64_t type = node.integer("ActivationType");
    for (std::size_t i = 0; i < outputs[0].data.size(); ++i) {
        outputs[0].data[i] = activate(type, inputs[0]->data[i], node.real("Alpha"), node.real("Beta"));
    }
}

void unary(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    const int64_t op = node.integer("Operation");
    for (std::size_t i = 0; i < outputs[0].data.size(); ++i) {
        outputs[0].data[i] = apply(op, inputs[0]->data[i]);
    }
}

void elementwise(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    const int64_t op = node.integer("Operation");
    const int32_t type = inputs[0]->type;
    const bool integer = type == TRTX_DATA_TYPE_INT32 || type == TRTX_DATA_TYPE_INT64 || type == TRTX_DATA_TYPE_INT8
        || type == TRTX_DATA_TYPE_UINT8;
    for_each(outputs[0].dims, [&](Sizes const &index, std::size_t i) {
        const Number a = inputs[0]->data[offset(index, inputs[0]->dims)];
        const Number b = inputs[1]->data[offset(index, inputs[1]->dims)];
        outputs[0].data[i] = combine(op, a, b, integer);
    });
}

void select(Node const &, Inputs const &inputs, std::vector<Value> &outputs)
{
    for_each(outputs[0].dims, [&](Sizes const &index, std::size_t i) {
        const bool first = inputs[0]->data[offset(index, inputs[0]->dims)] != 0;
        const Value &chosen = *inputs[first ? 1 : 2];
        outputs[0].data[i] = chosen.data[offset(index, chosen.dims)];
    });
}

/// (x * scale + shift) ** power, with the coefficients per tensor, channel or element.
void scale(Node const &node, Inputs const &inputs, std::vector<Value> &outputs)
{
    const int64_t mode = node.integer("Mode");
    const auto axis = static_cast<std::size_t>(node.integer("ChannelAxis"));
    const std::vector<Number> shift = numbers(node.blob("Shift"));
    const std::vector<Number> factor = numbers(node.blob("Scale"));
    const std::vector<Number> power = numbers(node.blob("Power"));
    // One for each element of a sample: the batch shares them.
    const std::size_t sample = std::max({shift.size(), factor.size(), power.size(), std::size_t{1}});
    for_each(outputs[0].dims, [&](Sizes const &index, std::size_t i) {
        std::size_t which = mode == TRTX_SCALE_MODE_ELEMENTWISE ? i % sample : 0;
        if (mode == TRTX_SCALE_MODE_CHANNEL) {
            which = static_cast<std::size_t>(index.at(axis));
        }
        Number x = inputs[0]->data[i];
        x *= factor.empty() ? 1 : factor.at(which);
        x += shift.empty() ? 0 : shift.at(which);
        outputs[0].data[i] = power.empty() ? x : std::pow(x, power.at(which));
    });
}

} // namespace

Kernel elementwise_kernel_of(int32_t layer_type)
{
    switch (layer_type) {
    case TRTX_LAYER_TYPE_CONSTANT: return constant;
    case TRTX_LAYER_TYPE_IDENTITY:
    case TRTX_LAYER_TYPE_CAST: return copy;
    case TRTX_LAYER_TYPE_ACTIVATION: return activation;
    case TRTX_LAYER_TYPE_ELEMENTWISE: return elementwise;
    case TRTX_LAYER_TYPE_UNARY: return unary;
    case TRTX_LAYER_TYPE_SELECT: return select;
    case TRTX_LAYER_TYPE_SCALE: return scale;
    default: return nullptr;
    }
}

} // namespace trtx::fake
