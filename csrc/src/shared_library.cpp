// SPDX-License-Identifier: Apache-2.0
#include "shared_library.hpp"

#include <utility>

#include "error.hpp"

#ifdef _WIN32
#include <windows.h>
#else
#include <climits>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#endif

namespace trtx {

SharedLibrary::~SharedLibrary()
{
    close();
}

SharedLibrary::SharedLibrary(SharedLibrary &&other) noexcept
    : mHandle(std::exchange(other.mHandle, nullptr)), mKept(other.mKept), mPath(std::move(other.mPath))
{
}

SharedLibrary &SharedLibrary::operator=(SharedLibrary &&other) noexcept
{
    if (this != &other) {
        close();
        mHandle = std::exchange(other.mHandle, nullptr);
        mKept = other.mKept;
        mPath = std::move(other.mPath);
    }
    return *this;
}

#ifdef _WIN32

namespace {

std::wstring wide(const char *utf8)
{
    const int length = MultiByteToWideChar(CP_UTF8, 0, utf8, -1, nullptr, 0);
    std::wstring text(length > 0 ? static_cast<std::size_t>(length) - 1 : 0, L'\0');
    if (!text.empty()) {
        MultiByteToWideChar(CP_UTF8, 0, utf8, -1, text.data(), length);
    }
    return text;
}

std::string module_path(HMODULE module)
{
    std::wstring path(32768, L'\0');
    path.resize(GetModuleFileNameW(module, path.data(), static_cast<DWORD>(path.size())));
    const int length = WideCharToMultiByte(
        CP_UTF8, 0, path.c_str(), static_cast<int>(path.size()), nullptr, 0, nullptr, nullptr);
    std::string text(static_cast<std::size_t>(length), '\0');
    WideCharToMultiByte(
        CP_UTF8, 0, path.c_str(), static_cast<int>(path.size()), text.data(), length, nullptr, nullptr);
    return text;
}

} // namespace

SharedLibrary SharedLibrary::open(const char *path)
{
    const std::wstring name = wide(path);
    // The library's own folder is searched for what it needs, but only where a folder was given.
    const bool has_folder = name.find_first_of(L"\\/") != std::wstring::npos;
    const HMODULE module = LoadLibraryExW(name.c_str(), nullptr, has_folder ? LOAD_WITH_ALTERED_SEARCH_PATH : 0);
    if (!module) {
        throw Failure(
            TRTX_LOAD_FAILED, std::string("cannot load ") + path + ": Windows error " + std::to_string(GetLastError()));
    }
    SharedLibrary library;
    library.mHandle = module;
    library.mPath = module_path(module);
    return library;
}

std::string SharedLibrary::other_owner(const void *) const
{
    return {}; // GetProcAddress looks at the exports of this one alone
}

void *SharedLibrary::symbol(const char *name) const noexcept
{
    return reinterpret_cast<void *>(GetProcAddress(static_cast<HMODULE>(mHandle), name));
}

void SharedLibrary::close() noexcept
{
    if (mHandle && !mKept) {
        FreeLibrary(static_cast<HMODULE>(mHandle));
    }
}

#else

namespace {

/// The name of a library as the system's loader has it; it may have searched for the library.
const char *name_of(void *handle)
{
    link_map *map = nullptr;
    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map ? map->l_name : nullptr;
}

std::string resolved(const char *path)
{
    char whole[PATH_MAX];
    return realpath(path, whole) ? whole : path;
}

} // namespace

SharedLibrary SharedLibrary::open(const char *path)
{
    void *const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *const reason = dlerror();
        throw Failure(TRTX_LOAD_FAILED, std::string("cannot load ") + path + ": " + (reason ? reason : "no reason given"));
    }
    SharedLibrary library;
    library.mHandle = handle;
    const char *const name = name_of(handle);
    library.mPath = resolved(name && *name ? name : path);
    return library;
}

std::string SharedLibrary::other_owner(const void *symbol) const
{
    Dl_info owner{};
    const char *const name = name_of(mHandle);
    if (!name || !dladdr(symbol, &owner) || !owner.dli_fname || std::strcmp(owner.dli_fname, name) == 0) {
        return {};
    }
    return resolved(owner.dli_fname);
}

void *SharedLibrary::symbol(const char *name) const noexcept
{
    return dlsym(mHandle, name);
}

void SharedLibrary::close() noexcept
{
    if (mHandle && !mKept) {
        dlclose(mHandle);
    }
}

#endif

} // namespace trtx
