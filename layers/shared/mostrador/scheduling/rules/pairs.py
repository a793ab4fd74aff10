"""The two resources of an appointment, one of each group, where its service needs both at once.

The groups may overlap, so the two must differ. A class that has begun to fill keeps its two resources: its next
booking gets the same two, and no other class gets either of them.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

Class = frozenset[str]
"""The ids of the appointments of a class that stand in one resource's agenda at a start."""
_NOBODY: Final[Class] = frozenset()


class Pair(NamedTuple):
    """A resource of each group; ``taken`` seats of their class are booked."""

    main: str
    second: str
    taken: int


def possible(mains: Sequence[str], seconds: Sequence[str], running: Mapping[str, Class], capacity: int) -> list[Pair]:
    """The pairs of free resources that can take a booking at one start, in the order of both groups.

    ``running`` has every resource of the groups, free or not, that has bookings of the same class at that start.
    """
    different = [(main, second) for main in mains for second in seconds if main != second]
    if capacity == 1:
        return [Pair(main, second, 0) for main, second in different]
    classes = [
        Pair(main, second, len(running.get(main, _NOBODY) | running.get(second, _NOBODY)))
        for main, second in different
        if _fits(main, second, running)
    ]
    return [pair for pair in classes if pair.taken < capacity]


def apart(mains: Sequence[str], seconds: Sequence[str]) -> tuple[list[str], list[str]]:
    """The resources of both groups that have a partner in the other: all of them, where no class has begun to fill."""
    if len({*mains, *seconds}) < 2 or not mains or not seconds:  # noqa: PLR2004 - it takes two
        return [], []
    only_main, only_second = set(mains) if len(mains) == 1 else set(), set(seconds) if len(seconds) == 1 else set()
    return [one for one in mains if one not in only_second], [one for one in seconds if one not in only_main]


def is_one_class(main: Class, second: Class) -> bool:
    """Whether both resources have the same class, or none."""
    return bool(main & second) or (not main and not second)


def _fits(main: str, second: str, running: Mapping[str, Class]) -> bool:
    """Whether the next booking of a class may stand in both agendas.

    A class without a known second resource, booked before its service needed one, may get any idle one.
    """
    in_main, in_second = running.get(main, _NOBODY), running.get(second, _NOBODY)
    if in_second or not in_main:
        return is_one_class(in_main, in_second)
    others = (class_ for resource_id, class_ in running.items() if resource_id != main)
    return not any(in_main & class_ for class_ in others)
