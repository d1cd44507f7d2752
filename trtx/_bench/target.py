"""What is measured: an engine or model, the GPU, and where compiled kernels are kept."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.files import save
from .._core.logger import Logger
from .._session.options import BuildOptions
from .._session.source import Loaded, load

if TYPE_CHECKING:
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
    """

    source: Any
    build: BuildOptions | None = None
    cache: Any = None
    device: int = 0
    logger: Logger | None = None
    progress: bool | None = False
    runtime_cache: str | None = None

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
