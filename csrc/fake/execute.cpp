// SPDX-License-Identifier: Apache-2.0
#include "execute.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "fault.hpp"

namespace trtx::fake {
namespace {

float bits_to_float(uint32_t bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

float half_to_float(uint16_t half)
{
    const int sign = half >> 15;
    const int exponent = (half >> 10) & 31;
    const int fraction = half & 1023;
    float value = 0;
    if (exponent == 31) {
        value = fraction ? NAN : INFINITY;
    } else if (exponent == 0) {
        value = std::ldexp(static_cast<float>(fraction), -24);
    } else {
        value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    }
    return sign ? -value : value;
}

/// Rounds to nearest, ties to even, in one step from the wide type.
uint16_t to_half(Number value)
{
    const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    const Number size = std::fabs(value);
    if (std::isnan(value)) {
        return 0x7e00;
    }
    if (size >= 65520) {
        return sign | 0x7c00;
    }
    if (size == 0) {
        return sign;
    }
    int exponent = 0;
    std::frexp(size, &exponent);
    // The unit of the last place: subnormal numbers share the smallest.
    const int unit = std::max(exponent - 11, -24);
    const auto steps = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, -unit)));
    if (unit == -24) {
        return static_cast<uint16_t>(sign | steps);
    }
    return static_cast<uint16_t>(sign | (((unit + 24) << 10) + steps));
}

uint16_t to_bf16(Number value)
{
    const auto rounded = static_cast<float>(value);
    uint32_t bits;
    std::memcpy(&bits, &rounded, sizeof bits);
    if (std::isnan(rounded)) {
        return 0x7fc0;
    }
    return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

template <class T> T element(const void *memory, std::size_t index)
{
    T value;
    std::memcpy(&value, static_cast<const char *>(memory) + index * sizeof value, sizeof value);
    return value;
}

template <class T> void put(void *memory, std::size_t index, T value)
{
    std::memcpy(static_cast<char *>(memory) + index * sizeof value, &value, sizeof value);
}

/// Numbers beyond a type's range are clamped: converting them as C++ does would be undefined.
template <class T> T clamped(Number value)
{
    if (std::isnan(value)) {
        return 0;
    }
    const auto low = static_cast<Number>(std::numeric_limits<T>::min());
    const auto high = static_cast<Number>(std::numeric_limits<T>::max());
    if (value <= low) {
        return std::numeric_limits<T>::min();
    }
    return value >= high ? std::numeric_limits<T>::max() : static_cast<T>(value);
}

Number read(int32_t type, const void *memory, std::size_t i)
{
    switch (type) {
    case TRTX_DATA_TYPE_FLOAT: return element<float>(memory, i);
    case TRTX_DATA_TYPE_HALF: return half_to_float(element<uint16_t>(memory, i));
    case TRTX_DATA_TYPE_BF16: return bits_to_float(uint32_t{element<uint16_t>(memory, i)} << 16);
    case TRTX_DATA_TYPE_INT8: return element<int8_t>(memory, i);
    case TRTX_DATA_TYPE_UINT8: return element<uint8_t>(memory, i);
    case TRTX_DATA_TYPE_BOOL: return element<uint8_t>(memory, i) != 0;
    case TRTX_DATA_TYPE_INT32: return element<int32_t>(memory, i);
    case TRTX_DATA_TYPE_INT64: return element<int64_t>(memory, i);
    default:
        throw Refusal(
            TRTX_ERROR_CODE_FAILED_EXECUTION, std::string("the fake library cannot compute with ") + name_of_type(type));
    }
}

void write(int32_t type, void *memory, std::size_t i, Number value)
{
    switch (type) {
    case TRTX_DATA_TYPE_FLOAT: return put(memory, i, static_cast<float>(value));
    case TRTX_DATA_TYPE_HALF: return put(memory, i, to_half(value));
    case TRTX_DATA_TYPE_BF16: return put(memory, i, to_bf16(value));
    case TRTX_DATA_TYPE_INT8: return put(memory, i, clamped<int8_t>(value));
    case TRTX_DATA_TYPE_UINT8: return put(memory, i, clamped<uint8_t>(value));
    case TRTX_DATA_TYPE_BOOL: return put<uint8_t>(memory, i, value != 0);
    case TRTX_DATA_TYPE_INT32: return put(memory, i, clamped<int32_t>(value));
    case TRTX_DATA_TYPE_INT64: return put(memory, i, clamped<int64_t>(value));
    default:
        throw Refusal(
            TRTX_ERROR_CODE_FAILED_EXECUTION, std::string("the fake library cannot compute with ") + name_of_type(type));
    }
}

/// Values of small integer tensors, which shape inference needs.
std::vector<Sizes> integer_values(Inputs const &inputs)
{
    std::vector<Sizes> found;
    for (const Value *input : inputs) {
        Sizes values;
        if (input && input->data.size() <= 8) {
            for (const Number number : input->data) {
                values.push_back(static_cast<int64_t>(number));
            }
        }
        found.push_back(std::move(values));
    }
    return found;
}

std::vector<Value> run_node(Node const &node, Inputs const &inputs)
{
    const Kernel kernel = kernel_of(node.type);
    if (!kernel) {
        throw Refusal(TRTX_ERROR_CODE_FAILED_EXECUTION,
            "layer " + node.name + ": the fake library does not compute " + name_of_layer(node.type)
                + " layers; run it on a GPU with the real one, or see csrc/fake/README.md for the layers it computes");
    }
    const std::vector<Sizes> values = integer_values(inputs);
    std::vector<Known> known;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const bool present = inputs[i] != nullptr;
        known.push_back(present ? Known{inputs[i]->type, inputs[i]->dims, &values[i]} : Known{});
    }
    std::vector<Value> outputs;
    for (Known const &made : infer(node, known)) {
        Value output{made.type, made.dims, {}};
        if (std::find(made.dims.begin(), made.dims.end(), -1) == made.dims.end()) {
            output.data.resize(static_cast<std::size_t>(volume(made.dims)));
        } else {
            require(node.type == TRTX_LAYER_TYPE_NON_ZERO, "the output's shape is known");
        }
        outputs.push_back(std::move(output));
    }
    kernel(node, inputs, outputs);
    for (Value &output : outputs) {
        round_to_type(output);
    }
    return outputs;
}

} // namespace

Kernel kernel_of(int32_t layer_type)
{
    for (const auto family : {elementwise_kernel_of, dense_kernel_of, shape_kernel_of, more_kernel_of}) {
        if (const Kernel kernel = family(layer_type)) {
            return kernel;
        }
    }
    return nullptr;
}

Value load(int32_t type, Sizes const &dims, const void *memory)
{
    Value value{type, dims, {}};
    value.data.resize(static_cast<std::size_t>(volume(dims)));
    for (std::size_t i = 0; i < value.data.size(); ++i) {
        value.data[i] = read(type, memory, i);
    }
    return value;
}

void store(Value const &value, void *memory)
{
    for (std::size_t i = 0; i < value.data.size(); ++i) {
        write(value.type, memory, i, value.data[i]);
    }
}

void round_to_type(Value &value)
{
    for (Number &number : value.data) {
        unsigned char bytes[8];
        write(value.type, bytes, 0, number);
        number = read(value.type, bytes, 0);
    }
}

std::vector<Number> numbers(Blob const &blob)
{
    return load(blob.type, {blob.count}, blob.bytes.data()).data;
}

std::map<std::string, Value> execute(Plan const &plan, std::map<std::string, Value> inputs, Observers const &observers)
{
    std::vector<Value> values(plan.tensors.size());
    const auto show = [&](int32_t index) {
        PlanTensor const &tensor = plan.tensors[static_cast<std::size_t>(index)];
        if (tensor.debug && observers.debug) {
            observers.debug(tensor, values[static_cast<std::size_t>(index)]);
        }
    };
    for (const int32_t index : plan.inputs) {
        values[static_cast<std::size_t>(index)] = std::move(inputs.at(plan.tensors[static_cast<std::size_t>(index)].name));
        show(index);
    }
    for (Node const &node : plan.nodes) {
        Inputs given;
        for (const int32_t index : node.inputs) {
            given.push_back(index < 0 ? nullptr : &values[static_cast<std::size_t>(index)]);
        }
        std::vector<Value> made = run_node(node, given);
        for (std::size_t i = 0; i < node.outputs.size() && i < made.size(); ++i) {
            values[static_cast<std::size_t>(node.outputs[i])] = std::move(made[i]);
            show(node.outputs[i]);
        }
        if (observers.layer) {
            observers.layer(node);
        }
    }
    std::map<std::string, Value> results;
    for (const int32_t index : plan.outputs) {
        // Copied: one value may be an output under one name and an input too.
        results[plan.tensors[static_cast<std::size_t>(index)].name] = values[static_cast<std::size_t>(index)];
    }
    return results;
}

std::vector<Known> infer_all(Plan const &plan, std::map<std::string, Sizes> const &inputs)
{
    std::vector<Known> known(plan.tensors.size());
    for (std::size_t i = 0; i < known.size(); ++i) {
        known[i] = {plan.tensors[i].type, plan.tensors[i].dims};
    }
    for (const int32_t index : plan.inputs) {
        const auto found = inputs.find(plan.tensors[static_cast<std::size_t>(index)].name);
        if (found != inputs.end()) {
            known[static_cast<std::size_t>(index)].dims = found->second;
        }
    }
    std::vector<std::optional<Sizes>> values(known.size());
    for (Node const &node : plan.nodes) {
        std::vector<Known> given;
        for (const int32_t index : node.inputs) {
            given.push_back(index < 0 ? Known{} : known[static_cast<std::size_t>(index)]);
        }
        const std::vector<Known> made = infer(node, given);
        for (std::size_t i = 0; i < node.outputs.size() && i < made.size(); ++i) {
            known[static_cast<std::size_t>(node.outputs[i])].dims = made[i].dims;
        }
        if (std::optional<Sizes> found = fold(node, given, made)) {
            const auto output = static_cast<std::size_t>(node.outputs.at(0));
            values[output] = std::move(found);
            known[output].values = &*values[output];
        }
    }
    return known;
}

bool advance(Sizes &index, Sizes const &dims)
{
    for (std::size_t axis = dims.size(); axis-- > 0;) {
        if (++index[axis] < dims[axis]) {
            return true;
        }
        index[axis] = 0;
    }
    return false;
}

std::size_t offset(Sizes const &index, Sizes const &dims)
{
    int64_t position = 0;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        position = position * dims[i] + (dims[i] == 1 ? 0 : index[i]);
    }
    return static_cast<std::size_t>(position);
}

} // namespace trtx::fake
