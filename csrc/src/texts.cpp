// SPDX-License-Identifier: Apache-2.0
#include "texts.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace trtx {
namespace {

/// The header promises this number.
constexpr std::size_t kKept = 64;
/// Memory that a text may leave to the next one in its place.
constexpr std::size_t kReused = 1024;

struct Ring {
    std::array<std::string, kKept> texts;
    std::size_t next = 0;
};

// Without destructors, as the last error has none: destructors of other thread-local objects may call this interface too.
thread_local Ring *tRing = nullptr;
thread_local bool tEnding = false;

/// Frees a thread's texts when the thread ends. What is asked for later makes a new ring, which is left behind.
struct Janitor {
    ~Janitor()
    {
        tEnding = true;
        delete tRing;
        tRing = nullptr;
    }
    void attend() noexcept {}
};

thread_local Janitor tJanitor;

Ring &ring()
{
    if (!tRing) {
        tRing = new Ring;
        if (!tEnding) {
            tJanitor.attend();
        }
    }
    return *tRing;
}

} // namespace

const char *keep_text(const char *text)
{
    if (!text) {
        return nullptr;
    }
    Ring &all = ring();
    std::string &place = all.texts[all.next];
    if (place.capacity() > kReused) {
        std::string().swap(place);
    }
    place = text;
    all.next = (all.next + 1) % kKept;
    return place.c_str();
}

} // namespace trtx
