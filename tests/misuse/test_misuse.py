"""The battery for trtx: every case ends clean or ok."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from .case import Case, load_cases
from .runner import Report, run_case
from .verdict import BAD, Outcome, judge

CASES = load_cases()


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest, native_library: str) -> Iterator[dict[str, Future[Report]]]:
    """What becomes of the chosen cases: they run two at a time, ahead of their tests."""
    chosen = [item.callspec.params["case"] for item in request.session.items if _is_case(item)]
    with ThreadPoolExecutor(2) as pool:
        yield {case.name: pool.submit(run_case, case, "trtx") for case in chosen}
        pool.shutdown(cancel_futures=True)


def _is_case(item: pytest.Item) -> bool:
    return getattr(item, "originalname", "") == "test_misuse"


def test_the_battery_is_large() -> None:
    assert len(CASES) >= 60
    assert sum(len(case.variants) for case in CASES.values()) >= 300


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.only != "nvidia"], ids=lambda case: case.name)
def test_misuse(reports: dict[str, Future[Report]], case: Case) -> None:
    report = reports[case.name].result()
    assert len(report.outcomes) == len(case.variants)
    assert not report.lines("broken", *BAD)


@pytest.mark.parametrize(
    ("kind", "outcome", "verdict"),
    [
        ("misuse", Outcome(""), "silent"),
        ("either", Outcome(""), "ok"),
        ("misuse", Outcome("", "ValueError", "shape is (0,)"), "clean"),
        ("misuse", Outcome("", "ValueError", "bad"), "vague"),
        ("legal", Outcome("", "ValueError", "shape"), "vague"),
        ("legal", Outcome("", "Wrong", "other numbers"), "silent"),
        ("misuse", Outcome("", "NoAnswer", "answered None"), "vague"),
        ("misuse", Outcome("", "AttributeError", "'NoneType' object has no attribute 'shape'"), "vague"),
        ("misuse", Outcome("", "TypeError", "f(): incompatible function arguments (shape: Dims)"), "vague"),
        ("misuse", Outcome("", "Crashed", "SIGSEGV", fate="crash"), "crash"),
        ("misuse", Outcome("", "Hung", "in the child"), "hang"),
    ],
)
def test_rules(kind: str, outcome: Outcome, verdict: str) -> None:
    case = Case("name", "title", lambda api: iter(()), kind, names=("shape",))  # type: ignore[arg-type,return-value]
    assert judge(case, outcome) == verdict
