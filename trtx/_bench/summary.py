"""Figures of many times."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Summary:
    """Figures of times in milliseconds; percentiles lie between two times where they do not hit one (numpy's)."""

    min: float
    mean: float
    median: float
    p90: float
    p95: float
    p99: float
    max: float
    #: Standard deviation.
    std: float

    @classmethod
    def of(cls, times: npt.NDArray[np.float64]) -> Summary:
        """Sum up at least one time."""
        import numpy as np

        median, p90, p95, p99 = map(float, np.percentile(times, (50, 90, 95, 99)))
        least, mean, most, deviation = map(float, (times.min(), times.mean(), times.max(), times.std()))
        return cls(least, mean, median, p90, p95, p99, most, deviation)

    def as_dict(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)
