// SPDX-License-Identifier: Apache-2.0
#include "ownership.hpp"

#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fork.hpp"
#include "guard.hpp"

namespace trtx {
namespace {

struct Entry;

struct Need {
    Entry *entry;
    /// The method that set it, and the name that it was set under; null where it is needed for good.
    const char *method;
    std::string name;
};

struct Entry {
    void *object;
    Kind const *kind;
    /// How often the application must give it up.
    int64_t owners = 1;
    /// How many need it: all owners together, and other objects.
    int64_t users = 1;
    std::vector<Need> needs;
    /// The next one that is to end.
    std::unique_ptr<Entry> next;
};

using Doomed = std::unique_ptr<Entry>;

struct Table {
    std::mutex mutex;
    std::unordered_map<const void *, std::unique_ptr<Entry>> entries;
    /// A child of a fork: what is unknown may be its parent's.
    bool is_forked = false;

    Entry *find(const void *object)
    {
        const auto found = entries.find(object);
        return found == entries.end() ? nullptr : found->second.get();
    }

    /// One user less. An entry without users leaves the table, as its address may soon be another object's.
    void let_go(Entry &entry, Doomed &doomed) noexcept
    {
        if (--entry.users > 0) {
            return;
        }
        const auto found = entries.find(entry.object);
        if (found == entries.end() || found->second.get() != &entry) {
            return; // of before a fork, in which this call was under way
        }
        Doomed last = std::move(found->second);
        entries.erase(found);
        last->next = std::move(doomed);
        doomed = std::move(last);
    }
};

/// Never destroyed: handlers of atexit() may destroy objects.
Table &table()
{
    static Table *const instance = new Table;
    return *instance;
}

/// Ends what nobody needs: never under the lock, as the library calls the application meanwhile, who may come here.
void end_all(Doomed doomed) noexcept
{
    while (doomed) {
        Doomed entry = std::move(doomed);
        doomed = std::move(entry->next);
        entry->kind->end(entry->object);
        const std::lock_guard<std::mutex> lock(table().mutex);
        for (Need const &need : entry->needs) {
            table().let_go(*need.entry, doomed);
        }
    }
}

void add(Entry &entry, Entry *needed, const char *method = nullptr, const char *name = nullptr)
{
    if (needed) {
        entry.needs.push_back({needed, method, name ? name : ""});
        ++needed->users;
    }
}

/// Needs of one object become another's for good: those that were set on it, or those that it was made with.
void add_needs_of(Entry &entry, Entry const *source, bool that_were_set)
{
    for (std::size_t i = 0; source && i < source->needs.size(); ++i) {
        if ((source->needs[i].method != nullptr) == that_were_set) {
            add(entry, source->needs[i].entry);
        }
    }
}

template <class Fill> void enter(void *object, Kind const &kind, Fill &&fill)
{
    watch_forks();
    Doomed doomed;
    try {
        auto entry = std::make_unique<Entry>();
        entry->object = object;
        entry->kind = &kind;
        const std::lock_guard<std::mutex> lock(table().mutex);
        if (Entry *const known = table().find(object)) {
            // The library gave it out before, or somebody else destroyed what lay there.
            ++known->owners;
            ++known->users;
            return;
        }
        Entry &entered = *(table().entries[object] = std::move(entry));
        try {
            fill(entered);
        } catch (...) {
            table().let_go(entered, doomed);
            throw;
        }
    } catch (...) {
        if (doomed) {
            end_all(std::move(doomed));
        } else {
            kind.end(object);
        }
        throw;
    }
}

} // namespace

void enter_object(void *object, Kind const &kind, Needed needed)
{
    enter(object, kind, [&](Entry &entry) {
        for (const void *other : needed) {
            Entry *const found = table().find(other);
            add(entry, found);
            add_needs_of(entry, found, true);
        }
    });
}

void enter_sibling(void *object, Kind const &kind, const void *maker)
{
    enter(object, kind, [&](Entry &entry) { add_needs_of(entry, table().find(maker), false); });
}

void need_object(const void *object, const void *other) noexcept
{
    const std::lock_guard<std::mutex> lock(table().mutex);
    Entry *const entry = table().find(object);
    Entry *const needed = table().find(other);
    if (!entry || !needed) {
        return;
    }
    try {
        add(*entry, needed);
    } catch (...) {
        ++needed->users; // without memory to note it, it stays for good: a leak is better than a dangling pointer
    }
}

void hold_object(const void *object, const char *method, const char *name, const void *held) noexcept
{
    Doomed doomed;
    {
        const std::lock_guard<std::mutex> lock(table().mutex);
        Entry *const entry = table().find(object);
        if (!entry) {
            return;
        }
        Entry *const needed = table().find(held);
        if (needed) {
            ++needed->users; // first, as it may be the one that is let go
        }
        auto place = entry->needs.begin();
        while (place != entry->needs.end()
            && !(place->method && std::strcmp(place->method, method) == 0 && place->name == (name ? name : ""))) {
            ++place;
        }
        if (place != entry->needs.end()) {
            Entry &former = *place->entry;
            if (needed) {
                place->entry = needed;
            } else {
                entry->needs.erase(place);
            }
            table().let_go(former, doomed);
        } else if (needed) {
            try {
                entry->needs.push_back({needed, method, name ? name : ""});
            } catch (...) {
                // Without memory to note it, it stays for good.
            }
        }
    }
    end_all(std::move(doomed));
}

namespace {

/// Whether an owner was there to give the object up.
bool give_up(void *handle, const char *function)
{
    Entry *entry = nullptr;
    bool is_last = false;
    {
        const std::lock_guard<std::mutex> lock(table().mutex);
        entry = table().find(handle);
        if (!entry || entry->owners == 0) {
            return !entry && table().is_forked;
        }
        is_last = --entry->owners == 0;
    }
    // It is counted as a user still, so the entry stays meanwhile.
    if (is_last && entry->kind->given_up) {
        entry->kind->given_up(handle);
    }
    LogScope log(Span::kLong);
    Doomed doomed;
    {
        const std::lock_guard<std::mutex> lock(table().mutex);
        table().let_go(*entry, doomed);
    }
    end_all(std::move(doomed));
    if (log.has_error()) {
        record_logged_error(function, log);
    }
    return true;
}

} // namespace

void destroy(const char *function, void *handle) noexcept
{
    if (handle && !give_up(handle, function)) {
        record_failure(function, TRTX_INVALID_ARGUMENT, "there is no such object: it is destroyed already, or none");
    }
}

void lock_objects() noexcept
{
    table().mutex.lock();
}

void unlock_objects(bool in_child) noexcept
{
    if (in_child) {
        // Their memory stays: the fork may come from a callback of a call that looks at them afterwards.
        for (auto &[object, entry] : table().entries) {
            (void)entry.release();
        }
        table().entries.clear();
        table().is_forked = true;
    }
    table().mutex.unlock();
}

} // namespace trtx

using namespace trtx;

trtx_status trtx_retain(const void *handle, void *place)
{
    return guard({"trtx_retain"}, [&](Call &call) {
        call.need(handle, "handle");
        call.need(place, "place");
        const std::lock_guard<std::mutex> lock(table().mutex);
        Entry *const entry = table().find(handle);
        if (!entry || entry->owners == 0) {
            throw Failure(TRTX_INVALID_ARGUMENT, "there is no such object: it is destroyed already, or none");
        }
        ++entry->owners;
        ++entry->users;
        std::memcpy(place, &handle, sizeof handle);
    });
}

void trtx_release(void *place)
{
    if (place) {
        void *handle = nullptr;
        void *const none = nullptr;
        std::memcpy(&handle, place, sizeof handle); // whatever the type of the pointer there
        std::memcpy(place, &none, sizeof none);
        destroy("trtx_release", handle);
    }
}
