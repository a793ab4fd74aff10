"""Whether the audit log still is what its chain was made from, on plain values, stretch by stretch.

Lines and links come in the order of the lines' sort keys, which is nearly, but not quite, the order in which they were
linked. So links are put together in whatever order they come, and only loose ends are kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain as joined
from typing import Any, Final, Self

from mostrador.audit.rules.chain import Line, Link, genesis, seal

GRACE: Final = timedelta(minutes=5)
"""A line is linked, and was seen, within this time of what it tells; any other is one to ask about."""
MOST_ENDS: Final = 40
"""Loose ends that an order of reading may leave; more are a chain in pieces."""


class Problem(StrEnum):
    """``broken``: a link does not follow from the one before it. ``head``: what is noted as the last link is not.

    ``rewritten``: the chain no longer has the link that the caller once noted down.
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
    """What is wrong at ``sk``; ``expected``: the digest of the line that belongs there, ``found``: of what is there."""

    problem: Problem
    sequence: int | None = None
    sk: str = ""
    expected: str = ""
    found: str = ""


@dataclass(slots=True)
class Progress:
    """How far a verification has come, to go on from.

    ``head``: sequence and digest of the last link, read before any other. ``begins``: sequence of a link whose
    predecessor has not come -> its ``previous`` and ``sk``. ``ends``: of one whose successor has not -> its digest.
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
    def starting(cls, slug: str, head: tuple[int, str], after: str) -> Self:
        """Before the first link, when ``head`` is the last; ``after`` is before every sort key."""
        return cls(head, ends={0: genesis(slug)}, has_head=head[0] == 0, after=after)

    def packed(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> Self:
        """What was packed, before or after JSON carried it."""
        begins = {int(number): tuple(begin) for number, begin in packed["begins"].items()}
        ends = {int(number): digest for number, digest in packed["ends"].items()}
        return cls(**{**packed, "head": tuple(packed["head"]), "begins": begins, "ends": ends})

    def is_torn(self) -> bool:
        """Whether the chain is in so many pieces that there is no point in going on."""
        return len(self.begins) + len(self.ends) > MOST_ENDS

    def look(
        self, links: Iterable[Link], lines: Mapping[str, Line], *, newest: str, old: str, future: str
    ) -> Iterator[Finding]:
        """Compare the links and the lines of one stretch.

        ``newest`` is a sort key that the chain knows behind which there may be more; lines before ``old`` should be
        linked, and there should be none from ``future`` on.
        """
        known = set()
        for link in links:
            known.add(link.sk)
            self.linked += 1
            self.caught_up += not link.seen_at
            yield from joined(self._joined(link), _compared(link, lines.get(link.sk)))
        self.lines += len(lines)
        for sk in sorted(lines.keys() - known):
            if sk < min(newest, old) or sk >= future:
                yield Finding(Problem.INSERTED, None, sk, found=lines[sk].digest)
            else:
                self.unlinked += sk < old

    def _joined(self, link: Link) -> Iterator[Finding]:
        """Put ``link`` to those that came before."""
        number = link.sequence
        is_sealed = link.digest == seal(link.previous, link.sk, link.line, link.seen_at)
        if not is_sealed or number in self.begins or number in self.ends:
            yield Finding(Problem.BROKEN, number, link.sk)
        before, after = self.ends.pop(number - 1, None), self.begins.pop(number + 1, None)
        if before is None:
            self.begins[number] = link.previous, link.sk
        elif before != link.previous:
            yield Finding(Problem.BROKEN, number, link.sk)
        if after is None:
            self.ends[number] = link.digest
        elif after[0] != link.digest:
            yield Finding(Problem.BROKEN, number + 1, after[1])
        if number == self.head[0]:
            self.has_head = True
            if link.digest != self.head[1]:
                yield Finding(Problem.HEAD, number, link.sk)
        self.highest = max(self.highest, number)

    def gaps(self, *, is_all: bool) -> Iterator[Finding]:
        """What no link came for: up to the head where all have come, else among those that have."""
        last = self.head[0] if is_all else min(self.head[0], self.highest)
        ends = sorted(number for number in self.ends if number <= last)
        for begin in sorted(number for number in self.begins if number <= last):
            before = max((number for number in ends if number < begin), default=None)
            if before is None:
                yield Finding(Problem.BROKEN, begin, self.begins[begin][1])
            else:
                ends.remove(before)
                yield from (Finding(Problem.REMOVED, number) for number in range(before + 1, begin))
        if is_all and not self.has_head:
            yield from (Finding(Problem.REMOVED, number) for number in range(max(ends, default=0) + 1, last + 1))


def _compared(link: Link, line: Line | None) -> Iterator[Finding]:
    """The line that ``link`` is for with what the chain knows of it."""
    if line is None:
        yield Finding(Problem.REMOVED, link.sequence, link.sk, expected=link.line)
    elif line.digest != link.line:
        yield Finding(Problem.CHANGED, link.sequence, link.sk, expected=link.line, found=line.digest)
    elif not line.sk.startswith(f"{line.at}#"):
        yield Finding(Problem.CHANGED, link.sequence, link.sk)
    elif link.seen_at and not _is_near(line.at, link.seen_at):
        yield Finding(Problem.INSERTED, link.sequence, link.sk, found=line.digest)


def _is_near(told: str, seen: str) -> bool:
    try:
        return abs(datetime.fromisoformat(told) - datetime.fromisoformat(seen)) <= GRACE
    except (ValueError, TypeError):
        return False


def mark_reordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, each once; a line that is gone from one place and found in another was reordered."""
    once = list(dict.fromkeys(findings))
    moved = {one.expected for one in once if one.expected} & {one.found for one in once if one.found}
    return [replace(one, problem=Problem.REORDERED) if moved & {one.expected, one.found} else one for one in once]
