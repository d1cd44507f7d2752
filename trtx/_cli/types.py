"""What options take: shapes, sizes, names of enums, files. What is wrong is said with what is allowed."""

from __future__ import annotations

import os
import re
import stat
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from trtx_sys._enums_gen import ComputeCapability, MemoryPoolType

from .failures import Code, Failure, suggestion

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]  # generic for type checkers alone
else:
    ParamType = click.ParamType

E = TypeVar("E", bound=IntEnum)

_ITEM = re.compile(r"(?P<name>[^,].*?):(?P<sizes>scalar|-?\d+(?:[xX]-?\d+)*)(?:,|$)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(I?)B?", re.IGNORECASE)
_SCALES = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


class Sizes(ParamType):
    """``NAME:1x3x224x224``, for several inputs ``a:1x8,b:scalar``; becomes a dict of name to tuple of int.

    Parameters
    ----------
    least
        The smallest number that is allowed.
    """

    name = "shapes"

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "NAME:1x3x8"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        found: dict[str, tuple[int, ...]] = {}
        position = 0
        while position < len(value):
            item = _ITEM.match(value, position)
            if item is None:
                self.fail(f"{value!r} is not of the form NAME:1x3x224x224[,NAME:...]", param, ctx)
            sizes = item["sizes"].lower()
            numbers = () if sizes == "scalar" else tuple(map(int, sizes.split("x")))
            if any(number < self.least for number in numbers):
                self.fail(f"{item[0]!r} has a number below {self.least}", param, ctx)
            if item["name"] in found:
                self.fail(f"{item['name']!r} is named twice in {value!r}", param, ctx)
            found[item["name"]] = numbers
            position = item.end()
        if not found:
            self.fail("it is empty; allowed is NAME:1x3x224x224[,NAME:...]", param, ctx)
        return found


class Bytes(ParamType):
    """A number of bytes: ``1073741824``, ``1GiB``, ``512M``; units count by 1024."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            self.fail(
                f"{value!r} is no number of bytes; allowed are numbers such as 1073741824, 512MiB or 1.5G", param, ctx
            )
        return int(float(match[1]) * 1024 ** _SCALES[match[2].upper()])


class Member(ParamType, Generic[E]):
    """A member of an enum by its name, in any case, ``-`` for ``_``.

    Parameters
    ----------
    kind
        The enum.
    leave_out
        Members that are no choice.
    """

    name = "name"

    def __init__(self, kind: type[E], leave_out: tuple[str, ...] = ()) -> None:
        self.members = {_plain(one.name): one for one in kind if one.name not in leave_out}

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        names = "|".join(self.members)
        return f"[{names}]" if len(names) < 40 else "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> E:
        if isinstance(value, IntEnum):
            return value  # type: ignore[return-value]
        found = self.members.get(_plain(value))
        if found is None:
            hint = suggestion(_plain(value), self.members)
            self.fail(f"{value!r} is none of {', '.join(self.members)}{f'; {hint}' if hint else ''}", param, ctx)
        return found

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self.members if name.startswith(_plain(incomplete))]


class Targets(ParamType):
    """Compute capabilities: ``8.9,12.0``, ``sm89``, ``89`` or ``current``."""

    name = "targets"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "8.6,8.9,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[ComputeCapability, ...]:
        if isinstance(value, tuple):
            return value
        known = {one.name.removeprefix("SM"): one for one in ComputeCapability if one.name != "NONE"}
        found = []
        for word in value.split(","):
            one = known.get(word.strip().upper().removeprefix("SM").replace(".", ""))
            if one is None:
                allowed = ", ".join(target(one) for one in known.values())
                self.fail(f"{word.strip()!r} is no target; allowed are {allowed}", param, ctx)
            found.append(one)
        return tuple(found)


class Pool(ParamType):
    """``POOL=SIZE``, such as ``workspace=1GiB``; becomes a pair."""

    name = "pool"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "POOL=SIZE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[MemoryPoolType, int]:
        if isinstance(value, tuple):
            return value
        name, equals, size = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is not of the form POOL=SIZE, such as workspace=1GiB", param, ctx)
        return Member(MemoryPoolType).convert(name, param, ctx), Bytes().convert(size, param, ctx)


class Source(click.Path):
    """The path of a file that can be read; a pipe or an empty file is none.

    Parameters
    ----------
    what
        What messages call the file: ``"model"``.
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        path = os.fsdecode(value)
        size = 0
        try:
            about = os.stat(path)
            size = about.st_size
            if not stat.S_ISREG(about.st_mode):
                self.fail(f"the {self.what} {path!r} is not a file; name one", param, ctx)
            with open(path, "rb"):
                pass
        except FileNotFoundError:
            folder, name = os.path.split(path)
            try:
                hint = suggestion(name, os.listdir(folder or "."))
            except OSError:
                hint = ""
            self.fail(f"the {self.what} {path!r} is not there; {hint or 'check the path'}", param, ctx)
        except (OSError, ValueError) as error:
            self.fail(f"the {self.what} {path!r} cannot be read: {getattr(error, 'strerror', error)}", param, ctx)
        if not size:
            self.fail(f"the {self.what} {path!r} is empty; make it again", param, ctx)
        return path

    def fail(self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None) -> Any:
        """Raise without the parameter's name, as the message names the file."""
        raise Failure(message, code=Code.USAGE)


class Output(click.Path):
    """The path of a file that is going to be written: its folder is there and can be written."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        path = os.fsdecode(value)
        folder = os.path.dirname(path) or "."
        if os.path.isdir(path) or not os.path.basename(path):
            raise Failure(f"the output {path!r} is a folder", "name a file", Code.USAGE)
        if not os.path.isdir(folder):
            raise Failure(f"the folder {folder!r} of the output is not there", "make it first", Code.USAGE)
        if not os.access(folder if not os.path.exists(path) else path, os.W_OK):
            raise Failure(f"the output {path!r} cannot be written: permission denied", "name another", Code.USAGE)
        return path


def target(capability: ComputeCapability) -> str:
    """A compute capability as people write it: ``8.9``."""
    digits = capability.name.removeprefix("SM")
    return f"{digits[:-1]}.{digits[-1]}" if digits.isdigit() else digits.lower()


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")
