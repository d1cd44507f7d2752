// SPDX-License-Identifier: Apache-2.0
//! What the extension has beyond the shim: which calls give Python's lock up, and the run that keeps count.
//! build_ffi.py includes it behind cffi's own declarations.
#pragma once

#include <cstring>
#include <string_view>

#include "error.hpp"
#include "trtx_c.h"

namespace trtx_sys {

/// The functions that trtx_c.h marks as long.
constexpr std::string_view kLongCalls[] = {
#include "_long_calls_gen.h"
};

/// Whether cffi's wrapper with this name calls one of them.
constexpr bool is_long(std::string_view wrapper)
{
    constexpr std::string_view kPrefix = "_cffi_f_";
    if (wrapper.substr(0, kPrefix.size()) != kPrefix) {
        return true;
    }
    for (const std::string_view name : kLongCalls) {
        if (name == wrapper.substr(kPrefix.size())) {
            return true;
        }
    }
    return false;
}

} // namespace trtx_sys

// cffi gives the lock up around every call, which costs more than most calls take. pybind11 keeps it, and so do short calls
// here: each is atomic for all other Python threads, so that it needs no lock of its own. No callback of the application
// runs inside a short call (the shim delivers lines of the log at its end), so none waits for the lock that it holds.
#ifdef _MSC_VER
#define TRTX_WRAPPER __FUNCTION__ // a literal: its __func__ is no constant
#else
#define TRTX_WRAPPER __func__
#endif
#undef Py_BEGIN_ALLOW_THREADS
#undef Py_END_ALLOW_THREADS
#define Py_BEGIN_ALLOW_THREADS                                                                                         \
    {                                                                                                                  \
        constexpr bool trtx_is_long = trtx_sys::is_long(TRTX_WRAPPER);                                                 \
        PyThreadState *const trtx_state = trtx_is_long ? PyEval_SaveThread() : nullptr;
#define Py_END_ALLOW_THREADS                                                                                           \
        if (trtx_is_long) {                                                                                            \
            PyEval_RestoreThread(trtx_state);                                                                          \
        }                                                                                                              \
    }

namespace trtx_sys {

template <class T> PyObject *to_python(T *, char *pointer, struct _cffi_ctypedescr *type)
{
    return _cffi_from_c_pointer(pointer, type);
}

inline PyObject *to_python(const char *text, char *, struct _cffi_ctypedescr *)
{
    if (!text) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(std::strlen(text)), "surrogateescape");
}

} // namespace trtx_sys

// What a function returns as a pointer is in "result" where cffi wraps it. A text becomes a str there and then: between two
// steps of Python another thread could change the object that the text belongs to.
#undef _cffi_from_c_pointer
#define _cffi_from_c_pointer(pointer, type) trtx_sys::to_python(result, pointer, type)

/// trtx_execution_context_run, unless another thread's run with the same bindings is under way: that is TRTX_BUSY. A short
/// call for cffi, so that nothing comes between the look at the flag and the flag: it gives the lock up by itself.
static trtx_status trtx_py_execution_context_run(
    trtx_execution_context *self, trtx_bindings *bindings, trtx_stream stream)
{
    uint8_t *const running = bindings ? bindings->running : nullptr;
    if (running && *running) {
        return trtx::record_failure("trtx_py_execution_context_run", TRTX_BUSY, "another run is under way");
    }
    if (running) {
        *running = 1;
    }
    PyThreadState *const state = PyEval_SaveThread();
    const trtx_status status = trtx_execution_context_run(self, bindings, stream);
    PyEval_RestoreThread(state);
    if (running) {
        *running = 0;
    }
    return status;
}
