"""Saving: whatever regular file `open` can write, `save` can, and nobody sees half a file where that can be helped."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from typing import NoReturn

from .pending import add_note
from .values import reject

#: What keeps a new file from being made beside one that can be written, or from taking its place: no permission or a
#: read-only file system (a single file is mounted into a container), a path at the limit of its length, a mount point,
#: another file system, a file that is open (Windows).
_NO_DRAFT = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.EBUSY, errno.EXDEV, errno.EINVAL),
    *(errno.EOPNOTSUPP, errno.ENOSYS),
}
#: What file systems without modes, or without a way to wait for the disk, answer.
_NO_SUCH_THING = _NO_DRAFT - {errno.EBUSY}

_FLAGS = os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def save(path: str | os.PathLike[str], data: memoryview) -> str:
    """Write a file, as `HostMemory.save` describes; gives its absolute path. Errors name the path as it was given."""
    try:
        given = os.fsdecode(path)
        found = _mode(given)
    except (TypeError, ValueError):  # of another type, or with a NUL
        reject("path", path, "a str or path-like object that names a file")
    except OSError as error:
        _raise(error, os.fsdecode(path))
    if (found is not None and not stat.S_ISREG(found)) or not os.path.basename(given):
        reject("path", path, "a regular file, or one that does not exist yet")
    try:
        if not _replace(os.path.realpath(given) if os.path.islink(given) else given, found, data):
            _overwrite(given, data)
    except OSError as error:
        _raise(error, given)
    return os.path.realpath(given)


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _raise(error: OSError, path: str) -> NoReturn:
    """Raise an error of the system with the path that the user knows, and no other."""
    told = OSError(error.errno, error.strerror, path)
    for line in getattr(error, "__notes__", ()):
        add_note(told, line)
    raise told from None


def _replace(target: str, found: int | None, data: memoryview) -> bool:
    """Write a new file beside and let it take the place of the target; False where that cannot be done there."""
    # Of the target's name, which may be as long as names can be, only so much as always fits.
    folder, name = os.path.split(target)
    draft = os.path.join(folder, f".{name[:32]}.{os.urandom(8).hex()}.tmp")
    try:
        descriptor = os.open(draft, _FLAGS | os.O_EXCL, 0o666)
    except OSError as error:
        if error.errno in _NO_DRAFT:
            return False
        raise
    try:
        with os.fdopen(descriptor, "wb") as file:
            # The mode of a new file is what the umask leaves; while it is written it is nobody else's business.
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode if found is None else found)
            _set_mode(descriptor, 0o600)
            file.write(data)
            file.flush()
            _sync(descriptor)
            _set_mode(descriptor, mode)
        os.replace(draft, target)
    except BaseException as error:
        with contextlib.suppress(OSError):  # the first error is the one that tells
            os.unlink(draft)
        if isinstance(error, OSError) and error.errno in _NO_DRAFT:
            return False
        raise
    return True


def _overwrite(path: str, data: memoryview) -> None:
    descriptor = os.open(path, _FLAGS, 0o666)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            left = data
            while left:
                left = left[file.write(left) :]
            file.truncate(len(data))
            _sync(descriptor)
    except OSError as error:
        add_note(error, "trtx: this file could not be replaced in one step, and may be half-written now")
        raise


@contextlib.contextmanager
def _without(numbers: set[int]) -> Iterator[None]:
    """Let these errors of the system pass."""
    try:
        yield
    except OSError as error:
        if error.errno not in numbers:
            raise


def _set_mode(descriptor: int, mode: int) -> None:
    if hasattr(os, "fchmod"):
        with _without(_NO_SUCH_THING):
            os.fchmod(descriptor, mode)


def _sync(descriptor: int) -> None:
    with _without(_NO_SUCH_THING):
        os.fsync(descriptor)
