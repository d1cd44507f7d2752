// SPDX-License-Identifier: Apache-2.0
//! The one way from C into the library: every generated function is a guard() or an access() around one virtual call.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "abi_gen.hpp"
#include "error.hpp"
#include "loader.hpp"

namespace trtx {

/// A function and the library version that it needs.
struct Site {
    const char *function;
    Version since = {1, 5};
};

// Handles and the library's pointers are the same addresses under two names.

template <class Abi, class Handle> Abi *as(Handle *handle) noexcept
{
    return reinterpret_cast<Abi *>(const_cast<std::remove_const_t<Handle> *>(handle));
}

template <class Handle, class Abi> Handle from_abi(Abi *object) noexcept
{
    return reinterpret_cast<Handle>(const_cast<std::remove_const_t<Abi> *>(object));
}

inline void *to_pointer(uintptr_t address) noexcept
{
    return reinterpret_cast<void *>(address);
}

inline uintptr_t to_address(const void *pointer) noexcept
{
    return reinterpret_cast<uintptr_t>(pointer);
}

inline trtx_weights weights_or_none(trtx_weights const *weights) noexcept
{
    return weights ? *weights : trtx_weights{TRTX_DATA_TYPE_FLOAT, nullptr, 0};
}

/// Layer types that a function works on.
using LayerSet = std::initializer_list<trtx_layer_type>;

inline bool is_layer(trtx_layer const *layer, LayerSet allowed)
{
    const trtx_layer_type type = as<abi::ILayer>(layer)->mLayer->getType();
    for (const trtx_layer_type candidate : allowed) {
        if (type == candidate) {
            return true;
        }
    }
    return false;
}

/// A call under way: what it needs, and how its outcome is judged.
class Call {
public:
    explicit Call(LogScope &log) : mLog(log) {}

    template <class T> void need(T const *pointer, const char *name) const
    {
        if (!pointer) {
            throw Failure(TRTX_INVALID_ARGUMENT, std::string(name) + " is null");
        }
    }

    template <class T> void need_array(T const *items, int64_t count, const char *name) const
    {
        if (count < 0) {
            throw Failure(TRTX_INVALID_ARGUMENT, std::string(name) + " has a negative count");
        }
        if (count > 0) {
            need(items, name);
        }
    }

    template <class T> void need_each(T const *items, int64_t count, const char *name) const
    {
        need_array(items, count, name);
        for (int64_t i = 0; i < count; ++i) {
            need(items[i], (std::string(name) + "[" + std::to_string(i) + "]").c_str());
        }
    }

    void need_layer(trtx_layer const *self, LayerSet allowed) const
    {
        need(self, "self");
        if (!is_layer(self, allowed)) {
            throw Failure(TRTX_INVALID_ARGUMENT, "self is a layer of another type");
        }
    }

    template <class T> void clear(T *result) const
    {
        need(result, "result");
        *result = T{};
    }

    void check(bool ok) const
    {
        if (!ok) {
            throw Failure(TRTX_FAILED, "");
        }
    }

    /// For calls that have no result to judge by: an error in the log is their failure.
    void check_log() const { check(!mLog.has_error()); }

    int32_t check_count(int32_t count) const
    {
        check(count >= 0);
        return count;
    }

    template <class T> T *check_pointer(T *pointer) const
    {
        check(pointer != nullptr);
        return pointer;
    }

private:
    LogScope &mLog;
};

template <class Body> trtx_status guard(Site site, Body &&body) noexcept
{
    LogScope log;
    try {
        require_version(site.since);
        Call call(log);
        body(call);
        return TRTX_OK;
    } catch (...) {
        return record_current_exception(site.function, &log);
    }
}

/// For getters that cannot fail: no scope, no status. Should one throw all the same, its value is zero.
template <class T, class Body> T access(const char *function, const void *self, Body &&body) noexcept
{
    if (!self) {
        record_failure(function, TRTX_INVALID_ARGUMENT, "self is null");
        return T{};
    }
    try {
        return body();
    } catch (...) {
        record_current_exception(function, nullptr);
        return T{};
    }
}

/// The same for getters of one kind of layer, all of which share a handle type.
template <class T, class Body>
T access(const char *function, trtx_layer const *self, LayerSet allowed, Body &&body) noexcept
{
    return access<T>(function, self, [&] {
        if (!is_layer(self, allowed)) {
            throw Failure(TRTX_INVALID_ARGUMENT, "self is a layer of another type");
        }
        return body();
    });
}

template <class Abi, class Handle> void destroy(Handle *self) noexcept
{
    try {
        delete as<Abi>(self);
    } catch (...) {
        record_current_exception("destroy", nullptr);
    }
}

} // namespace trtx
