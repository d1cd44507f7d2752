"""Turns: which calls may use an object at the same time, and who is told that it is busy.

A handle has two lists that threads touch by operations that the interpreter does not interrupt: a call that changes
the object takes the one token out of ``_turn``, a call that needs it for long notes itself in ``_users``. Each then
looks at the other list, so that of two calls that do not go together at least one steps back.

Ctrl-C may come between any two steps, also after a token was taken and before that is known. So both clean up after
themselves when the interpreter drops them: a token that nobody has any more is made anew, and of uses there are weak
references only.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from . import readers as _readers
from .errors import BusyError
from .native import Native, closed_error, has_pointer

#: The turn of what is closed: nobody gets it, and what is given back is dropped.
NO_TURN: deque[Token] = deque(maxlen=0)


class Token:
    """The right to use an object alone, with what such a call needs: its pointer, or memory for results."""

    __slots__ = ("_home", "value")

    def __init__(self, home: Callable[[], Turns | None], value: Any = None) -> None:
        self._home = home
        self.value = value

    def __del__(self) -> None:
        """Make another one: an interrupt has lost this."""
        try:
            home = self._home()
        except AttributeError:  # an interrupt came before it had one
            return
        if home is not None and has_pointer(home):
            home._turn.append(Token(self._home, self.value))


class Use:
    """A call that has an object for long; it is over at its end, or when nobody has this any more."""

    __slots__ = ("__weakref__", "_reference", "_turns", "thread", "token", "what")

    def __init__(self, what: str, turns: Turns) -> None:
        self.what = what
        self.thread = threading.get_ident()
        self._turns = turns
        #: The turn, where it goes back when this ends.
        self.token: Token | None = None
        # Without a callback: an interrupt that comes in one is lost.
        self._reference = weakref.ref(self)
        turns._users.append(self._reference)

    def end(self) -> None:
        # Not by dropping the last reference: a thread that looks at the stacks of others may have one for a moment.
        token, self.token = self.token, None
        try:
            self._turns._users.remove(self._reference)
        except ValueError:
            pass
        finally:
            if token is not None:
                self._turns._turn.append(token)


class Turns(Native):
    """An object that calls of several threads take turns with."""

    __slots__ = ("_turn", "_users")

    _turn: list[Token] | Queue | deque[Token]
    _users: list[weakref.ref[Use]]

    def _label(self) -> str:
        return type(self).__name__

    def _exclusive(self, what: str) -> _Exclusive:
        """Keep every other call that changes this object or reads it long out, and `close` too."""
        return _Exclusive(self, what)

    def _shared(self, what: str) -> _Shared:
        """Keep `close` and changes out while a native call reads this object; other readers may run beside it."""
        return _Shared(self, what)

    def _uses(self) -> list[Use]:
        """The calls that have the object for long."""
        uses = []
        for reference in list(self._users):
            use = reference()
            if use is not None:
                uses.append(use)
            else:  # an interrupt came before its end
                with suppress(ValueError):
                    self._users.remove(reference)
        return uses

    def _use_alone(self, what: str) -> tuple[Use, Any]:
        """Take the turn, and note who has it; gives the value of the token too."""
        token = self._take_turn(what)
        use = None
        try:
            use = Use(what, self)
            use.token = token
        finally:
            if use is None:
                self._turn.append(token)
        return use, token.value

    def _take_turn(self, what: str) -> Token:
        try:
            token = self._turn.pop()
        except IndexError:
            token = self._await_turn(what)
        if self._users and self._uses():
            self._end_leftovers()
            if self._uses():
                self._turn.append(token)
                # Not by way of a variable: error, traceback and frame would be a circle that keeps the object alive.
                raise self._busy_error(what)
        return token

    def _await_turn(self, what: str) -> Token:
        """Get the turn, which another call has, or raise `BusyError`; as a rule nobody waits."""
        self._end_leftovers()
        try:
            return self._turn.pop()
        except IndexError:
            raise self._busy_error(what) from None

    def _end_leftovers(self) -> None:
        """End the uses of calls that are over.

        An interrupt that comes just as such a call ends leaves its use behind, for as long as the exception is alive.
        Interrupts come on the main thread only.
        """
        main = threading.main_thread().ident
        uses = [use for use in self._uses() if use.thread == main]
        if uses and main is not None and _readers.is_idle(main):
            for use in uses:
                use.end()

    def _busy_error(self, what: str, own: Use | None = None) -> BusyError:
        if not has_pointer(self):
            raise closed_error(self) from None
        users = [use.what for use in self._uses() if use is not own]
        error = self._in_use(what, " and ".join(users) or "another call")
        error._is_brief = all(user == "close" for user in users)
        return error

    def _in_use(self, what: str, users: str) -> BusyError:
        return BusyError(f"{self._label()}.{what}: the object is in use by {users}; wait until that has returned")


# Classes with two methods, and no generators: an interrupt between the steps of contextlib would leave a generator in
# the middle, which goes on when the exception is dropped.


class _Exclusive:
    """The context manager of `Turns._exclusive`; gives the value of the token."""

    __slots__ = ("_turns", "_use", "_what")

    _use: Use

    def __init__(self, turns: Turns, what: str) -> None:
        self._turns = turns
        self._what = what

    def __enter__(self) -> Any:
        self._use, value = self._turns._use_alone(self._what)
        return value

    def __exit__(self, *_: object) -> None:
        self._use.end()


class _Shared:
    """The context manager of `Turns._shared`."""

    __slots__ = ("_turns", "_use", "_what")

    _use: Use

    def __init__(self, turns: Turns, what: str) -> None:
        self._turns = turns
        self._what = what

    def __enter__(self) -> None:
        turns = self._turns
        self._use = use = Use(self._what, turns)
        try:
            if not turns._turn:
                turns._end_leftovers()
                if not turns._turn:
                    raise turns._busy_error(self._what, use)
        except BaseException:
            use.end()
            raise

    def __exit__(self, *_: object) -> None:
        self._use.end()


class Waiter:
    """A call that waits for a turn."""

    __slots__ = ("ready", "token")

    def __init__(self) -> None:
        self.token: Token | None = None
        #: Free once there is a token.
        self.ready = threading.Lock()
        self.ready.acquire()


class Queue:
    """Stands in for the list of an object's turn while calls wait for it.

    Whoever gives the turn back hands it to the first of them. Without this, a thread that uses the object in a loop
    would keep all others out: they run while a native call of it does, and then the turn is taken.
    """

    __slots__ = ("free", "waiting")

    def __init__(self, free: list[Token]) -> None:
        #: The list that it stands in for.
        self.free = free
        self.waiting: deque[Waiter] = deque()

    def __bool__(self) -> bool:
        return False

    def pop(self) -> Token:
        """As of an empty list: calls that come now wait behind the others."""
        raise IndexError

    def append(self, token: Token) -> None:
        try:
            waiter = self.waiting.popleft()
        except IndexError:
            self.free.append(token)
            return
        waiter.token = token
        waiter.ready.release()

    def has_lost(self, waiter: Waiter) -> bool:
        """Whether a call is not in the queue, and has no turn: it is just being handed one, or an interrupt lost it."""
        return waiter.token is None and waiter not in self.waiting

    def withdraw(self, waiter: Waiter) -> Token | None:
        """Take a call out of the queue; gives the turn that it was handed, if it was."""
        try:
            self.waiting.remove(waiter)
        except ValueError:
            if waiter.token is None:
                waiter.ready.acquire(timeout=1)  # it is just being handed
        return waiter.token

    def clear(self) -> None:
        self.free.clear()
