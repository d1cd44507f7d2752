"""Every case of `layer_cases` is built on the CPU; `tests/gpu/test_gpu_layers.py` runs them."""

from __future__ import annotations

import pytest

import trtx
from tests.helpers import layer_cases, layer_cases_dense, layer_cases_more
from tests.helpers.layer_cases import Case

CASES = [*layer_cases.CASES, *layer_cases_dense.CASES, *layer_cases_more.CASES]
PAIRS = [pytest.param(case, dtype, id=f"{case.name}-{dtype.name}") for case in CASES for dtype in case.dtypes]


@pytest.mark.parametrize(("case", "dtype"), PAIRS)
def test_a_case_is_built(
    case: Case, dtype: trtx.DataType, builder: trtx.Builder, network: trtx.NetworkDefinition
) -> None:
    case.network(network, dtype)
    output = network.get_output(0)
    expected = case.expected(dtype)
    assert output.shape == expected.shape
    with builder.build_serialized_network(network, builder.create_config()) as memory:
        assert memory.nbytes


def test_names_are_different() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) > 80


def test_a_case_has_the_layer_that_it_is_for(builder: trtx.Builder) -> None:
    for case in CASES:
        with builder.create_network() as network:
            case.network(network, case.dtypes[0])
            assert case.layer in {layer.layer_type for layer in network.layers}, case.name


#: Layers that no engine has by themselves, and why.
WITHOUT_A_CASE = {
    trtx.LayerType.DIST_COLLECTIVE: "needs several GPUs",
    trtx.LayerType.MOE: "no kernel",
    trtx.LayerType.NMS: "no kernel",
    trtx.LayerType.NON_ZERO: "no kernel",
}


def test_every_layer_has_a_case_or_a_reason(builder: trtx.Builder) -> None:
    seen: set[trtx.LayerType] = set()
    for case in CASES:
        with builder.create_network() as network:
            case.network(network, case.dtypes[0])
            seen |= {layer.layer_type for layer in network.layers}
    assert not seen & WITHOUT_A_CASE.keys()
    missing = {kind.name for kind in trtx.LayerType} - {kind.name for kind in seen | WITHOUT_A_CASE.keys()}
    assert missing == {"ASSERTION", "PLUGIN", "PLUGIN_V2", "PLUGIN_V3", "RAGGED_SOFTMAX"}
