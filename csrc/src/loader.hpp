// SPDX-License-Identifier: Apache-2.0
//! The two libraries: found at run time, checked once, never unloaded.
#pragma once

#include <cstdint>
#include <tuple>

#include "trtx_c.h"

namespace trtx {

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

/// The logger that the library took for its own: the first that any living builder or runtime was made with. The
/// library calls it even when that builder is gone, as long as there is another.
void *registered_logger() noexcept;

/// Calls an exported factory: name, library, and the arguments before the version number.
void *create_in_core(const char *factory, void *first);
void *create_in_core(const char *factory, void *first, void *second);
void *create_in_parser(const char *factory, void *first, void *second);

} // namespace trtx
