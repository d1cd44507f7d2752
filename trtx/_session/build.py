"""From the bytes of an ONNX model to an engine, for sessions and for the command `trtx`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .._build.builder import Builder
from .._onnx.parser import OnnxParser
from .progress import ProgressBar, is_wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._build.config import BuilderConfig
    from .._build.network import NetworkDefinition
    from .._core.host_memory import HostMemory
    from .._core.logger import Logger
    from .options import BuildOptions


def build_engine(
    model: Any,
    path: str | None,
    options: BuildOptions,
    logger: Logger,
    progress: bool | None = None,
    *,
    watch: Callable[[NetworkDefinition, BuilderConfig], None] | None = None,
) -> HostMemory:
    """Build the engine of an ONNX model; ``watch`` sees the network and the configuration before the build."""
    with (
        Builder(logger) as builder,
        builder.create_network() as network,
        builder.create_config() as config,
        OnnxParser(network, logger) as parser,
    ):
        if options.prepare:
            from .prepared import prepared

            with prepared(model, path, options) as other:
                parser.parse(other, isolated=options.isolated)
        else:
            parser.parse(model, path, allow_outside_data=options.allow_outside_data, isolated=options.isolated)
        options.apply(builder, network, config)
        if watch is not None:
            watch(network, config)
        if not is_wanted(progress):
            return builder.build_serialized_network(network, config)
        with ProgressBar(os.path.basename(path) if path else "model") as bar:
            config.progress_monitor = bar.monitor
            return builder.build_serialized_network(network, config)
