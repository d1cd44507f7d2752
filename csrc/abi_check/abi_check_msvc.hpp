// SPDX-License-Identifier: Apache-2.0
//! The same comparisons for Microsoft's binary interface, where no compiled program can run here: assertions, which a
//! compiler for that target checks. Slots are not in pointers to members there; codegen/msvc_check.py reads them from the
//! tables that Clang prints.
#pragma once

/// A type as a call passes it: a reference is a pointer, an enum its integer, and of a pointer only numbers are told
/// apart behind it.
template <class T, bool IsEnum = __is_enum(T), bool IsClass = __is_class(T)> struct Passed {
    using Type = T;
};
template <class T> struct Passed<const T, false, false> : Passed<T> {};
template <class T> struct Passed<T, true, false> {
    using Type = __underlying_type(T);
};
/// What cannot be copied byte by byte is passed by its address.
template <unsigned long long Size, bool IsTrivial> struct Object {};
template <class T> struct Passed<T, false, true> {
    using Type = Object<sizeof(T), __is_trivially_copyable(T)>;
};

struct Somewhere {};
template <class T, bool IsNumber = __is_arithmetic(T) || __is_enum(T)> struct Behind {
    using Type = Somewhere *;
};
template <class T> struct Behind<T, true> {
    using Type = typename Passed<T>::Type *;
};
template <class T> struct Behind<const T, true> : Behind<T> {};
template <class T> struct Passed<T *, false, false> : Behind<T> {};
template <class T> struct Passed<T *const, false, false> : Behind<T> {};
template <class T> struct Passed<T &, false, false> : Behind<T> {};

template <class Result, class... Parameters> struct Call {};
template <class R, class... P> using CallOf = Call<typename Passed<R>::Type, typename Passed<P>::Type...>;

template <class R, class C, class... P> CallOf<R, P...> call_of(R (C::*)(P...));
template <class R, class C, class... P> CallOf<R, P...> call_of(R (C::*)(P...) const);

template <class Official> void slot_count(const char *, long long) {}

// Macros, as the words of an assertion must stand in it.
#define enum_value(name, official, ours) static_assert(static_cast<long long>(official) == (ours), "value of " name)
#define enum_size(name, official, ours) static_assert((official) == (ours), "size of enum " name)
#define struct_size(name, official, ours) static_assert((official) == (ours), "size of " name)
#define offset(name, official, ours) static_assert((official) == (ours), "offset of " name)
#define slot(name, official, ours) static_cast<void>(0)
#define method(name, official, ours)                                                                                   \
    static_assert(__is_same(decltype(call_of(official)), decltype(call_of(ours))), "signature of " name)
