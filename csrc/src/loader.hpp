// SPDX-License-Identifier: Apache-2.0
//! The two libraries: found at run time, checked once, never unloaded.
#pragma once

#include <cstdint>
#include <tuple>

#include "hidden.hpp"
#include "trtx_c.h"

namespace trtx TRTX_HIDDEN {

struct Version {
    int32_t major;
    int32_t minor;

    bool operator<(Version const &other) const noexcept
    {
        return std::tie(major, minor) < std::tie(other.major, other.minor);
    }
};

/// The oldest version whose layout this shim knows; 1.4 had another one.
constexpr Version kOldest{1, 5};
/// The newest version that the registry names.
constexpr Version kNewest{1, 7};

/// Throws Failure unless the loaded library has the methods of this version.
void require_version(Version since);

/// Counts the builders, runtimes and refitters. The library takes the logger of the first one for its own, and calls it
/// even when that one is gone, as long as there is another: until then a retired logger stays in memory.
void add_logger_user(trtx_logger *logger) noexcept;
void remove_logger_user() noexcept;

/// Calls an exported factory with a logger; those of the core make users of it.
void *create_in_core(const char *factory, trtx_logger *logger);
void *create_in_core(const char *factory, void *first, trtx_logger *logger);
void *create_in_parser(const char *factory, void *first, trtx_logger *logger);

} // namespace trtx
