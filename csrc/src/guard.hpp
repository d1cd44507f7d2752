// SPDX-License-Identifier: Apache-2.0
//! The one way from C into the library: every generated function is a guard() or an access() around one virtual call.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <tuple>
#include <type_traits>
#include <utility>

#include "abi_gen.hpp"
#include "error.hpp"
#include "hidden.hpp"
#include "loader.hpp"
#include "ownership.hpp"
#include "texts.hpp"

namespace trtx TRTX_HIDDEN {

/// A function, the library version that it needs, and how long it may take.
struct Site {
    const char *function;
    Version since = {1, 5};
    Span span = Span::kShort;
};

constexpr Site long_call(const char *function, Version since = {1, 5}) noexcept
{
    return {function, since, Span::kLong};
}

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
    Call(const char *function, LogScope &log) : mFunction(function), mLog(log) {}

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

    void need_size(int64_t size, const char *name) const
    {
        if (size < 0) {
            throw Failure(TRTX_INVALID_ARGUMENT, std::string(name) + " is negative");
        }
    }

    /// A rank of -1 is not refused: it is how the library itself says that a shape is not known.
    void need_dims(trtx_dims const *dims, const char *name) const
    {
        need(dims, name);
        if (dims->nb_dims < -1 || dims->nb_dims > kMaxDims) {
            throw Failure(TRTX_INVALID_ARGUMENT,
                std::string(name) + " has " + std::to_string(dims->nb_dims) + " dimensions; up to "
                    + std::to_string(kMaxDims) + " are possible");
        }
    }

    void need_weights(trtx_weights const *weights, const char *name) const
    {
        if (weights && weights->count < 0) {
            throw Failure(TRTX_INVALID_ARGUMENT, std::string(name) + " has a negative count");
        }
    }

    void need_layer(trtx_layer const *self, LayerSet allowed) const
    {
        need(self, "self");
        if (!is_layer(self, allowed)) {
            throw Failure(TRTX_INVALID_ARGUMENT, "self is a layer of another type");
        }
    }

    void check(bool ok) const
    {
        if (!ok) {
            throw Failure(TRTX_FAILED, "");
        }
    }

    /// For calls that have no result to judge by: an error in the log is their failure.
    void check_log() const { check(!mLog.has_error()); }

    template <class Count> Count check_count(Count count) const
    {
        check(count >= 0);
        return count;
    }

    /// For a count that is written beside the result, unless the caller does not want it.
    template <class Count> void check_written_count(Count const *count) const { check(!count || *count >= 0); }

    template <class T> T check_counted(T const &value) const
    {
        check(value.count >= 0);
        return value;
    }

    /// For predicates that log why they say no: that is their explanation, not their failure.
    bool check_verdict(bool verdict) const
    {
        if (!verdict) {
            record_explanation(mFunction, mLog);
        } else {
            check_log();
        }
        return verdict;
    }

    template <class T> T *check_pointer(T *pointer) const
    {
        check(pointer != nullptr);
        return pointer;
    }

private:
    static constexpr int32_t kMaxDims = 8;
    const char *mFunction;
    LogScope &mLog;
};

/// Where a call writes, null where the caller does not want it: there is null or zero there when the call has failed,
/// whatever it failed of.
template <class... T> class Results {
public:
    explicit Results(T *...places) noexcept : mPlaces(places...) { clear(); }

    void clear() const noexcept
    {
        std::apply([](T *...place) { (blank(place), ...); }, mPlaces);
    }

private:
    template <class U> static void blank(U *place) noexcept
    {
        if (place) {
            *place = U{};
        }
    }

    std::tuple<T *...> mPlaces;
};

template <class Body, class... T> trtx_status guard(Site site, Results<T...> results, Body &&body) noexcept
{
    LogScope log(site.span);
    log.follow_others();
    try {
        require_version(site.since);
        Call call(site.function, log);
        body(call);
        log.settle();
        return TRTX_OK;
    } catch (...) {
        results.clear();
        log.settle();
        return record_current_exception(site.function, log);
    }
}

template <class Body> trtx_status guard(Site site, Body &&body) noexcept
{
    return guard(site, Results<>(), std::forward<Body>(body));
}

/// For getters that return their value: no status. Should one throw, its value is zero, and what it logs as an error is
/// recorded as its failure.
template <class T, class Body> T access(Site site, const void *self, Body &&body) noexcept
{
    if (!self) {
        record_failure(site.function, TRTX_INVALID_ARGUMENT, "self is null");
        return T{};
    }
    LogScope log(site.span);
    try {
        const T value = body();
        log.settle();
        if (log.has_error()) {
            record_logged_error(site.function, log);
        }
        return value;
    } catch (...) {
        log.settle();
        record_current_exception(site.function, log);
        return T{};
    }
}

/// The same for getters of one kind of layer, all of which share a handle type.
template <class T, class Body>
T access(Site site, trtx_layer const *self, LayerSet allowed, Body &&body) noexcept
{
    return access<T>(site, self, [&] {
        if (!is_layer(self, allowed)) {
            throw Failure(TRTX_INVALID_ARGUMENT, "self is a layer of another type");
        }
        return body();
    });
}

template <class Abi>
constexpr bool kUsesLogger = std::is_same_v<Abi, abi::IBuilder> || std::is_same_v<Abi, abi::IRuntime>
    || std::is_same_v<Abi, abi::IRefitter>;

template <class Abi> void end_object(void *object) noexcept
{
    delete static_cast<Abi *>(object);
    if (kUsesLogger<Abi>) {
        remove_logger_user();
    }
}

template <class Abi> constexpr Kind kKind = {nullptr, end_object<Abi>};

/// A new object of the library, now the caller's, which needs others as long as it lives.
template <class Abi, class Handle> Handle *own(Handle *made, Needed needed)
{
    enter_object(made, kKind<Abi>, needed);
    return made;
}

/// The same for one that may outlive its maker.
template <class Abi, class Handle> Handle *own_sibling(Handle *made, const void *maker)
{
    enter_sibling(made, kKind<Abi>, maker);
    return made;
}

} // namespace trtx
