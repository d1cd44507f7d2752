"""Real networks with their reference outputs, as the ``onnx`` package ships them."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def light_models() -> dict[str, Path]:
    """Name and file of each model: squeezenet, resnet50, densenet121 ..."""
    import onnx

    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    return {path.stem.removeprefix("light_"): path for path in sorted(folder.glob("light_*.onnx"))}


def reference_input(shape: tuple[int, ...]) -> np.ndarray:
    """The input that the references were made with: evenly spaced values from 0 towards 1."""
    count = int(np.prod(shape))
    return (np.arange(count, dtype=np.float64).reshape(shape) / count).astype(np.float32)


def reference_output(model: Path) -> np.ndarray:
    """The output that ships with a model."""
    import onnx
    from onnx import numpy_helper

    tensor = onnx.TensorProto()
    tensor.ParseFromString(model.with_name(f"{model.stem}_output_0.pb").read_bytes())
    return numpy_helper.to_array(tensor)
