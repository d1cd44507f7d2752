"""Every setter and every method of every public class with every kind of wrong value; inside a process of its own.

Nothing here knows a class by name: objects come from `world.FACTORIES` on the fake library, parts of networks from all
``add_*`` methods on the real one, their arguments from the annotations.
"""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import IntEnum
from typing import Any

import numpy as np

import trtx
from tests.helpers import layer_cases, layer_cases_dense, layer_cases_more
from trtx._core.shut import Native

#: Layers of which no case can be made: TensorRT-RTX has no kernel, or wants several GPUs.
NO_KERNEL = ("DistCollectiveLayer", "MoELayer", "NMSLayer", "RaggedSoftMaxLayer")

CASES = [*layer_cases.CASES, *layer_cases_dense.CASES, *layer_cases_more.CASES]


class Strange:
    """Nothing that anybody could want."""

    def __repr__(self) -> str:
        return "<Strange>"


class OtherEnum(IntEnum):
    FIRST = 0
    SECOND = 1


def closed_builder() -> trtx.Builder:
    builder = trtx.Builder(trtx.Logger(sink=lambda *_: None))
    builder.close()
    return builder


def foreign_tensor() -> trtx.Tensor:
    network = trtx.Builder(trtx.Logger(sink=lambda *_: None)).create_network()
    return network.add_input("foreign", trtx.float32, (1, 4, 8, 8))


def closed_tensor() -> trtx.Tensor:
    tensor = foreign_tensor()
    tensor.network.close()
    return tensor


def bad_values() -> list[Any]:
    """Values of a wrong type, numbers out of every range, unknown members, objects of other parents and closed ones."""
    numbers = [2**70, -(2**70), -1, 10**9, 77, 1.5, 1e300, float("nan"), 3 + 4j, Decimal("1.5"), True]
    texts = ["a\0b", "\ud800", b"bytes", np.array("text")]
    sequences = [[Strange()], (Strange(),), {"a": 1}, {1.5}, [2**70], (-(2**70),) * 3, tuple(range(9)), np.zeros(3)]
    natives = [closed_builder(), foreign_tensor(), closed_tensor()]
    return [Strange(), Strange, lambda: None, None, OtherEnum.SECOND, *numbers, *texts, *sequences, *natives]


def parts() -> dict[str, Any]:
    """A layer of every kind that the ``add_*`` methods make with plain arguments, of a network and of what it adds."""
    network = trtx.Builder(trtx.Logger(sink=lambda *_: None)).create_network()
    tensors = [network.add_input(f"x{rank}", trtx.float32, (1, 4, 8, 8)[:rank]) for rank in (4, 3, 2, 1)]
    tensors.append(network.add_input("integer", trtx.int32, (4,)))
    tensors.append(network.add_input("condition", trtx.DataType.BOOL, ()))
    tensors += [network.add_input(kind.name, kind, (1, 2, 4, 8)) for kind in (trtx.int8, trtx.float16, trtx.fp8)]
    tensors += [network.add_constant((), np.ones((), np.float32)).get_output(0)]
    numbers = [np.int32(1), np.ones(1, np.int32), np.ones(4, np.int32), np.zeros(1, np.int64)]
    tensors += [network.add_constant(number.shape, number).get_output(0) for number in numbers]
    found: dict[str, Any] = {"Tensor": tensors[0], "NetworkDefinition": network}
    todo: list[Any] = [network]
    for case in CASES:  # what needs more than plain arguments
        made = trtx.Builder(trtx.Logger(sink=lambda *_: None)).create_network()
        case.network(made, case.dtypes[0])
        for layer in made.layers:
            found.setdefault(type(layer).__name__, layer)
    while todo:
        maker = todo.pop()
        for name, method in inspect.getmembers(maker, inspect.ismethod):
            made = add(method, tensors) if name.startswith("add_") and name != "add_input" else []
            for part in made if isinstance(made, (list, tuple)) else [made]:
                if isinstance(part, Native) and type(part).__name__ not in found:
                    found[type(part).__name__] = part
                    todo.append(part)
    return found


def add(method: Callable[..., Any], tensors: list[trtx.Tensor]) -> Any:
    """What an ``add_*`` method makes of the first arguments that it takes."""
    for first, second in itertools.product(tensors, tensors):
        for arguments in plausible(method, first, second):
            try:
                return method(**arguments)
            except trtx.Error:
                continue
    return []


def not_made(found: dict[str, Any]) -> list[str]:
    """Layers that a network has a method for, and of which there is none."""
    methods = [name.replace("_", "") for name in dir(trtx.NetworkDefinition) if name.startswith("add_")]
    names = [name for name in trtx.__all__ if name.endswith("Layer") and name not in ("Layer", *found)]
    names = [name for name in names if any(m.startswith(f"add{name[:-5].lower()}") for m in methods)]
    return [name for name in names if name not in NO_KERNEL]


def plausible(method: Callable[..., Any], first: Any, second: Any) -> Iterator[dict[str, Any]]:
    """Arguments that the annotations of a method allow; the first tensor that it takes, and all others."""
    known = list(inspect.signature(method).parameters.values())
    needed = [p for p in known if p.default is p.empty]
    more = [p for p in known if p.default is p.empty or str(p.annotation) == "Tensor | None"]
    for shape in ((2, 2), (1,), (4,), (4, 4), (), (1, 4, 8, 8), (0, 1, 2, 3)):
        for count, parameters in itertools.product((math.prod(shape), 0), (needed, more)):
            tensors = itertools.chain([first], itertools.repeat(second))
            size = max(1, math.prod(shape))
            yield {p.name: _value(str(p.annotation), tensors, size, count, shape) for p in parameters}


def _value(annotation: str, tensors: Iterator[Any], size: int, count: int, shape: tuple[int, ...]) -> Any:
    if "Iterable[Tensor]" in annotation or "Sequence[Tensor]" in annotation or "Tensors" in annotation:
        return [next(tensors)]
    if "Tensor" in annotation.replace("TensorFormat", ""):
        return next(tensors)
    for word in annotation.replace("|", " ").replace("[", " ").replace("]", " ").split():
        kind = getattr(trtx, word.rpartition(".")[2], None)
        if isinstance(kind, type) and issubclass(kind, IntEnum):
            return next(iter(kind))
    if "DType" in annotation:
        return trtx.float32
    if "Weights" in annotation or "Array" in annotation or "Values" in annotation:
        return np.ones(count, np.float32)
    if "Shape" in annotation or "Iterable" in annotation or "Sequence" in annotation:
        return shape
    if "Bool" in annotation or annotation == "bool":
        return True
    if "str" in annotation:
        return "name"
    return size if "int" in annotation.lower() or "Supports" in annotation else 1.0


def setters(kind: type[Any]) -> list[str]:
    """Properties that can be set, of a class and of those that it derives from."""
    members = inspect.getmembers_static(kind) if hasattr(inspect, "getmembers_static") else inspect.getmembers(kind)
    return [
        name
        for name, member in members
        if isinstance(member, property) and member.fset is not None and not name.startswith("_")
    ]


def names(kind: type[Any], name: str) -> list[str]:
    """All names of a property: NVIDIA's spelling beside ours."""
    setter = getattr(kind, name).fset
    return [one for one in dir(kind) if getattr(getattr(kind, one, None), "fset", None) is setter]


def check_setter(subject: Native, name: str, value: Any) -> str | None:
    """What is wrong with how a property takes a value; None for an error that names it, or a value that is there."""
    try:
        setattr(subject, name, value)
    except trtx.Error as error:
        return None if any(one in str(error) for one in names(type(subject), name)) else f"does not name it: {error}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    try:
        there = getattr(subject, name)
        if there is value or is_same(there, value):
            return None
        return f"took it silently, and reads as {there!r}"
    except trtx.Error as error:
        return f"took it, and cannot be read: {error}"


def is_same(there: Any, value: Any) -> bool:
    if value is None:  # takes back what was set
        return not there if isinstance(there, str) else isinstance(there, trtx.Weights) and not there.count
    if isinstance(value, bool) is not isinstance(there, bool):
        return False  # True is no number here
    if isinstance(there, trtx.Weights):
        return bool(there.count == np.size(value))
    if isinstance(there, IntEnum) or isinstance(value, IntEnum):
        return there is value
    if isinstance(value, (Decimal, float)) and isinstance(there, float):
        with np.errstate(over="ignore"):
            return bool(np.float32(there) == np.float32(value)) or (value != value and there != there)
    try:
        return bool(there == value) or list(there) == list(value)
    except Exception:
        return False


def check_method(subject: Native, name: str) -> str | None:
    """What is wrong with how a method takes arguments that nobody could want."""
    method = getattr(subject, name)
    try:
        parameters = [
            p
            for p in inspect.signature(method).parameters.values()
            if p.default is p.empty and p.kind is not p.VAR_KEYWORD
        ]
    except (TypeError, ValueError):
        return None
    if not parameters:
        return None
    plain = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    try:
        method(**{one: Strange() for one in plain})
    except trtx.InvalidArgumentError as error:
        # Two names for one argument: stream_handle is stream in messages.
        plain += [one.removesuffix("_handle") for one in plain]
        return None if any(one in str(error) for one in plain) else f"names no argument: {error}"
    except trtx.Error as error:
        return None if type(subject).__name__ in str(error) or "Strange" in str(error) else f"{error}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "took it" if plain else None


def judge(subjects: dict[str, Any]) -> None:
    """Print how much was tried, and every problem on a line of its own."""
    problems, setters_seen, values_tried, methods_seen = [], 0, 0, 0
    for label, subject in subjects.items():
        kind = type(subject)
        for name in setters(kind):
            setters_seen += 1
            for value in bad_values():
                values_tried += 1
                problem = check_setter(subject, name, value)
                if problem:
                    problems.append(f"{label}.{name} = {value!r}: {problem}")
        for name, member in inspect.getmembers(kind, callable):
            if not name.startswith("_") and not isinstance(member, type):
                methods_seen += 1
                problem = check_method(subject, name)
                if problem:
                    problems.append(f"{label}.{name}(...): {problem}")
    print(setters_seen, values_tried, methods_seen)
    print(*problems, sep="\n")


def judge_parts() -> None:
    """Tensors, layers, and what else is a part of a network."""
    found = parts()
    print(*not_made(found), sep=",")
    judge(found)


def judge_handles() -> None:
    """Everything that owns something; the fake library is loaded."""
    from tests.lifetime.world import FACTORIES, handle_classes

    judge({kind.__name__: FACTORIES[kind]() for kind in handle_classes()})
