// SPDX-License-Identifier: Apache-2.0
//! What the generated comparisons are written in. It is only compiled where an SDK is at hand: codegen/abi_check.py.
#pragma once

#include <cstddef>
#include <cstdint>
#ifndef _MSC_VER
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>
#endif

// The check asks for members that applications may not touch: pointers to implementations, methods of the library.
#define private public
#define protected public
#include <NvInfer.h>
#include <NvInferPluginUtils.h>
#include <NvOnnxParser.h>
#undef private
#undef protected

#include "abi_gen.hpp"

// Overloads are told apart by signatures in the headers' own spelling.
using namespace nvinfer1;

/// Whether the SDK is of this version or newer.
#define SDK_HAS(major, minor)                                                                                          \
    (NV_TENSORRT_MAJOR > (major) || (NV_TENSORRT_MAJOR == (major) && NV_TENSORRT_MINOR >= (minor)))

/// Whether the SDK is newer than any version that the registry states.
extern const bool sdk_is_news;

#ifdef _MSC_VER
#include "abi_check_msvc.hpp"
#else

/// How many facts of each kind were compared, and how many of them differ.
struct Tally {
    const char *kind;
    int compared;
    int different;

    void compare(const char *name, long long official, long long ours)
    {
        ++compared;
        if (official != ours) {
            ++different;
            std::printf("%s of %s: the SDK has %lld, the registry %lld\n", kind, name, official, ours);
        }
    }

    void compare(const char *name, std::string const &official, std::string const &ours)
    {
        ++compared;
        if (official != ours) {
            ++different;
            std::printf("%s of %s: the SDK has %s, the registry %s\n", kind, name, official.c_str(), ours.c_str());
        }
    }
};

extern Tally enum_values, enum_sizes, struct_sizes, offsets, slots, signatures, slot_counts;

/// Place in the virtual table: the Itanium ABI keeps one plus the offset in bytes in a pointer to a virtual member.
template <class Member> long long slot_of(Member member)
{
    static_assert(sizeof(member) == 2 * sizeof(std::ptrdiff_t), "not a pointer to a member as the Itanium ABI has it");
    std::ptrdiff_t parts[2];
    std::memcpy(parts, &member, sizeof(parts));
#if defined(__aarch64__) || defined(__arm__)
    return parts[0] / static_cast<std::ptrdiff_t>(sizeof(void *)); // the mark of virtual members is in the other part
#else
    return (parts[0] - 1) / static_cast<std::ptrdiff_t>(sizeof(void *));
#endif
}

/// A type as a call passes it: a reference is a pointer, an enum its integer, and of a pointer only numbers are told
/// apart behind it.
template <class T> std::string passed()
{
    if constexpr (std::is_void_v<T>) {
        return "void";
    } else if constexpr (std::is_reference_v<T> || std::is_pointer_v<T>) {
        using Reference = std::remove_reference_t<T>;
        using Behind = std::remove_cv_t<
            std::conditional_t<std::is_reference_v<T>, Reference, std::remove_pointer_t<Reference>>>;
        if constexpr (std::is_arithmetic_v<Behind> || std::is_enum_v<Behind>) {
            return passed<Behind>() + " *";
        } else {
            return "*";
        }
    } else if constexpr (std::is_enum_v<T>) {
        return passed<std::underlying_type_t<T>>();
    } else if constexpr (std::is_same_v<T, bool>) {
        return "bool";
    } else if constexpr (std::is_floating_point_v<T>) {
        return "float" + std::to_string(8 * sizeof(T));
    } else if constexpr (std::is_integral_v<T>) {
        return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T));
    } else {
        // What cannot be copied byte by byte is passed by its address.
        return (std::is_trivially_copyable_v<T> ? "struct of " : "object of ") + std::to_string(sizeof(T)) + " bytes";
    }
}

template <class Result, class... Parameters> std::string spelled(const char *end)
{
    std::string text = passed<Result>() + " (";
    ((text += (text.back() == '(' ? "" : ", ") + passed<Parameters>()), ...);
    return text + end;
}

template <class R, class C, class... P> std::string signature(R (C::*)(P...)) { return spelled<R, P...>(")"); }
template <class R, class C, class... P> std::string signature(R (C::*)(P...) const) { return spelled<R, P...>(") const"); }
template <class R, class C, class... P> std::string signature(R (C::*)(P...) noexcept) { return spelled<R, P...>(")"); }
template <class R, class C, class... P> std::string signature(R (C::*)(P...) const noexcept)
{
    return spelled<R, P...>(") const");
}

/// A class whose one new virtual method stands right behind those of its base.
template <class Base> struct Behind : Base {
    virtual void trtx_behind();
};

template <class Value> void enum_value(const char *name, Value official, long long ours)
{
    enum_values.compare(name, static_cast<long long>(static_cast<std::underlying_type_t<Value>>(official)), ours);
}

inline void enum_size(const char *name, std::size_t official, long long ours)
{
    enum_sizes.compare(name, static_cast<long long>(official), ours);
}

inline void struct_size(const char *name, std::size_t official, long long ours)
{
    struct_sizes.compare(name, static_cast<long long>(official), ours);
}

inline void offset(const char *name, std::size_t official, long long ours)
{
    offsets.compare(name, static_cast<long long>(official), ours);
}

template <class Official, class Ours> void slot(const char *name, Official official, Ours ours)
{
    slots.compare(name, slot_of(official), slot_of(ours));
}

/// A method that is called: its parameters and its result count too.
template <class Official, class Ours> void method(const char *name, Official official, Ours ours)
{
    slot(name, official, ours);
    signatures.compare(name, signature(official), signature(ours));
}

/// Compares the length of a virtual table with what the registry says for this version: nothing may be left out. An
/// SDK that is newer than the registry may have appended slots; that is news, and no mistake.
template <class Official> void slot_count(const char *name, long long ours)
{
    const long long official = slot_of(&Behind<Official>::trtx_behind);
    if (sdk_is_news && official > ours) {
        ++slot_counts.compared;
        std::printf("note: %s has %lld slots in this SDK, and the registry states %lld\n", name, official, ours);
        return;
    }
    slot_counts.compare(name, official, ours);
}

#endif

void compare_enums();
void compare_structs();
void compare_slots();
