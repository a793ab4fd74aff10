"""The step of a raffle that is due by itself: close the sale, freeze the list, draw by the beacon."""

from datetime import datetime

from mostrador.raffles import draws, raffles, redraws
from mostrador.raffles.rules import draw
from mostrador.raffles.rules.states import RaffleStatus
from mostrador.table.items.raffles import Raffle


def take(tenant: str, raffle_id: str, *, now: datetime) -> bool:
    """Do what is due; returns whether any step was.

    A close is followed by the freeze at once where that is due too: after a pause of the sweeper the freeze may still
    precede the draw. A list that was frozen too late has its redraw announced. Raises what the step raises.
    """
    from mostrador.raffles.views.draws import Evidence  # noqa: PLC0415 - the sweeper does without pydantic otherwise

    raffle = raffles.get(tenant, raffle_id, now=now)
    if raffle.status == RaffleStatus.OPEN and now >= raffle.sale_closes_at:
        raffle = raffles.close(tenant, raffle_id, now=now)
        if now >= raffles.freezes_at(raffle):
            _freeze(tenant, raffle_id, now)
    elif raffle.status == RaffleStatus.CLOSED and not raffle.frozen_at:
        _freeze(tenant, raffle_id, now)
    elif raffle.status in (RaffleStatus.CLOSED, RaffleStatus.DRAWN) and draws.next_commitment(raffle) is not None:
        if _is_void(raffle):
            redraws.announce_after_late_freeze(tenant, raffle_id, now=now)
        else:
            draws.draw(tenant, raffle_id, Evidence(), now=now)
    else:
        return False
    return True


def _freeze(tenant: str, raffle_id: str, now: datetime) -> None:
    if _is_void(raffles.freeze(tenant, raffle_id, now=now)):
        redraws.announce_after_late_freeze(tenant, raffle_id, now=now)


def _is_void(frozen: Raffle) -> bool:
    """Whether the next draw of a raffle is void because its list was frozen too late."""
    commitment = draws.next_commitment(frozen)
    return commitment is not None and draw.is_frozen_too_late(frozen.frozen_at, commitment)
