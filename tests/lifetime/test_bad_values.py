"""Wrong values, for every setter and method there is: an error that names what was wrong, or the value is there."""

from __future__ import annotations

from tests.lifetime.running import on_fake, on_real


def judged(printed: str, setters: int, methods: int) -> None:
    counts, *problems = printed.rstrip("\n").split("\n")
    seen, _, called = map(int, counts.split())
    assert seen >= setters
    assert called >= methods
    assert [problem for problem in problems if problem] == []


def test_handles() -> None:
    judged(on_fake("from tests.lifetime.bad_values import judge_handles\njudge_handles()"), 40, 60)


def test_parts_of_networks(native_library: str) -> None:
    printed = on_real("from tests.lifetime.bad_values import judge_parts\njudge_parts()")
    not_made, printed = printed.split("\n", 1)
    assert not_made == ""
    judged(printed, 150, 200)
