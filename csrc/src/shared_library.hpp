// SPDX-License-Identifier: Apache-2.0
//! A shared library, opened by the system's loader.
#pragma once

#include <string>

#include "hidden.hpp"

namespace trtx TRTX_HIDDEN {

class SharedLibrary {
public:
    SharedLibrary() = default;
    ~SharedLibrary();
    SharedLibrary(SharedLibrary &&other) noexcept;
    SharedLibrary &operator=(SharedLibrary &&other) noexcept;

    /// Opens a library by path or by name, or throws Failure(TRTX_LOAD_FAILED) with the loader's words.
    static SharedLibrary open(const char *path);
    /// Leaves it open for good: a library's threads and its objects may outlive every handle to it. One that is not kept
    /// is closed, as the system's loader would else find it under its name again.
    void keep() noexcept { mKept = true; }

    /// Null where the library does not export the name.
    void *symbol(const char *name) const noexcept;
    /// Path of the library that a symbol of this one is from, where that is another one that it links: the system's loader
    /// gives such a symbol too. Empty where it is its own.
    std::string other_owner(const void *symbol) const;
    /// Where the loader found the library.
    std::string const &path() const noexcept { return mPath; }
    bool same_as(SharedLibrary const &other) const noexcept { return mHandle == other.mHandle; }

private:
    void close() noexcept;

    void *mHandle = nullptr;
    bool mKept = false;
    std::string mPath;
};

} // namespace trtx
