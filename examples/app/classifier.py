"""From the bytes of a picture to the names of what it shows: `trtx.Session`, with `trtx.Batcher` in front of it."""

from __future__ import annotations

import io
import warnings
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

import trtx

#: Larger pictures are refused before they are decoded: 50 million pixels are 150 MB.
MOST_PIXELS = 50_000_000


class NotAPictureError(ValueError):
    """The bytes are no picture that can be read."""


class TooLargeError(ValueError):
    """The picture has too many pixels."""


class Class(NamedTuple):
    """One thing that a picture may show."""

    label: str
    probability: float


@dataclass(frozen=True)
class Settings:
    """What to run, and how pictures become numbers."""

    model: Path | None = None
    labels: Path | None = None
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contexts: int = 2
    cache: Path | None = None
    #: Largest batch that an ONNX model with an open batch is built for.
    batch: int = 16

    def check(self) -> None:
        """Say now what would fail later."""
        for path in (self.model, self.labels):
            if path is not None:
                path.open("rb").close()
        if 0 in self.std:
            raise ValueError(f"std is {self.std}; allowed are numbers other than 0")


class Classifier:
    """A model that names what pictures show.

    Any number of threads may use it; requests that come at the same time share batches. `close` answers what was asked
    for, and gives the GPU's memory back.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings = settings or Settings()
        settings.check()
        self.name = "colours" if settings.model is None else settings.model.name
        self._session = self._open(settings)
        self._batcher: trtx.Batcher | None = None
        try:
            (self._input,), (self._output,) = self._session.inputs, self._session.outputs
            shape = self._input.profiles[0][1] if self._input.profiles else self._input.shape
            if len(shape) != 4 or shape[1] != 3 or self._input.dtype is not trtx.DataType.FLOAT:
                raise ValueError(f"{self.name} takes {self._input}; needed are FLOAT (N, 3, height, width)")
            self.size = int(shape[3]), int(shape[2])  # width, height
            if self._input.shape[0] == -1:
                self._batcher = trtx.Batcher(self._session, max_delay=0.002)
            # Kernels are compiled before the first request, not during it.
            scores = self._submit(self._sample()).result()[self._output.name]
            self.labels = self._read_labels(scores.size)
        except BaseException:
            self.close()
            raise

    def _open(self, settings: Settings) -> trtx.Session:
        source: Path | bytes
        shapes: dict[str, Any] = {}
        if settings.model is None:
            import colours

            source = colours.model().SerializeToString()
            shapes = {"picture": tuple((n, 3, colours.SIZE, colours.SIZE) for n in (1, 4, settings.batch))}
        else:
            source = settings.model
            shapes = self._open_shapes(settings)
        return trtx.Session(
            source, build=trtx.BuildOptions(shapes=shapes) if shapes else None, contexts=settings.contexts,
            cache=settings.cache,
        )  # fmt: skip

    @staticmethod
    def _open_shapes(settings: Settings) -> dict[str, Any]:
        """Ranges for the first input of an ONNX model, if its batch is open."""
        assert settings.model is not None
        if settings.model.suffix != ".onnx":
            return {}
        import onnx
        from google.protobuf.message import DecodeError

        try:
            graph = onnx.load(settings.model, load_external_data=False).graph
        except DecodeError:
            return {}  # the session says what is wrong with it
        constant = {tensor.name for tensor in graph.initializer}
        given = next((value for value in graph.input if value.name not in constant), None)
        if given is None:
            return {}
        sizes = [size.dim_value for size in given.type.tensor_type.shape.dim]
        if not sizes or sizes[0] > 0:
            return {}
        rest = [size if size > 0 else 224 for size in sizes[1:]]
        return {given.name: tuple((n, *rest) for n in (1, 4, settings.batch))}

    def _read_labels(self, count: int) -> list[str]:
        if self._settings.labels is not None:
            labels = self._settings.labels.read_text(encoding="utf-8").splitlines()
            if len(labels) != count:
                raise ValueError(f"{self._settings.labels} has {len(labels)} lines; the model has {count} classes")
            return labels
        if self._settings.model is None:
            import colours

            return list(colours.COLOURS)
        return [f"class {number}" for number in range(count)]

    # Pictures

    def read(self, data: bytes) -> np.ndarray:
        """Decode a picture, upright, its middle cut out in the size of the model."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about broken metadata, which nobody reads
                picture = Image.open(io.BytesIO(data))
                if picture.width * picture.height > MOST_PIXELS:
                    raise TooLargeError(f"the picture has {picture.width} x {picture.height} pixels; allowed are "
                                        f"{MOST_PIXELS:,} in all")  # fmt: skip
                picture.draft("RGB", (self.size[0] * 2, self.size[1] * 2))  # large JPEG files are decoded smaller
                upright = ImageOps.exif_transpose(picture).convert("RGB")
        except TooLargeError:
            raise
        except Image.DecompressionBombError as error:
            raise TooLargeError(str(error)) from None
        except Exception as error:  # Pillow's decoders raise whatever they like
            raise NotAPictureError("this is no picture that can be read; JPEG, PNG, WebP and the like can") from error
        fitted = ImageOps.fit(upright, self.size, Image.Resampling.BILINEAR)
        values = np.asarray(fitted, np.float32) / 255
        values = (values - np.float32(self._settings.mean)) / np.float32(self._settings.std)
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None])

    # Runs

    def submit(self, picture: np.ndarray) -> Future[dict[str, np.ndarray]]:
        """Ask for the scores of what `read` made."""
        return self._submit(picture)

    def _submit(self, picture: np.ndarray) -> Future[dict[str, np.ndarray]]:
        runner = self._session if self._batcher is None else self._batcher
        return runner.submit({self._input.name: picture})

    def _sample(self) -> np.ndarray:
        return np.zeros((1, 3, self.size[1], self.size[0]), np.float32)

    def probe(self) -> Future[dict[str, np.ndarray]]:
        """Ask for a run of no importance; it fails where the GPU has failed."""
        return self._submit(self._sample())

    def best(self, result: dict[str, np.ndarray], count: int = 5) -> list[Class]:
        """The most probable classes, best first."""
        scores = result[self._output.name].astype(np.float64).reshape(-1)
        if scores.min() < 0 or not np.isclose(scores.sum(), 1, atol=1e-2):  # no probabilities yet
            scores = np.exp(scores - scores.max())
            scores /= scores.sum()
        return [Class(self.labels[i], float(scores[i])) for i in np.argsort(-scores, kind="stable")[:count]]

    def close(self) -> None:
        """Answer what was asked for, and release the GPU's memory."""
        if self._batcher is not None:
            self._batcher.close()
        self._session.close()
