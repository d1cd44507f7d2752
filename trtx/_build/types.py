"""What signatures of networks take beyond `_core.types`; for type checkers alone."""

from __future__ import annotations

from .._core.types import Array
from .weights import Weights

#: Values of a layer: an array will do where weights are asked for, and None stands for no weights.
Values = Weights | Array | None
