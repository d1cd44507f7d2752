"""`StreamWriter` and what is taken in its place, on the real library."""

from __future__ import annotations

import io

import pytest

import trtx


@pytest.fixture
def network(builder: trtx.Builder) -> trtx.NetworkDefinition:
    network = builder.create_network()
    tensor = network.add_input("x", trtx.DataType.FLOAT, (2, 2))
    network.mark_output(network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0))
    return network


class Pieces(trtx.StreamWriter):
    """Does not call ``super().__init__``, as users forget that."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self.pieces.append(data)
        return len(data)


def test_a_class_a_file_and_a_function(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    expected = len(builder.build_serialized_network(network, config))
    writer, file, pieces = Pieces(), io.BytesIO(), Pieces()
    for one in (writer, file, pieces.write):
        assert builder.build_serialized_network_to_stream(network, config, one)
    assert sum(map(len, writer.pieces)) == len(file.getvalue()) == sum(map(len, pieces.pieces)) == expected


def test_what_a_function_raises(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    def full(data: bytes) -> int:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        builder.build_serialized_network_to_stream(network, config, full)


@pytest.mark.parametrize("writer", [None, 5, "path", io.BytesIO, trtx.StreamWriter])
def test_anything_else_is_refused(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig, writer: object
) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match="writer is"):
        builder.build_serialized_network_to_stream(network, config, writer)  # type: ignore[arg-type]


def test_a_misspelt_method(builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    class Typo(trtx.StreamWriter):
        def wirte(self, data: bytes) -> int:
            return len(data)

    with pytest.raises(trtx.InvalidArgumentError, match="did you mean 'write'"):
        builder.build_serialized_network_to_stream(network, config, Typo())
