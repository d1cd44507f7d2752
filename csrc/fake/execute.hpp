// SPDX-License-Identifier: Apache-2.0
//! Running a plan on host memory: slow, plain and deterministic.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan.hpp"

namespace trtx::fake {

/// Wide enough to hold an int64 and to round to a float once, where long double has 64 bits of mantissa.
using Number = long double;

struct Value {
    int32_t type = TRTX_DATA_TYPE_FLOAT;
    Sizes dims;
    std::vector<Number> data;
};

Value load(int32_t type, Sizes const &dims, const void *memory);
void store(Value const &value, void *memory);
/// Rounds every element to what the type of the value can hold.
void round_to_type(Value &value);
/// Elements of a blob as numbers.
std::vector<Number> numbers(Blob const &blob);

using Inputs = std::vector<const Value *>;
/// Fills the data of outputs whose type and shape stand already.
using Kernel = void (*)(Node const &node, Inputs const &inputs, std::vector<Value> &outputs);

/// What computes layers of this type; null where the fake cannot.
Kernel kernel_of(int32_t layer_type);
Kernel elementwise_kernel_of(int32_t layer_type);
Kernel dense_kernel_of(int32_t layer_type);
Kernel shape_kernel_of(int32_t layer_type);
Kernel more_kernel_of(int32_t layer_type);
/// As in the enumeration of layer types, for messages.
const char *name_of_layer(int32_t layer_type);

/// Values of a small integer output that follow from those of the inputs and from shapes, without running anything;
/// kOpen stands for numbers that are not known.
std::optional<Sizes> fold(Node const &node, std::vector<Known> const &given, std::vector<Known> const &made);

/// Told of every layer that has run, and of every debug tensor.
struct Observers {
    std::function<void(Node const &)> layer;
    std::function<void(PlanTensor const &, Value const &)> debug;
};

/// Values of all outputs by name. Throws Refusal, which names the layer, for what cannot be run.
std::map<std::string, Value> execute(
    Plan const &plan, std::map<std::string, Value> inputs, Observers const &observers = {});

/// Shapes of all tensors by index for given shapes of the inputs. Sizes that depend on data stay -1.
std::vector<Known> infer_all(Plan const &plan, std::map<std::string, Sizes> const &inputs);

/// Steps through the indices of a shape, last axis fastest. False at the end.
bool advance(Sizes &index, Sizes const &dims);
/// Position of an index in row-major order; axes of size one are broadcast.
std::size_t offset(Sizes const &index, Sizes const &dims);

} // namespace trtx::fake
