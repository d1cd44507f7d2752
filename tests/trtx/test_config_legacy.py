"""Devices of layers and timing caches, on the real library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import trtx


@pytest.fixture
def builder() -> Iterator[trtx.Builder]:
    with trtx.Builder(trtx.Logger(trtx.Severity.ERROR)) as builder:
        yield builder


def network_of(builder: trtx.Builder) -> trtx.NetworkDefinition:
    network = builder.create_network()
    relu = network.add_activation(network.add_input("x", trtx.float32, (2, 3)), trtx.ActivationType.RELU)
    network.mark_output(relu.get_output(0))
    return network


def cache_of(config: trtx.BuilderConfig, blob: bytes = b"") -> trtx.TimingCache:
    with pytest.warns(DeprecationWarning, match="RuntimeCache spares time"):
        return config.create_timing_cache(blob)


def test_device_types(builder: trtx.Builder) -> None:
    config, network = builder.create_config(), network_of(builder)
    layer = network.get_layer(0)
    assert config.get_device_type(layer) is trtx.DeviceType.GPU
    assert not config.is_device_type_set(layer)
    config.set_device_type(layer, trtx.DeviceType.GPU)
    assert config.is_device_type_set(layer)
    config.reset_device_type(layer)
    assert not config.is_device_type_set(layer)
    assert config.can_run_on_DLA(layer) is False
    config.set_device_type(layer, trtx.DeviceType.GPU)
    network.close()  # what the configuration noted of its layer does no harm
    with builder.build_serialized_network(network_of(builder), config) as plan:
        assert plan.nbytes > 0


def test_device_types_refuse(builder: trtx.Builder) -> None:
    config, layer = builder.create_config(), network_of(builder).get_layer(0)
    with pytest.raises(
        trtx.InvalidArgumentError, match=r"device_type is .*DLA.*; allowed is DeviceType\.GPU: TensorRT-RTX uses no DLA"
    ):
        config.set_device_type(layer, trtx.DeviceType.DLA)
    for call in (config.get_device_type, config.is_device_type_set, config.reset_device_type, config.can_run_on_DLA):
        with pytest.raises(trtx.InvalidArgumentError, match=r"layer is 'relu'; allowed is a trtx.Layer"):
            call("relu")  # type: ignore[operator]
    with trtx.Builder(trtx.Logger()) as other:
        stranger = network_of(other).get_layer(0)
        with pytest.raises(trtx.InvalidArgumentError, match="another builder"):
            config.get_device_type(stranger)
    with pytest.raises(trtx.ClosedError):
        config.get_device_type(stranger)


def test_timing_cache(builder: trtx.Builder) -> None:
    config = builder.create_config()
    assert config.get_timing_cache() is None
    cache = cache_of(config)
    assert config.set_timing_cache(cache, ignore_mismatch=False)
    assert config.set_timing_cache(cache, False)
    assert config.get_timing_cache() is cache
    with builder.build_serialized_network(network_of(builder), config) as plan:
        assert plan.nbytes > 0
    with cache.serialize() as saved:
        other = cache_of(builder.create_config(), bytes(saved))
    assert cache.combine(other, False)
    assert cache.reset()
    config.set_timing_cache(other, False)
    cache.close()
    assert not config.is_closed
    other.close()
    assert config.is_closed


def test_timing_cache_is_forgotten_by_reset(builder: trtx.Builder) -> None:
    config = builder.create_config()
    cache = cache_of(config)
    config.set_timing_cache(cache, False)
    config.reset()
    assert config.get_timing_cache() is None
    cache.close()
    assert not config.is_closed


def test_timing_cache_refuses(builder: trtx.Builder) -> None:
    config = builder.create_config()
    cache = cache_of(config)
    with (
        pytest.warns(DeprecationWarning, match="deprecated"),
        pytest.raises(trtx.InvalidArgumentError, match="serialized_timing_cache is"),
    ):
        config.create_timing_cache(17)  # type: ignore[arg-type]
    with pytest.raises(trtx.InvalidArgumentError, match=r"allowed is a trtx\.TimingCache"):
        config.set_timing_cache(None, False)  # type: ignore[arg-type]
    with pytest.raises(trtx.InvalidArgumentError, match="ignore_mismatch is 'no'"):
        config.set_timing_cache(cache, "no")  # type: ignore[arg-type]
    with pytest.raises(trtx.InvalidArgumentError, match=r"another trtx\.TimingCache"):
        cache.combine(cache, False)
    another = trtx.Builder(trtx.Logger()).create_config()
    with pytest.raises(trtx.InvalidArgumentError, match="a cache of the builder that made"):
        another.set_timing_cache(cache, False)
