// SPDX-License-Identifier: Apache-2.0
//! A network as plain data: what is built, serialized, deserialized and executed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "trtx_c.h"

namespace trtx::fake {

using Sizes = std::vector<int64_t>;

/// Weights with bytes of their own.
struct Blob {
    int32_t type = TRTX_DATA_TYPE_FLOAT;
    int64_t count = 0;
    std::string bytes;
};

using Attribute = std::variant<int64_t, double, std::string, Sizes, Blob>;

/// One layer.
struct Node {
    int32_t type = 0;
    std::string name;
    std::map<std::string, Attribute> attributes;
    /// Indices into Plan::tensors; -1 for an input that is not there.
    std::vector<int32_t> inputs;
    std::vector<int32_t> outputs;

    int64_t integer(const char *key) const { return std::get<int64_t>(attributes.at(key)); }
    double real(const char *key) const { return std::get<double>(attributes.at(key)); }
    Blob const &blob(const char *key) const { return std::get<Blob>(attributes.at(key)); }
    bool has(const char *key) const { return attributes.count(key) != 0; }
    /// A shape; the default where the layer has none set.
    Sizes sizes(const char *key, Sizes const &missing = {}) const
    {
        return has(key) ? std::get<Sizes>(attributes.at(key)) : missing;
    }
};

struct PlanTensor {
    std::string name;
    int32_t type = TRTX_DATA_TYPE_FLOAT;
    Sizes dims;
    bool debug = false;
};

/// Smallest, usual and largest shape of each input, and the values of shape tensors.
struct PlanProfile {
    std::map<std::string, std::vector<Sizes>> shapes;
    std::map<std::string, std::vector<Sizes>> values;
};

struct Plan {
    std::string name;
    bool refittable = false;
    int32_t verbosity = 0;
    std::vector<PlanTensor> tensors;
    std::vector<Node> nodes;
    std::vector<int32_t> inputs;
    std::vector<int32_t> outputs;
    std::vector<PlanProfile> profiles;

    /// A profile by its index; an engine without profiles is like one whose only profile says nothing.
    PlanProfile const &profile(int32_t index) const
    {
        static const PlanProfile none;
        return profiles.empty() ? none : profiles[static_cast<std::size_t>(index)];
    }
};

/// The plan as bytes: magic, version, length, content, checksum.
std::string serialize(Plan const &plan);
/// Throws Refusal for bytes that are no whole plan of this version.
Plan deserialize(const void *data, std::size_t size);
/// Bytes that say how long the plan is.
constexpr std::size_t kHeaderSize = 24;
/// Length of the whole plan by its header; 0 for what is no plan.
std::size_t plan_size(const void *data, std::size_t size);

// Types and shapes

/// Bytes of an element; 0 for types that the fake does not store.
int64_t size_of(int32_t type);
const char *name_of_type(int32_t type);
int64_t volume(Sizes const &dims);
std::string to_text(Sizes const &dims);
Sizes to_sizes(trtx_dims const &dims);
trtx_dims to_dims(Sizes const &sizes);

/// A number that is not known, among the values of a tensor that may be a shape.
constexpr int64_t kOpen = INT64_MIN;

/// What is known of a tensor before or while the network runs.
struct Known {
    int32_t type = TRTX_DATA_TYPE_FLOAT;
    Sizes dims;
    /// Values of a small integer tensor, where they are known; some may be kOpen.
    const Sizes *values = nullptr;
};

/// Types and shapes of a layer's outputs. Throws Refusal where the inputs do not fit.
std::vector<Known> infer(Node const &node, std::vector<Known> const &inputs);

} // namespace trtx::fake
