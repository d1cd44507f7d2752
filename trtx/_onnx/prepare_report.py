"""What `prepare_onnx` reports: changes, what could not be helped, and how to convert values at the model's borders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .._core.public import public

if TYPE_CHECKING:
    from .._core.types import Array

__all__ = ["PrepareChange", "PrepareProblem", "PrepareReport"]

Kind = Literal["opset", "frozen", "inlined", "folded", "rewritten", "type", "border"]


@public
@dataclass(frozen=True)
class PrepareChange:
    """One change that `prepare_onnx` made.

    Attributes
    ----------
    kind : str
        ``"opset"`` (the model was upgraded), ``"frozen"`` (an input became a constant), ``"inlined"`` (an operator was
        replaced by its definition), ``"folded"`` (constants were computed), ``"rewritten"`` (an operator was replaced
        by others that compute the same), ``"type"`` (values inside have another type), ``"border"`` (an input or output
        of the model has).
    name : str
        The node, input, output or initializer; nodes without a name are called after their first output. Empty where
        the change is one of the whole model.
    operator : str
        Of a node, such as ``"BitShift"``; empty otherwise.
    text : str
        What was done, in words.
    """

    kind: Kind
    name: str
    operator: str
    text: str

    def __str__(self) -> str:
        subject = " ".join(filter(None, (self.operator, repr(self.name) if self.name else "")))
        return f"{self.kind}: {subject}{': ' if subject else ''}{self.text}"


@public
@dataclass(frozen=True)
class PrepareProblem:
    """Something that TensorRT-RTX will refuse, and `prepare_onnx` could not help.

    Attributes
    ----------
    operator : str
        Such as ``"StringNormalizer"``; empty where no node is the cause.
    name : str
        The node; called after its first output if it has no name.
    reason : str
        What is missing, in TensorRT-RTX's words or ours.
    """

    operator: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.operator or 'model'} {self.name!r}: {self.reason}"


@public
@dataclass
class PrepareReport:
    """What `prepare_onnx` did with a model.

    Attributes
    ----------
    changes : list of PrepareChange
        Every change, in the order of the steps.
    problems : list of PrepareProblem
        What remains that TensorRT-RTX's parser refuses. It is not everything that a build may stumble over.
    needed : tuple of str
        Inputs whose values must be known when the engine is built: give them with ``inputs=``.
    frozen : tuple of str
        Inputs that were given, and are none any more.
    input_types, output_types : dict of str to (str, str)
        Inputs and outputs whose type changed: the former and the new one, as numpy (or ml_dtypes) calls them.
    """

    changes: list[PrepareChange] = field(default_factory=list)
    problems: list[PrepareProblem] = field(default_factory=list)
    needed: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    input_types: dict[str, tuple[str, str]] = field(default_factory=dict)
    output_types: dict[str, tuple[str, str]] = field(default_factory=dict)

    def note(self, kind: Kind, name: str, operator: str, text: str) -> None:
        """Add a change."""
        self.changes.append(PrepareChange(kind, name, operator, text))

    def convert_inputs(self, values: Mapping[str, Array]) -> dict[str, Any]:
        """Values for the original model as values for the prepared one: without the frozen ones, in the new types.

        Parameters
        ----------
        values : mapping of str to numpy array
            By the names of the inputs; others pass through.

        Returns
        -------
        dict of str to numpy array
        """
        return {
            name: _convert(value, self.input_types[name][1]) if name in self.input_types else value
            for name, value in values.items()
            if name not in self.frozen
        }

    def convert_outputs(self, values: Mapping[str, Array]) -> dict[str, Any]:
        """Results of the prepared model in the types of the original one.

        Parameters
        ----------
        values : mapping of str to numpy array
            By the names of the outputs.

        Returns
        -------
        dict of str to numpy array
        """
        return {
            name: _convert(value, self.output_types[name][0]) if name in self.output_types else value
            for name, value in values.items()
        }

    def __str__(self) -> str:
        lines = [f"{len(self.changes)} changes", *(f"  {change}" for change in self.changes)]
        if self.needed:
            lines.append(f"inputs that are needed when the engine is built: {', '.join(self.needed)}")
        if self.problems:
            lines += [f"{len(self.problems)} problems", *(f"  {problem}" for problem in self.problems)]
        return "\n".join(lines)


def _convert(value: Any, name: str) -> Any:
    import numpy as np

    array = np.asarray(value)
    try:
        dtype = np.dtype(name)
    except TypeError:
        import ml_dtypes

        dtype = np.dtype(getattr(ml_dtypes, name))
    with np.errstate(all="ignore"):
        return array.astype(dtype)
