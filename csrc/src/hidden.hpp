// SPDX-License-Identifier: Apache-2.0
//! Keeps what is internal inside its own program or library, whatever flags it is compiled with: of two copies of the shim
//! in one process, each must call its own functions and see its own loaded library.
#pragma once

#ifdef _WIN32
#define TRTX_HIDDEN
#else
#define TRTX_HIDDEN __attribute__((visibility("hidden")))
#endif
