"""What is measured: an engine or model, the GPU, and where compiled kernels are kept."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import DynamicShapesKernelSpecializationStrategy

from .._core.errors import InvalidArgumentError
from .._core.files import save
from .._core.logger import Logger
from .._session.options import BuildOptions
from .._session.source import Loaded, load

if TYPE_CHECKING:
    from .._run.engine import CudaEngine
    from .._run.runtime_config import RuntimeCache, RuntimeConfig
    from .._session.device import Device


@dataclass
class Target:
    """A source as `trtx.Session` takes it.

    Parameters
    ----------
    source : path
        An ONNX model or an engine.
    build, cache, device, logger, progress
        As of `trtx.Session`.
    runtime_cache : path, optional
        File of compiled kernels, as ``RuntimeCache.serialize`` gives them: read where it is there, and written.
    weight_budget : int, float or "auto", optional
        Memory of the GPU for weights that are streamed: bytes, or a part of them all, 0.0 to 1.0, or what TensorRT-RTX
        chooses.
    specialize : DynamicShapesKernelSpecializationStrategy
        When kernels for a shape are compiled. `trtx.Session` has EAGER, so that graphs use them.
    """

    source: Any
    build: BuildOptions | None = None
    cache: Any = None
    device: int = 0
    logger: Logger | None = None
    progress: bool | None = False
    runtime_cache: str | None = None
    weight_budget: int | float | str | None = None
    specialize: DynamicShapesKernelSpecializationStrategy = DynamicShapesKernelSpecializationStrategy.EAGER

    def load(self, device: Device, ends: ExitStack) -> tuple[Loaded, RuntimeConfig]:
        """Build or load the engine; what is to be closed goes to ``ends``."""
        loaded = load(
            self.source,
            cache=self.cache,
            build=self.build,
            device=device,
            logger=self.logger,
            progress=self.progress,
        )
        ends.callback(loaded.close)
        loaded.config.dynamic_shapes_kernel_specialization_strategy = self.specialize
        if self.weight_budget is not None:
            _stream_weights(loaded.engine, self.weight_budget)
        if self.runtime_cache is not None:
            kernels = loaded.config.create_runtime_cache()
            if os.path.exists(self.runtime_cache):
                kernels.deserialize(self.runtime_cache)
            loaded.config.set_runtime_cache(kernels)
        return loaded, loaded.config

    def save_kernels(self, loaded: Loaded) -> None:
        """Keep the kernels that were compiled."""
        loaded.save_kernels()
        kernels: RuntimeCache | None = loaded.config.runtime_cache
        if self.runtime_cache is not None and kernels is not None:
            with kernels.serialize() as memory:
                save(self.runtime_cache, memory.view())


def _stream_weights(engine: CudaEngine, budget: int | float | str) -> None:
    total = engine.streamable_weights_size
    if not total:
        raise InvalidArgumentError(
            "the engine has no weights that can be streamed, so there is no budget for them; build it with "
            "--weight-streaming"
        )
    if isinstance(budget, str):
        engine.weight_streaming_budget_v2 = engine.get_weight_streaming_automatic_budget()
    else:
        engine.weight_streaming_budget_v2 = int(budget * total) if isinstance(budget, float) else min(budget, total)
