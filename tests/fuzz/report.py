"""The outcome of a run as text, and what of it is wrong."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.fuzz.run import Outcome

WITHOUT_SUCCESS: Final[dict[str, str]] = {}
"""Operations that may go without a success -> why."""
UNREACHED: Final = frozenset({401, 404})
"""What the gateway answers too."""
MOST_SHOWN: Final = 25


def text(outcome: Outcome) -> str:
    """One line for each operation: how many cases, and how often each status."""
    lines = [_line(name, counts) for name, counts in sorted(outcome.statuses.items())]
    total: Counter[int] = sum(outcome.statuses.values(), Counter())
    heading = f"{outcome.cases} cases, {len(outcome.statuses)} operations, {len(outcome.violations)} violations"
    return "\n".join([*lines, _line(heading, total)])


def _line(name: str, counts: Counter[int]) -> str:
    statuses = "  ".join(f"{status}: {count}" for status, count in sorted(counts.items()))
    return f"{name:42} {counts.total():6}   {statuses}"


def faults(outcome: Outcome, operations: set[str]) -> list[str]:
    """Everything that makes the run a failure."""
    return [*outcome.broken[:MOST_SHOWN], *_violations(outcome), *_unreached(outcome, operations)]


def _violations(outcome: Outcome) -> Iterator[str]:
    kinds = {(one.operation, one.check, one.message[:60]): one for one in outcome.violations}
    for one in list(kinds.values())[:MOST_SHOWN]:
        yield f"{one.operation}: {one.check}: {one.message}\n{one.request}\n{one.answer}\n"


def _unreached(outcome: Outcome, operations: set[str]) -> Iterator[str]:
    for name in sorted(operations):
        statuses = outcome.statuses.get(name, Counter[int]()).keys()
        if not statuses - UNREACHED:
            yield f"{name} was not reached: {sorted(statuses)}"
        elif name not in WITHOUT_SUCCESS and not any(200 <= status < 300 for status in statuses):
            yield f"{name} had no success: {sorted(statuses)}"
