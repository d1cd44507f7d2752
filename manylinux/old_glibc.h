// SPDX-License-Identifier: Apache-2.0
//! For the wheel only: binds functions that glibc 2.34 moved into libc.so to the versions that they have had since ever,
//! so that a wheel that is built on a new system runs on one with glibc 2.28. setup.py includes it before all sources.
#pragma once

#ifndef __linux__
#error "for wheels of Linux"
#endif

#if defined(__x86_64__)
#define TRTX_GLIBC "GLIBC_2.2.5"
#define TRTX_GLIBC_DLINFO "GLIBC_2.3.3"
#elif defined(__aarch64__)
#define TRTX_GLIBC "GLIBC_2.17"
#define TRTX_GLIBC_DLINFO "GLIBC_2.17"
#else
#error "the first glibc of this architecture is not known here"
#endif

__asm__(".symver dladdr, dladdr@" TRTX_GLIBC);
__asm__(".symver dlclose, dlclose@" TRTX_GLIBC);
__asm__(".symver dlerror, dlerror@" TRTX_GLIBC);
__asm__(".symver dlopen, dlopen@" TRTX_GLIBC);
__asm__(".symver dlsym, dlsym@" TRTX_GLIBC);
__asm__(".symver dlinfo, dlinfo@" TRTX_GLIBC_DLINFO);
