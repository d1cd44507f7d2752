// SPDX-License-Identifier: Apache-2.0
#include "object.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "fault.hpp"
#include "trtx_fake.h"

namespace trtx::fake {
namespace {

/// Dead objects whose memory is kept. Bounded, so that a long test does not eat the machine.
std::size_t kept() noexcept
{
    static const std::size_t count = [] {
        const char *const wish = std::getenv("TRTX_FAKE_KEPT");
        return wish ? static_cast<std::size_t>(std::strtoul(wish, nullptr, 10)) : std::size_t{20000};
    }();
    return count;
}

struct Books {
    std::recursive_mutex mutex;
    std::unordered_map<void *, LifePtr> lives;
    std::unordered_set<Life const *> living;
    std::map<std::string, int64_t> counts;
    std::deque<LifePtr> dead;
    int64_t misuses = 0;
    std::string last_misuse;
};

/// Never destroyed: the application may delete its last objects while the process ends.
Books &books()
{
    static Books *const instance = new Books;
    return *instance;
}

/// Classes that must not outlive the object that made them; the others only remember it for its logger. The weights of a
/// network belong to its parser, which goes after it.
bool needs_parent(std::string const &name)
{
    for (const char *dependent : {"NetworkDefinition", "BuilderConfig", "CudaEngine", "ExecutionContext",
             "EngineInspector", "Refitter", "OnnxParserRefitter"}) {
        if (name == dependent) {
            return true;
        }
    }
    return false;
}

void check_children(Books &all, Life const &parent)
{
    // The many small objects of a network are nobody's parents.
    if (parent.class_name == "Tensor" || parent.class_name == "Layer" || parent.class_name == "HostMemory") {
        return;
    }
    for (Life const *life : all.living) {
        if (life->parent.get() == &parent && needs_parent(life->class_name)) {
            record_misuse(parent.class_name + " destroyed before its " + life->class_name);
        }
    }
}

void forget_oldest(Books &all)
{
    while (all.dead.size() > kept()) {
        const LifePtr oldest = std::move(all.dead.front());
        all.dead.pop_front();
        all.lives.erase(oldest->face);
        // The implementation and its life hold each other.
        oldest->revive = nullptr;
        oldest->body.reset();
        if (oldest->forget) {
            oldest->forget(oldest->face);
        }
        ::operator delete(oldest->face);
    }
}

/// Lets faults strike the end of an object; not under the lock, as what they log may lead back here.
void strike(void *face) noexcept
{
    try {
        std::string name;
        {
            const std::lock_guard<std::recursive_mutex> lock(books().mutex);
            const auto found = books().lives.find(face);
            name = found == books().lives.end() ? "" : found->second->class_name;
        }
        enter(nullptr, (name + "::destroy").c_str());
    } catch (...) {
        // A destructor does not throw, whatever is ordered.
    }
}

} // namespace

void begin_life(LifePtr const &life)
{
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    books().lives[life->face] = life;
    books().living.insert(life.get());
    ++books().counts[life->class_name];
}

void end_life(LifePtr const &life) noexcept
{
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    if (!life->alive) {
        return;
    }
    life->alive = false;
    books().living.erase(life.get());
    --books().counts[life->class_name];
    check_children(books(), *life);
    if (life->end) {
        life->end();
        life->end = nullptr;
    }
    books().dead.push_back(life);
}

void bury(void *face) noexcept
{
    strike(face);
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    const auto found = books().lives.find(face);
    if (found == books().lives.end()) {
        record_misuse("an unknown object was destroyed");
        return;
    }
    const LifePtr life = found->second;
    if (!life->alive) {
        record_misuse(life->class_name + " destroyed twice");
    }
    end_life(life);
    life->revive(face);
    forget_oldest(books());
}

void record_misuse(std::string const &text) noexcept
{
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    ++books().misuses;
    books().last_misuse = text;
}

} // namespace trtx::fake

using namespace trtx::fake;

int64_t trtx_fake_live_count(const char *class_name)
{
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    int64_t count = 0;
    for (auto const &[name, living] : books().counts) {
        count += !class_name || name == class_name ? living : 0;
    }
    return count;
}

size_t trtx_fake_live_report(char *buffer, size_t size)
{
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    std::string report;
    for (auto const &[name, living] : books().counts) {
        if (living) {
            report += name + "=" + std::to_string(living) + "\n";
        }
    }
    if (buffer && size) {
        const size_t copied = std::min(size - 1, report.size());
        std::memcpy(buffer, report.data(), copied);
        buffer[copied] = '\0';
    }
    return report.size() + 1;
}

int64_t trtx_fake_misuse_count(void)
{
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    return books().misuses;
}

const char *trtx_fake_last_misuse(void)
{
    thread_local std::string last;
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    last = books().last_misuse;
    return last.c_str();
}

void trtx_fake_clear_misuse(void)
{
    const std::lock_guard<std::recursive_mutex> lock(books().mutex);
    books().misuses = 0;
    books().last_misuse.clear();
}
