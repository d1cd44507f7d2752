// SPDX-License-Identifier: Apache-2.0
#include "shared_library.hpp"

#include <utility>

#include "error.hpp"

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
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

std::string utf8(std::wstring const &text)
{
    const int size = static_cast<int>(text.size());
    const int length = WideCharToMultiByte(CP_UTF8, 0, text.data(), size, nullptr, 0, nullptr, nullptr);
    std::string bytes(static_cast<std::size_t>(length), '\0');
    WideCharToMultiByte(CP_UTF8, 0, text.data(), size, bytes.data(), length, nullptr, nullptr);
    return bytes;
}

/// What a function writes that takes a buffer and its size, and returns the length, or the size needed, or 0.
template <class Fill> std::wstring filled(Fill &&fill)
{
    std::wstring text(32768, L'\0'); // no path, and no variable of the environment, is longer
    const DWORD length = fill(text.data(), static_cast<DWORD>(text.size()));
    text.resize(length < text.size() ? length : 0);
    return text;
}

/// The whole path of a file, with backslashes, as the loader wants it.
std::wstring whole_path(std::wstring const &path)
{
    return filled([&](wchar_t *text, DWORD size) { return GetFullPathNameW(path.c_str(), size, text, nullptr); });
}

/// A file by its name in the folders of PATH, where NVIDIA's instructions put the SDK. The loader's own way there asks the
/// current folder too, where anybody may have put a file of that name.
std::wstring in_path(std::wstring const &name)
{
    const std::wstring folders =
        filled([](wchar_t *text, DWORD size) { return GetEnvironmentVariableW(L"PATH", text, size); });
    return folders.empty() ? std::wstring() : filled([&](wchar_t *text, DWORD size) {
        return SearchPathW(folders.c_str(), name.c_str(), nullptr, size, text, nullptr);
    });
}

std::string error_text(DWORD code)
{
    std::wstring text = filled([&](wchar_t *buffer, DWORD size) {
        constexpr DWORD kFlags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
        return FormatMessageW(kFlags, nullptr, code, 0, buffer, size, nullptr);
    });
    while (!text.empty() && (text.back() == L'\r' || text.back() == L'\n' || text.back() == L' ')) {
        text.pop_back();
    }
    return utf8(text) + (text.empty() ? "" : " ") + "(Windows error " + std::to_string(code) + ")";
}

} // namespace

SharedLibrary SharedLibrary::open(const char *path)
{
    // Beside the library, in folders that the program has named (AddDllDirectory), and in the system's: what it needs.
    constexpr DWORD kBeside = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
    const std::wstring name = wide(path);
    HMODULE module = nullptr;
    if (name.find_first_of(L"\\/") != std::wstring::npos) {
        module = LoadLibraryExW(whole_path(name).c_str(), nullptr, kBeside);
    } else {
        module = LoadLibraryExW(name.c_str(), nullptr, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
        const DWORD code = GetLastError();
        const std::wstring found = module ? std::wstring() : in_path(name);
        if (!found.empty()) {
            module = LoadLibraryExW(whole_path(found).c_str(), nullptr, kBeside);
        } else {
            SetLastError(code);
        }
    }
    if (!module) {
        throw Failure(TRTX_LOAD_FAILED, std::string("cannot load ") + path + ": " + error_text(GetLastError()));
    }
    SharedLibrary library;
    library.mHandle = module;
    library.mPath =
        utf8(filled([&](wchar_t *text, DWORD size) { return GetModuleFileNameW(module, text, size); }));
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
