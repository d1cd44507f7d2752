"""Generated accessors: what they do beside one call of the library."""

from __future__ import annotations

import inspect

import pytest

import trtx
from trtx._core.accessors import Members
from trtx._core.calls import Note


def test_a_number_that_is_no_member() -> None:
    members = Members(trtx.DeviceType)
    assert members[0] is trtx.DeviceType.GPU
    with pytest.raises(trtx.Error, match=r"answered with 77, which is no member of trtx\.DeviceType"):
        members[77]


def test_settings_refuse_to_change_during_a_long_call(config: trtx.BuilderConfig) -> None:
    with Note("a build", (config,)):
        for change in (
            lambda: setattr(config, "builder_optimization_level", 2),
            lambda: config.set_flag(trtx.BuilderFlag.REFIT),
            lambda: config.set_tactic_sources(0),
            lambda: setattr(config, "max_num_tactics", 3),
            lambda: setattr(config, "progress_monitor", None),
            config.reset,
        ):
            with pytest.raises(trtx.BusyError, match="in use by a build"):
                change()
        assert config.builder_optimization_level == 3
        assert config.get_flag(trtx.BuilderFlag.TF32)
    config.builder_optimization_level = 2
    assert config.builder_optimization_level == 2


def test_a_note_that_an_interrupt_left_does_not_count(config: trtx.BuilderConfig) -> None:
    left = Note("a build", (config,))
    left.is_over = True
    config._notes.append(left)
    config.builder_optimization_level = 1
    assert config.builder_optimization_level == 1
    assert not config._notes


def test_layers_and_tensors_look_at_the_notes_of_their_network(network: trtx.NetworkDefinition) -> None:
    x = network.add_input("x", trtx.float32, (1, 4, 8, 8))
    pool = network.add_pooling_nd(x, trtx.PoolingType.AVERAGE, (2, 2))
    with Note("a build", (network,)):
        for use in (
            lambda: setattr(pool, "blend_factor", 0.5),
            lambda: setattr(pool, "stride_nd", (2, 2)),
            lambda: setattr(pool, "name", "pool"),
            lambda: x.shape,
            lambda: x.dtype,
            lambda: x.is_shape_tensor,
            lambda: pool.get_output_type(0),
        ):
            with pytest.raises(trtx.BusyError, match="in use by a build"):
                use()
        # What the library just has at hand may be read.
        assert (pool.stride_nd, pool.num_inputs, x.name, x.is_network_input) == ((1, 1), 1, "x", True)
        assert pool.get_output(0) is not None
    pool.blend_factor = 0.5
    assert pool.blend_factor == 0.5


def test_help_shows_what_the_registry_says() -> None:
    level = trtx.BuilderConfig.builder_optimization_level
    assert inspect.getdoc(level).startswith("Effort of the build, from 0 for the fastest build to 5; 3 by default.")
    assert "``IBuilderConfig::getBuilderOptimizationLevel``" in inspect.getdoc(level)
    assert inspect.signature(level.fget).return_annotation == "int"
    assert "flag : BuilderFlag" in inspect.getdoc(trtx.BuilderConfig.set_flag)
    assert isinstance(trtx.ConvolutionLayer.stride_nd, property)
