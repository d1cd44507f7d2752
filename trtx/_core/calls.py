"""Calls: places for what they make, and notes of those that take long.

Short calls keep the GIL, so they need neither. A long one lets other threads run, so it notes what it uses: a noted
object refuses changes, `close`, and long calls that do not go beside this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from trtx_sys._ffi import ffi, lib

from .errors import BusyError

if TYPE_CHECKING:
    from .handle import Handle


def new_place(c_type: str) -> Any:
    """Memory for a handle that a C function makes.

    It is made before the call: whatever comes between the call and the object of Python, an interrupt or an exception,
    the place goes, and its destructor, which is a C function, frees what is in it.
    """
    return ffi.gc(ffi.new(f"{c_type} **"), lib.trtx_release)


class Note:
    """A long call that uses objects.

    Parameters
    ----------
    what
        Name of the call for people.
    handles
        What it uses.
    alone
        What it needs for itself, beside the objects of which the class says that long calls do not share them.
    """

    __slots__ = ("_alone", "handles", "is_over", "what")

    def __init__(self, what: str, handles: Iterable[Handle], alone: Iterable[Handle] = ()) -> None:
        self.what = what
        self._alone = {id(handle) for handle in alone}
        self.handles = tuple({id(handle): handle for handle in (*handles, *alone)}.values())
        self.is_over = False

    def shares(self, handle: Handle) -> bool:
        """Whether other long calls may use an object beside this one."""
        return handle._is_shared and id(handle) not in self._alone

    def __enter__(self) -> None:
        """Note the call, then look who else is there: of two calls that do not go together one steps back."""
        try:
            for handle in self.handles:
                handle._notes.append(self)
            for handle in self.handles:
                _ = handle._ptr  # whoever shuts an object looks for notes afterwards
                others = [note for note in handle._long_calls() if note is not self]
                if not all(note.shares(handle) for note in (self, *others)) and others:
                    raise busy_error(handle, self.what, others)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        # A note that an interrupt leaves in the lists counts no more.
        self.is_over = True
        for handle in self.handles:
            with suppress(ValueError):
                handle._notes.remove(self)


def busy_error(handle: Handle, what: str, notes: list[Note]) -> BusyError:
    """The error for a use of an object, by what is named, that does not go beside these calls."""
    users = " and ".join(note.what for note in notes) or "another call"
    subject = f"{handle._label()}.{what}" if what else handle._label()
    return BusyError(f"{subject}: the object is in use by {users}; wait until that has returned")
