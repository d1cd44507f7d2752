// SPDX-License-Identifier: Apache-2.0
#include "texts.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace trtx {
namespace {

/// The header promises this number.
constexpr std::size_t kTexts = 64;
/// Memory that a text may leave to the next one in its place.
constexpr std::size_t kReused = 1024;

struct Ring {
    std::array<std::string, kTexts> texts;
    std::size_t next = 0;
};

// Without destructors, as the last error has none: destructors of other thread-local objects may call this interface too.
thread_local Ring *tRing = nullptr;
thread_local bool tIsOver = false;

/// Frees a thread's texts when the thread ends. What is asked for later makes a new ring, which is left behind.
struct RingKeeper {
    ~RingKeeper()
    {
        tIsOver = true;
        delete tRing;
        tRing = nullptr;
    }
    void attend() noexcept {}
};

thread_local RingKeeper tRingKeeper;

Ring &ring()
{
    if (!tRing) {
        tRing = new Ring;
        if (!tIsOver) {
            tRingKeeper.attend();
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
    all.next = (all.next + 1) % kTexts;
    return place.c_str();
}

} // namespace trtx
