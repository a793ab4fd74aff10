"""Door: after an update of tzdata, what it shifts; called by hand, and each night to look; see docs/operations.md."""

from datetime import timedelta
from typing import Final, NotRequired, TypedDict

from mostrador import clock
from mostrador.background import clock_changes
from mostrador.background.clock_changes import Report, Wanted
from mostrador.observability import logger

BUDGET: Final = timedelta(minutes=13)


class Event(TypedDict):
    """``apply``: move. ``record``: store missing times on the clock. ``tenant``: only that one.

    ``watch``: ring where anything is shifted. ``after``: go on behind that tenant. ``former``: zones under earlier
    rules, name -> compiled file in base64.
    """

    apply: NotRequired[bool]
    record: NotRequired[bool]
    watch: NotRequired[bool]
    tenant: NotRequired[str]
    after: NotRequired[str]
    former: NotRequired[dict[str, str]]


def handler(event: Event, _context: object) -> Report:
    """List what the zones' rules shift, and where asked move it; returns the counts and the list."""
    wanted = Wanted(
        is_applied=event.get("apply") is True,
        is_recorded=event.get("record") is True,
        is_watch=event.get("watch") is True,
        only=event.get("tenant", ""),
        after=event.get("after", ""),
        former=clock_changes.zones(event.get("former", {})),
    )
    report = clock_changes.run(wanted, clock=clock.now, until=clock.now() + BUDGET)
    logger.info("clocks compared", extra={name: value for name, value in report.items() if name != "shifted"})
    return report
