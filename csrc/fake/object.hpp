// SPDX-License-Identifier: Apache-2.0
//! Lives of the fake's objects: counted by class, and remembered after their end so that a late call is caught.
//!
//! An object of the library has two halves: the face, which the application holds and deletes, and the implementation
//! behind it. Deleting a face frees nothing at once: its memory gets a new face in front of the same implementation, now
//! marked dead, so that a call through the dangling pointer is recorded as misuse instead of crashing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "abi_gen.hpp"

namespace trtx::fake {

using namespace abi;

/// What is known of one object. Guarded by the mutex of object.cpp where it changes after birth.
struct Life {
    std::string class_name;
    /// Whom it needs: destroying that one first is misuse. Its logger and recorder are used too.
    std::shared_ptr<Life> parent;
    void *face = nullptr;
    bool alive = true;
    ILogger *logger = nullptr;
    IErrorRecorder *recorder = nullptr;
    /// Keeps the implementation while anybody may still call it.
    std::shared_ptr<void> body;
    /// Frees what is big and ends what the object owns.
    std::function<void()> end;
    /// Puts a new face on the memory of the old one.
    std::function<void(void *)> revive;
    /// Ends what `revive` made, where that holds anything.
    std::function<void(void *)> forget;
};

using LifePtr = std::shared_ptr<Life>;

/// Base of every stub: tells whose method is called.
class Subject {
public:
    Life *life() const noexcept { return mLife.get(); }
    LifePtr const &shared_life() const noexcept { return mLife; }
    void bind(LifePtr life) noexcept { mLife = std::move(life); }

private:
    LifePtr mLife;
};

/// The half that the application holds.
template <class Interface> class Face final : public Interface {
public:
    static void *operator new(std::size_t size) { return ::operator new(size); }
    static void *operator new(std::size_t, void *memory) noexcept { return memory; }
    static void operator delete(void *memory) noexcept;
    static void operator delete(void *, void *) noexcept {}
};

/// Enters a life into the books.
void begin_life(LifePtr const &life);
/// The application deleted this face.
void bury(void *face) noexcept;
/// The owner of an object ends it.
void end_life(LifePtr const &life) noexcept;
void record_misuse(std::string const &text) noexcept;

template <class Interface> void Face<Interface>::operator delete(void *memory) noexcept
{
    bury(memory);
}

/// The implementation of a face that was handed out earlier, if it is a fake's.
template <class Impl, class Interface> Impl *impl_of(Interface const *face)
{
    return face ? dynamic_cast<Impl *>(face->mImpl) : nullptr;
}

/// Makes a face for an implementation. `link` writes the implementation pointers into it.
template <class Interface, class Impl, class Link>
Interface *publish(const char *class_name, std::shared_ptr<Impl> const &impl, LifePtr parent, Link link)
{
    auto life = std::make_shared<Life>();
    life->class_name = class_name;
    if (parent) {
        life->logger = parent->logger;
        life->recorder = parent->recorder;
    }
    life->parent = std::move(parent);
    life->body = impl;
    life->revive = [link, raw = impl.get()](void *memory) {
        auto *face = new (memory) Face<Interface>;
        link(*face, raw);
    };
    auto *face = new Face<Interface>;
    link(*face, impl.get());
    life->face = face;
    impl->bind(life);
    begin_life(life);
    return face;
}

template <class Interface, class Impl>
Interface *publish(const char *class_name, std::shared_ptr<Impl> const &impl, LifePtr parent)
{
    return publish<Interface>(
        class_name, impl, std::move(parent), [](Interface &face, Impl *raw) { face.mImpl = raw; });
}

} // namespace trtx::fake
