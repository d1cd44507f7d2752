"""The rules: what became of a misuse, in one word.

crash
    The process died by a signal.
hang
    It was over the time limit.
silent
    No exception, and no answer by which a caller could notice; or a legal program with a wrong outcome.
vague
    The caller can notice, but not find the culprit: an exception whose message names none of the case's words, one of a
    useless kind (``AttributeError`` of ``NoneType``, pybind11's ``TypeError: incompatible function arguments``, whose
    message lists every argument and says of none that it is wrong), None or False instead of a result, or a legal
    program that is refused.
clean
    An exception that names the culprit; or the very exception that the caller's own code raised.
ok
    The program is legal and works.

A case has one verdict, its worst variant's.
"""

from __future__ import annotations

from dataclasses import dataclass

from .case import Case

#: Worst first.
VERDICTS = ("crash", "hang", "silent", "vague", "clean", "ok")
#: What the project promises to be free of.
BAD = VERDICTS[:4]


class Wrong(Exception):
    """Raised by a case whose program went on without an exception, but not as it should."""


class NoAnswer(Exception):
    """Raised by a case that got None or False instead of a result, and no reason with it."""


class Hung(Exception):
    """Raised by a case whose child process, or thread, did not come back."""


class Crashed(Exception):
    """Raised by a case whose child process died by a signal."""


_OF_CASES = {"Wrong": "silent", "NoAnswer": "vague", "Hung": "hang", "Crashed": "crash"}
_USELESS = (
    ("AttributeError", "'NoneType' object"),
    ("TypeError", "incompatible function arguments"),
    ("TypeError", "incompatible constructor arguments"),
)


@dataclass(frozen=True)
class Outcome:
    """What a variant did.

    Attributes
    ----------
    variant
        Name of the variant.
    raised
        Name of the exception's class; empty if there was none.
    message
        Its message.
    logged
        Whether the library wrote to its log meanwhile.
    fate
        "" for a variant that ended, else "crash", "hang" or "broken": the case's own preparation failed.
    """

    variant: str
    raised: str = ""
    message: str = ""
    logged: bool = False
    fate: str = ""


def judge(case: Case, outcome: Outcome) -> str:
    """The verdict on one variant, or "broken" where the case itself is wrong."""
    if outcome.fate:
        return outcome.fate
    if not outcome.raised:
        return "silent" if case.kind == "misuse" else "ok"
    if outcome.raised in _OF_CASES:
        return _OF_CASES[outcome.raised]
    if case.raises:
        return "clean" if outcome.raised == case.raises else "vague"
    if case.kind == "legal":
        return "vague"
    if any(outcome.raised == kind and words in outcome.message for kind, words in _USELESS):
        return "vague"
    message = outcome.message.lower()
    return "clean" if any(word.lower() in message for word in case.words(outcome.variant)) else "vague"


def worst(verdicts: list[str]) -> str:
    return min(verdicts, key=("broken", *VERDICTS).index)
