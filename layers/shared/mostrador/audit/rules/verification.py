"""Verification of the audit log against its chain, on plain values, one stretch at a time.

Lines and links come in the order of the lines' sort keys. They were linked in nearly, but not quite, that order. So
links are joined in any order, and only the ends of the joined pieces are kept.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from mostrador.audit.rules.chain import Line, Link, genesis, seal

GRACE: Final = timedelta(minutes=5)
"""A line is linked, and the stream brought it, within this time of its own ``at``; any other line is suspicious."""
MOST_ENDS: Final = 40
"""Ends of pieces that the order of reading may leave; more are a fragmented chain."""


class LogProblem(StrEnum):
    """``broken``: a link does not follow from the one before it. ``head``: the stored head is not the last link.

    ``rewritten``: the chain no longer has the link that the caller noted earlier.
    """

    REMOVED = "removed"
    CHANGED = "changed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    BROKEN = "broken"
    HEAD = "head"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem at ``sk``; ``expected`` is the digest of the line that belongs there, ``found`` of the line there."""

    problem: LogProblem
    sequence: int | None = None
    sk: str = ""
    expected: str = ""
    found: str = ""


@dataclass(slots=True)
class Progress:
    """The progress of a verification, from which the next request continues.

    ``head``: sequence and digest of the last link, read before any other. ``begins``: the sequence of each link whose
    predecessor has not come -> its ``previous`` and ``sk``. ``ends``: the sequence of each link whose successor has not
    come -> its digest. ``after``: the sort key of the last line read.
    """

    head: tuple[int, str]
    begins: dict[int, tuple[str, str]] = field(default_factory=dict)
    ends: dict[int, str] = field(default_factory=dict)
    highest: int = 0
    has_head: bool = False
    after: str = ""
    lines: int = 0
    linked: int = 0
    caught_up: int = 0
    unlinked: int = 0
    wrong: int = 0

    @classmethod
    def begin(cls, slug: str, head: tuple[int, str], after: str) -> Self:
        """Before the first link, when ``head`` is the last; ``after`` is before every sort key."""
        return cls(head, ends={0: genesis(slug)}, has_head=head[0] == 0, after=after)

    def to_json(self) -> dict[str, object]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The progress from ``to_json``, before or after it was written as text."""
        begins = {int(number): tuple(begin) for number, begin in fields["begins"].items()}
        ends = {int(number): digest for number, digest in fields["ends"].items()}
        return cls(**{**fields, "head": tuple(fields["head"]), "begins": begins, "ends": ends})

    def is_fragmented(self) -> bool:
        """Whether the chain is in so many pieces that reading on is pointless."""
        return len(self.begins) + len(self.ends) > MOST_ENDS

    def compare(
        self, links: Iterable[Link], lines: Mapping[str, Line], *, newest: str, old: str, future: str
    ) -> Iterator[Finding]:
        """Compare the links and the lines of one stretch.

        ``newest`` is the sort key of the last link read; there may be more behind it. Lines before ``old`` should be
        linked, and no line should be from ``future`` on.
        """
        known = set()
        for link in links:
            known.add(link.sk)
            self.linked += 1
            self.caught_up += not link.seen_at
            yield from self._join(link)
            if problem := _compare_line(link, lines.get(link.sk)):
                yield problem
        self.lines += len(lines)
        for sk in sorted(lines.keys() - known):
            if sk < min(newest, old) or sk >= future:
                yield Finding(LogProblem.INSERTED, None, sk, found=lines[sk].digest)
            else:
                self.unlinked += sk < old

    def _join(self, link: Link) -> Iterator[Finding]:
        """Join ``link`` with the links before it and behind it that have come."""
        number = link.sequence
        is_sealed = link.digest == seal(link.previous, link.sk, link.line, link.seen_at)
        if not is_sealed or number in self.begins or number in self.ends:
            yield Finding(LogProblem.BROKEN, number, link.sk)
        before, after = self.ends.pop(number - 1, None), self.begins.pop(number + 1, None)
        if before is None:
            self.begins[number] = link.previous, link.sk
        elif before != link.previous:
            yield Finding(LogProblem.BROKEN, number, link.sk)
        if after is None:
            self.ends[number] = link.digest
        elif after[0] != link.digest:
            yield Finding(LogProblem.BROKEN, number + 1, after[1])
        if number == self.head[0]:
            self.has_head = True
            if link.digest != self.head[1]:
                yield Finding(LogProblem.HEAD, number, link.sk)
        self.highest = max(self.highest, number)

    def find_gaps(self, *, is_all: bool) -> Iterator[Finding]:
        """The missing links: up to the head where all links have come, else between those that have."""
        last = self.head[0] if is_all else min(self.head[0], self.highest)
        ends = _up_to(last, self.ends)
        for begin in _up_to(last, self.begins):
            place = bisect_left(ends, begin)
            if place == 0:
                yield Finding(LogProblem.BROKEN, begin, self.begins[begin][1])
            else:
                yield from _removed(ends.pop(place - 1) + 1, begin)
        if is_all and not self.has_head:
            yield from _removed(max(ends, default=0) + 1, last + 1)


def _up_to(last: int, numbers: Iterable[int]) -> list[int]:
    return sorted(number for number in numbers if number <= last)


def _removed(first: int, end: int) -> Iterator[Finding]:
    return (Finding(LogProblem.REMOVED, number) for number in range(first, end))


def _compare_line(link: Link, line: Line | None) -> Finding | None:
    """The problem of the line of ``link``, against the chain's record of it; None where there is none."""
    if line is None:
        return Finding(LogProblem.REMOVED, link.sequence, link.sk, expected=link.line)
    if line.digest != link.line:
        return Finding(LogProblem.CHANGED, link.sequence, link.sk, expected=link.line, found=line.digest)
    if not line.sk.startswith(f"{line.at}#"):
        return Finding(LogProblem.CHANGED, link.sequence, link.sk)
    if link.seen_at and not _is_near(line.at, link.seen_at):
        return Finding(LogProblem.INSERTED, link.sequence, link.sk, found=line.digest)
    return None


def _is_near(at: str, seen_at: str) -> bool:
    try:
        return abs(datetime.fromisoformat(at) - datetime.fromisoformat(seen_at)) <= GRACE
    except (ValueError, TypeError):
        return False


def mark_reordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, each once; a line removed from one place and found in another is REORDERED."""
    unique = list(dict.fromkeys(findings))
    moved = {finding.expected for finding in unique} & {finding.found for finding in unique} - {""}
    return [
        replace(finding, problem=LogProblem.REORDERED) if moved & {finding.expected, finding.found} else finding
        for finding in unique
    ]
