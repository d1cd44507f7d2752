"""Bounded runs of the fuzzers, with fixed seeds; ``python -m tests.fuzz --seconds N`` goes on with others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.campaign import Campaign, fuzz_bytes, fuzz_calls

SECONDS = 120


def check(campaign: Campaign, least: int) -> None:
    if campaign.unavailable:
        pytest.skip(campaign.unavailable)
    assert campaign.findings == [], str(campaign)
    # Fewer only where the machine is too slow for all of them in time.
    assert campaign.cases >= least or campaign.seconds >= SECONDS, str(campaign)


def test_any_sequence_of_calls() -> None:
    pytest.importorskip("hypothesis")
    check(fuzz_calls(1, SECONDS, examples=40, at_once=40), 500)


def test_engines_of_any_bytes(native_library: str, tmp_path: Path) -> None:
    check(fuzz_bytes("engine", 1, 1500, SECONDS, tmp_path), 1500)


def test_models_of_any_bytes_and_fields(native_library: str, tmp_path: Path) -> None:
    check(fuzz_bytes("model", 1, 2500, SECONDS, tmp_path), 2500)


def test_runtime_caches_of_any_bytes(native_library: str, tmp_path: Path) -> None:
    check(fuzz_bytes("cache", 1, 500, SECONDS, tmp_path), 500)


def test_what_ends_a_process_is_found(native_library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fuzzer that sees nothing is worth nothing."""
    monkeypatch.setenv("TRTX_FUZZ_ABORT_AT", "0")
    campaign = fuzz_bytes("engine", 1, 2, 30, tmp_path)
    # Each process aborts, and counts as one case.
    assert campaign.cases == len(campaign.findings) == 2
    assert all("exit status -6" in finding for finding in campaign.findings)
    assert len(list(tmp_path.iterdir())) == 2
