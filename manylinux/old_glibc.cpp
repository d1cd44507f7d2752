// SPDX-License-Identifier: Apache-2.0
//! For the wheel only: what headers of a new GCC use, and the C and C++ libraries of a system with glibc 2.28 lack.
//! Red Hat's toolsets bring the same in a static library. The C++ library itself stays the system's, which TensorRT-RTX
//! uses too: with one of our own, exceptions of TensorRT-RTX would be strangers.
#include <new>

#define TRTX_HIDDEN extern "C" __attribute__((visibility("hidden")))

/// std::__throw_bad_array_new_length(), in libstdc++ since GCC 11.
TRTX_HIDDEN __attribute__((noreturn)) void trtx_throw_bad_array_new_length() __asm__("_ZSt28__throw_bad_array_new_lengthv");

void trtx_throw_bad_array_new_length()
{
    throw std::bad_array_new_length();
}

/// In glibc since 2.32. False is right for every process: shared pointers count atomically.
TRTX_HIDDEN char __libc_single_threaded;
char __libc_single_threaded = 0;
