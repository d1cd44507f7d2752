// SPDX-License-Identifier: Apache-2.0
//! What stands between every virtual method and its body: counting, faults on command, errors as the library says them.
#pragma once

#include <atomic>
#include <cstring>
#include <exception>
#include <string>
#include <type_traits>

#include "guests.hpp"
#include "object.hpp"

namespace trtx::fake {

/// Thrown by a body that refuses; the method answers null or false, and the logger gets the text.
class Refusal : public std::exception {
public:
    Refusal(int32_t code, std::string text) : mCode(code), mText(std::move(text)) {}
    int32_t code() const noexcept { return mCode; }
    const char *what() const noexcept override { return mText.c_str(); }

private:
    int32_t mCode;
    std::string mText;
};

/// A caller's mistake: error code 3.
[[noreturn]] void refuse(std::string const &text);
/// The same unless a condition holds.
inline void require(bool condition, const char *text)
{
    if (!condition) {
        refuse(std::string("Parameter check failed, condition: ") + text);
    }
}

enum class Verdict { kProceed, kNothing, kNegative };

/// Counts the call and carries out the faults that are ordered for it; may throw what they say.
Verdict enter(Life const *life, const char *method);
/// Says an error through the recorder of an object, or through its logger where it has none.
void report_error(Life const *life, const char *method, std::exception const &error) noexcept;
void log(Life const *life, int32_t severity, std::string const &text) noexcept;

/// The empty answer of each type: zero, null, false.
template <class R> R nothing()
{
    if constexpr (std::is_void_v<R>) {
        return;
    } else if constexpr (std::is_reference_v<R>) {
        static const std::remove_cv_t<std::remove_reference_t<R>> zero{};
        return zero;
    } else {
        return R{};
    }
}

/// A negative number, or a shape of negative rank; nothing where the type has no such value.
template <class R> R negative()
{
    if constexpr (std::is_arithmetic_v<R> && std::is_signed_v<R> && !std::is_same_v<R, bool>) {
        return static_cast<R>(-1);
    } else if constexpr (std::is_same_v<R, trtx_dims>) {
        trtx_dims dims{};
        dims.nb_dims = -1;
        return dims;
    } else {
        return nothing<R>();
    }
}

template <class R, class Body> R faulted(Subject const &self, const char *method, Body &&body)
{
    switch (enter(self.life(), method)) {
    case Verdict::kNothing: return nothing<R>();
    case Verdict::kNegative: return negative<R>();
    case Verdict::kProceed: break;
    }
    // As in the library nothing that goes wrong inside leaves as an exception; only ordered ones do, from enter().
    try {
        return body();
    } catch (std::exception const &error) {
        report_error(self.life(), method, error);
    }
    return nothing<R>();
}

// What the generated stubs need to keep properties.

inline std::string text_or_empty(const char *text)
{
    return text ? text : "";
}

inline uint32_t bit_of(int32_t flag)
{
    require(flag >= 0 && flag < 32, "flag is in range");
    return uint32_t{1} << flag;
}

/// Grows with every change of a property: what was inferred before may be wrong since.
std::atomic<uint64_t> &mutations() noexcept;

template <class T, class V> void take(Subject const &self, T &property, V const &value)
{
    if constexpr (std::is_same_v<T, IErrorRecorder *>) {
        if (value) {
            value->incRefCount();
        }
        if (property) {
            property->decRefCount();
        }
        if (self.life()) {
            self.life()->recorder = value;
        }
    }
    if constexpr (std::is_pointer_v<T>) {
        remember(value);
    }
    property = value;
    mutations().fetch_add(1);
}

} // namespace trtx::fake
