// SPDX-License-Identifier: Apache-2.0
//! A shared library, opened by the system's loader.
#pragma once

#include <string>

namespace trtx {

class SharedLibrary {
public:
    SharedLibrary() = default;

    /// Opens a library by path or by name, or throws Failure(TRTX_LOAD_FAILED) with the loader's words. It is never
    /// closed: the library's threads and its objects may outlive every handle to it.
    static SharedLibrary open(const char *path);

    /// Null where the library does not export the name.
    void *symbol(const char *name) const noexcept;
    /// Where the loader found the library.
    std::string const &path() const noexcept { return mPath; }
    bool same_as(SharedLibrary const &other) const noexcept { return mHandle == other.mHandle; }

private:
    void *mHandle = nullptr;
    std::string mPath;
};

} // namespace trtx
