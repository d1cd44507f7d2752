"""Plugins, of which TensorRT-RTX has none: a registry that is empty, and says so where something is asked of it."""

from __future__ import annotations

from typing import Any

__all__ = ["IPluginRegistry", "get_builder_plugin_registry", "get_plugin_registry", "init_libnvinfer_plugins"]


class IPluginRegistry:
    """The registry of plugins: TensorRT-RTX runs none, so it is empty and takes none."""

    __slots__ = ("error_recorder", "parent_search_enabled")

    #: What it is told is kept; nothing is ever reported.
    error_recorder: Any
    parent_search_enabled: bool

    def __init__(self) -> None:
        self.error_recorder, self.parent_search_enabled = None, True

    @property
    def plugin_creator_list(self) -> list[Any]:
        """None are there."""
        return []

    @property
    def all_creators(self) -> list[Any]:
        """None are there."""
        return []

    @property
    def all_creators_recursive(self) -> list[Any]:
        """None are there."""
        return []

    def get_creator(self, *_: Any, **__: Any) -> None:
        """No creator has any name."""

    get_plugin_creator = get_creator

    def register_creator(self, *_: Any, **__: Any) -> bool:
        """Refuse a creator: its plugins would never run."""
        return False

    def deregister_creator(self, *_: Any, **__: Any) -> bool:
        """Say that it was not there."""
        return False

    def load_library(self, plugin_path: str) -> None:
        """Give no handle: plugins of a library would never run."""

    def deregister_library(self, handle: object) -> None:
        """Do nothing, as no library has been loaded."""

    def acquire_plugin_resource(self, key: str, resource: object) -> None:
        """Give nothing: no plugin would use it."""

    def release_plugin_resource(self, key: str) -> int:
        """Answer -1: there is none."""
        return -1


_registry = IPluginRegistry()


def get_plugin_registry() -> IPluginRegistry:
    """The registry, which is empty."""
    return _registry


def get_builder_plugin_registry(capability: object = None, /) -> IPluginRegistry:
    """The registry, which is empty."""
    return _registry


def init_libnvinfer_plugins(logger: object, namespace: str = "") -> bool:
    """Say that all plugins that there are have been registered: there are none."""
    return True
