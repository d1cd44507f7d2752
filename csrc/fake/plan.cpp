// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>
#include <cstring>

#include "fault.hpp"

namespace trtx::fake {
namespace {

constexpr char kMagic[] = "TRTXFAKE";
constexpr uint32_t kVersion = 1;
/// No plan of the fake is so large; a length beyond it is damage, and must not become an allocation.
constexpr uint64_t kLimit = uint64_t{1} << 32;

uint64_t checksum(const char *data, std::size_t size)
{
    uint64_t hash = 1469598103934665603ULL;
    for (std::size_t i = 0; i < size; ++i) {
        hash = (hash ^ static_cast<unsigned char>(data[i])) * 1099511628211ULL;
    }
    return hash;
}

class Writer {
public:
    std::string text;

    template <class T> void number(T value) { text.append(reinterpret_cast<const char *>(&value), sizeof value); }
    void put(bool value) { number<uint8_t>(value); }
    void put(int32_t value) { number(value); }
    void put(int64_t value) { number(value); }
    void put(double value) { number(value); }
    void put(std::string const &value)
    {
        number<uint64_t>(value.size());
        text += value;
    }
    void put(Blob const &value)
    {
        put(value.type);
        put(value.count);
        put(value.bytes);
    }
    void put(Attribute const &value)
    {
        number(static_cast<uint8_t>(value.index()));
        std::visit([this](auto const &held) { put(held); }, value);
    }
    void put(PlanTensor const &value)
    {
        put(value.name);
        put(value.type);
        put(value.dims);
        put(value.debug);
    }
    void put(Node const &value)
    {
        put(value.type);
        put(value.name);
        put(value.attributes);
        put(value.inputs);
        put(value.outputs);
    }
    void put(PlanProfile const &value)
    {
        put(value.shapes);
        put(value.values);
    }
    template <class T> void put(std::vector<T> const &values)
    {
        number<uint64_t>(values.size());
        for (T const &value : values) {
            put(value);
        }
    }
    template <class T> void put(std::map<std::string, T> const &values)
    {
        number<uint64_t>(values.size());
        for (auto const &[key, value] : values) {
            put(key);
            put(value);
        }
    }
};

class Reader {
public:
    Reader(const char *data, std::size_t size) : mData(data), mLeft(size) {}

    bool at_end() const { return mLeft == 0; }

    template <class T> T number()
    {
        T value;
        std::memcpy(&value, bytes(sizeof value), sizeof value);
        return value;
    }
    void get(bool &value) { value = number<uint8_t>() != 0; }
    void get(int32_t &value) { value = number<int32_t>(); }
    void get(int64_t &value) { value = number<int64_t>(); }
    void get(double &value) { value = number<double>(); }
    void get(std::string &value)
    {
        const std::size_t size = count();
        value.assign(bytes(size), size);
    }
    void get(Blob &value)
    {
        get(value.type);
        get(value.count);
        get(value.bytes);
    }
    void get(Attribute &value)
    {
        switch (number<uint8_t>()) {
        case 0: return get(value.emplace<int64_t>());
        case 1: return get(value.emplace<double>());
        case 2: return get(value.emplace<std::string>());
        case 3: return get(value.emplace<Sizes>());
        case 4: return get(value.emplace<Blob>());
        default: damaged();
        }
    }
    void get(PlanTensor &value)
    {
        get(value.name);
        get(value.type);
        get(value.dims);
        get(value.debug);
    }
    void get(Node &value)
    {
        get(value.type);
        get(value.name);
        get(value.attributes);
        get(value.inputs);
        get(value.outputs);
    }
    void get(PlanProfile &value)
    {
        get(value.shapes);
        get(value.values);
    }
    template <class T> void get(std::vector<T> &values)
    {
        values.resize(count());
        for (T &value : values) {
            get(value);
        }
    }
    template <class T> void get(std::map<std::string, T> &values)
    {
        for (std::size_t left = count(); left > 0; --left) {
            std::string key;
            get(key);
            get(values[key]);
        }
    }

    [[noreturn]] static void damaged() { throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the plan is damaged"); }

private:
    /// A number of items: none takes less than a byte.
    std::size_t count()
    {
        const auto value = number<uint64_t>();
        if (value > mLeft) {
            damaged();
        }
        return static_cast<std::size_t>(value);
    }
    const char *bytes(std::size_t size)
    {
        if (size > mLeft) {
            damaged();
        }
        const char *const here = mData;
        mData += size;
        mLeft -= size;
        return here;
    }

    const char *mData;
    std::size_t mLeft;
};

void check_indices(Plan const &plan, std::vector<int32_t> const &indices, int32_t lowest)
{
    for (const int32_t index : indices) {
        if (index < lowest || index >= static_cast<int32_t>(plan.tensors.size())) {
            Reader::damaged();
        }
    }
}

} // namespace

std::string serialize(Plan const &plan)
{
    Writer content;
    content.put(plan.name);
    content.put(plan.refittable);
    content.put(plan.verbosity);
    content.put(plan.tensors);
    content.put(plan.nodes);
    content.put(plan.inputs);
    content.put(plan.outputs);
    content.put(plan.profiles);
    Writer whole;
    whole.text.append(kMagic, 8);
    whole.number<uint32_t>(kVersion);
    whole.number<uint32_t>(0);
    whole.number<uint64_t>(kHeaderSize + content.text.size() + 8);
    whole.text += content.text;
    whole.number(checksum(content.text.data(), content.text.size()));
    return std::move(whole.text);
}

std::size_t plan_size(const void *data, std::size_t size)
{
    auto const *bytes = static_cast<const char *>(data);
    if (size < kHeaderSize || std::memcmp(bytes, kMagic, 8) != 0) {
        return 0;
    }
    uint64_t length = 0;
    std::memcpy(&length, bytes + 16, sizeof length);
    return length < kHeaderSize + 8 || length > kLimit ? 0 : static_cast<std::size_t>(length);
}

Plan deserialize(const void *data, std::size_t size)
{
    auto const *bytes = static_cast<const char *>(data);
    const std::size_t length = plan_size(data, size);
    if (length == 0) {
        throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the magic tag does not match: this is no plan");
    }
    uint32_t version = 0;
    std::memcpy(&version, bytes + 8, sizeof version);
    if (version != kVersion) {
        throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the plan has another version of the format");
    }
    if (size < length) {
        throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR,
            "the plan is cut off: " + std::to_string(size) + " bytes of " + std::to_string(length));
    }
    const std::size_t content = length - kHeaderSize - 8;
    uint64_t expected = 0;
    std::memcpy(&expected, bytes + length - 8, sizeof expected);
    if (checksum(bytes + kHeaderSize, content) != expected) {
        Reader::damaged();
    }
    Plan plan;
    Reader reader(bytes + kHeaderSize, content);
    reader.get(plan.name);
    reader.get(plan.refittable);
    reader.get(plan.verbosity);
    reader.get(plan.tensors);
    reader.get(plan.nodes);
    reader.get(plan.inputs);
    reader.get(plan.outputs);
    reader.get(plan.profiles);
    check_indices(plan, plan.inputs, 0);
    check_indices(plan, plan.outputs, 0);
    for (Node const &node : plan.nodes) {
        check_indices(plan, node.inputs, -1);
        check_indices(plan, node.outputs, 0);
    }
    if (!reader.at_end()) {
        Reader::damaged();
    }
    return plan;
}

int64_t size_of(int32_t type)
{
    switch (type) {
    case TRTX_DATA_TYPE_FLOAT:
    case TRTX_DATA_TYPE_INT32: return 4;
    case TRTX_DATA_TYPE_HALF:
    case TRTX_DATA_TYPE_BF16: return 2;
    case TRTX_DATA_TYPE_INT8:
    case TRTX_DATA_TYPE_UINT8:
    case TRTX_DATA_TYPE_BOOL:
    case TRTX_DATA_TYPE_FP8:
    case TRTX_DATA_TYPE_E8M0: return 1;
    case TRTX_DATA_TYPE_INT64: return 8;
    default: return 0;
    }
}

const char *name_of_type(int32_t type)
{
    static const char *const names[]
        = {"Float", "Half", "Int8", "Int32", "Bool", "UInt8", "FP8", "BFloat16", "Int64", "Int4", "FP4", "E8M0"};
    return type >= 0 && type < 12 ? names[type] : "unknown";
}

int64_t volume(Sizes const &dims)
{
    int64_t product = 1;
    for (const int64_t size : dims) {
        product *= size;
    }
    return product;
}

std::string to_text(Sizes const &dims)
{
    std::string text = "[";
    for (std::size_t i = 0; i < dims.size(); ++i) {
        text += (i ? "," : "") + std::to_string(dims[i]);
    }
    return text + "]";
}

Sizes to_sizes(trtx_dims const &dims)
{
    require(dims.nb_dims >= 0 && dims.nb_dims <= 8, "0 <= nbDims <= Dims::MAX_DIMS");
    return Sizes(dims.d, dims.d + dims.nb_dims);
}

trtx_dims to_dims(Sizes const &sizes)
{
    trtx_dims dims{};
    dims.nb_dims = static_cast<int32_t>(std::min<std::size_t>(sizes.size(), 8));
    std::copy_n(sizes.begin(), dims.nb_dims, dims.d);
    return dims;
}

} // namespace trtx::fake
