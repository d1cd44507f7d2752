"""Options that commands share: one table with `BuildOptions`, shapes, targets, sizes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click
import pytest
from click.testing import CliRunner

import trtx
from trtx._cli.options import BUILD_OPTIONS, Command, build_options, is_engine_file, unlisted_fields
from trtx._cli.types import Bytes, Sizes, target


def parse(*arguments: str) -> trtx.BuildOptions | None:
    """What the options of a build become."""
    found: list[trtx.BuildOptions | None] = []

    @click.command(cls=Command)
    @build_options
    def probe(build: trtx.BuildOptions | None) -> None:
        found.append(build)

    result = CliRunner().invoke(probe, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return found[0]


def test_table_and_fields_are_the_same() -> None:
    assert unlisted_fields() == set()
    assert {one.field for one in BUILD_OPTIONS} == {one.name for one in fields(trtx.BuildOptions)}


def test_nothing_given_is_none() -> None:
    assert parse() is None


CASES: list[tuple[list[str], dict[str, Any]]] = [
    (["--refit"], {"refit": True}),
    (["--refit-identical", "--strip"], {"refit_identical": True, "strip": True}),
    (["--refittable", "w", "--refittable", "b"], {"refittable": ("w", "b")}),
    (["--weight-streaming"], {"weight_streaming": True}),
    (["--tf32"], {"tf32": True}),
    (["--no-tf32"], {"tf32": False}),
    (["-O", "5"], {"optimization_level": 5}),
    (["--optimization-level", "0"], {"optimization_level": 0}),
    (
        ["--targets", "8.9,sm120,75"],
        {"compute_capabilities": tuple(trtx.ComputeCapability[name] for name in ("SM89", "SM120", "SM75"))},
    ),
    (["--compute-capabilities", "current"], {"compute_capabilities": (trtx.ComputeCapability.CURRENT,)}),
    (
        ["--memory-pool", "workspace=1GiB", "--memory-pool", "TACTIC_DRAM=5"],
        {"memory_pools": {trtx.MemoryPoolType.WORKSPACE: 1 << 30, trtx.MemoryPoolType.TACTIC_DRAM: 5}},
    ),
    (["--profiling-verbosity", "detailed"], {"profiling_verbosity": trtx.ProfilingVerbosity.DETAILED}),
    (["--build-route", "a=b"], {"build_route": "a=b"}),
    (["--max-aux-streams", "2"], {"max_aux_streams": 2}),
    (["--max-num-tactics", "2"], {"max_num_tactics": 2}),
    (["--avg-timing-iterations", "3"], {"avg_timing_iterations": 3}),
    (["--tiling-level", "FULL"], {"tiling_optimization_level": trtx.TilingOptimizationLevel.FULL}),
    (["--l2-limit-for-tiling", "2M"], {"l2_limit_for_tiling": 2 << 20}),
    (["--runtime-platform", "windows-amd64"], {"runtime_platform": trtx.RuntimePlatform.WINDOWS_AMD64}),
    (
        ["--preview-feature", "runtime-activation-resize-10-10"],
        {"preview_features": (trtx.PreviewFeature.RUNTIME_ACTIVATION_RESIZE_10_10,)},
    ),
    (
        ["--flag", "strict-nans", "--flag", "SPARSE_WEIGHTS"],
        {"flags": (trtx.BuilderFlag.STRICT_NANS, trtx.BuilderFlag.SPARSE_WEIGHTS)},
    ),
    (["--max-threads", "4"], {"max_threads": 4}),
    (
        ["--prepare", "--isolated", "--allow-outside-data"],
        dict.fromkeys(("prepare", "isolated", "allow_outside_data"), True),
    ),
    (["--shapes", "x:1x3,y:scalar"], {"shapes": [{"x": ((1, 3),) * 3, "y": ((),) * 3}]}),
    (["--max", "x:8x3"], {"shapes": [{"x": ((8, 3),) * 3}]}),
    (["--min", "x:1x3", "--max", "x:8x3"], {"shapes": [{"x": ((1, 3), (8, 3), (8, 3))}]}),
    (["--min", "x:1x3", "--opt", "x:2x3", "--max", "x:8x3"], {"shapes": [{"x": ((1, 3), (2, 3), (8, 3))}]}),
    (
        ["--min", "x:1", "--max", "x:2", "--min", "x:3", "--max", "x:4", "--shapes", "in:0:7"],
        {"shapes": [{"x": ((1,), (2,), (2,)), "in:0": ((7,),) * 3}, {"x": ((3,), (4,), (4,)), "in:0": ((7,),) * 3}]},
    ),
    (["--min-values", "size:1x1", "--max-values", "size:9x9"], {"shape_values": {"size": ((1, 1), (9, 9), (9, 9))}}),
]


@pytest.mark.parametrize(
    ("arguments", "expected"), CASES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_options_become_fields(arguments: list[str], expected: dict[str, Any]) -> None:
    assert parse(*arguments) == trtx.BuildOptions(**expected)


def test_every_option_has_a_case() -> None:
    words = {word for arguments, _ in CASES for word in arguments}
    without = [
        one.names for one in BUILD_OPTIONS if not words & {name for spelled in one.names for name in spelled.split("/")}
    ]
    # --opt-values is what --opt is.
    assert without == [("--opt-values",)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--shapes", "1x3"], ["'1x3' is not of the form NAME:1x3x224x224"]),
        (["--shapes", "x:"], ["not of the form"]),
        (["--shapes", ""], ["it is empty"]),
        (["--shapes", "x:1,3"], ["'x:1,3' is not of the form"]),
        (["--shapes", "x:1x-1"], ["below 0"]),
        (["--shapes", "x:1,x:2"], ["'x' is named twice"]),
        (["--min", "x:4", "--max", "x:2"], ["must grow"]),
        (["--min", "x:1x2", "--max", "x:2"], ["must grow"]),
        (["--min", "x:1", "--min", "x:2", "--max", "x:3"], ["2 least", "1 usual"]),
        (["--shapes", "x:1", "--max", "x:3"], ["in --shapes, and in --min"]),
        (["--shapes", "x:1", "--shapes", "x:2", "--shapes", "y:1", "--shapes", "y:1", "--shapes", "y:1"], ["profiles"]),
        (["--max-values", "n:1", "--max-values", "n:2"], ["the same in all profiles"]),
        (["--targets", "9.9"], ["'9.9' is no target", "8.9"]),
        (["-O", "6"], ["0<=x<=5"]),
        (["--memory-pool", "workspace"], ["POOL=SIZE"]),
        (["--memory-pool", "workspce=1"], ["did you mean 'workspace'?"]),
        (["--memory-pool", "workspace=much"], ["'much' is no number of bytes"]),
        (["--profiling-verbosity", "detaild"], ["did you mean 'detailed'?"]),
        (["--flag", "refit"], ["'refit' is none of"]),
        (["--max-threads", "0"], ["--max-threads"]),
    ],
)
def test_wrong_values_are_named(arguments: list[str], words: list[str]) -> None:
    with pytest.raises((click.UsageError, trtx.InvalidArgumentError)) as caught:
        parse(*arguments)
    text = caught.value.format_message() if isinstance(caught.value, click.UsageError) else str(caught.value)
    for word in words:
        assert word in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", 7), ("1k", 1024), ("1KiB", 1024), ("1.5G", 3 << 29), ("2 MiB", 2 << 20), ("1TB", 1 << 40), ("3b", 3)],
)
def test_sizes(text: str, expected: int) -> None:
    assert Bytes().convert(text, None, None) == expected


def test_names_with_colons_and_commas_within() -> None:
    assert Sizes().convert("input:0:1x2,b/c:3", None, None) == {"input:0": (1, 2), "b/c": (3,)}


def test_targets_are_written_as_people_do() -> None:
    assert [target(one) for one in trtx.ComputeCapability if one.name != "NONE"] == [
        *("current", "7.5", "8.0", "8.6", "8.9", "12.0", "12.1")
    ]


def test_engines_are_told_from_models(tmp_path: Any) -> None:
    for name, data, expected in (("a", b"vtrt1234", True), ("b", b"TRTXFAKE", True), ("c", b"\x08\x08", False)):
        (tmp_path / name).write_bytes(data)
        assert is_engine_file(str(tmp_path / name)) is expected
