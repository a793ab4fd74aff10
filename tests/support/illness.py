"""Somebody is ill: people, a service, the block of a day, the proposals for it and the moves that carry them out."""

from datetime import timedelta

from mostrador import clock
from mostrador.scheduling import appointments, blocks, proposals, reassigning, resources, services
from mostrador.scheduling.views.blocks import NewBlock
from mostrador.scheduling.views.reassigning import Move, ProposalsView
from mostrador.scheduling.views.services import NewResource, NewService
from tests.support import snapshots, till
from tests.support.days import shifted

BLOCKS = "/tenant/salon/api/blocks"
DAY = shifted("2026-12-01")
HOUR, DAYS = timedelta(hours=1), timedelta(days=1)
NINE = till.NINE


@snapshots.kept
def people(now, *names):
    return [resources.create("salon", NewResource(name=name), key=None, now=now).id for name in names]


def offer(now, of, **more):
    form = {"name": "Corte", "duration_minutes": 60, "price": "80000", "resource_ids": of} | more
    return services.create("salon", NewService(**form), key=None, now=now)


def ill(who, now, until=DAY):
    form = {"title": "Enferma", "from": DAY, "to": until, "resource_ids": [who], "even_if_booked": True}
    return blocks.create("salon", NewBlock.model_validate(form), actor_name="eva", key=None, now=now).block


def proposed(block, now, days=7):
    """Appointment id -> the move that is proposed for it, or None."""
    view = ProposalsView.model_validate(proposals.propose("salon", block.id, days=days, now=now))
    return {one.appointment.appointment_id: one.move for one in view.items}


def places(moves):
    return [move and (move.scheduled_at.astimezone(NINE.tzinfo), move.resource_id) for move in moves.values()]


def sent(move, **more):
    return Move.model_validate(move.model_dump() | more)


def carry_out(block, moves, now=None):
    chosen = [move if isinstance(move, Move) else sent(move) for move in moves]
    return reassigning.reassign("salon", block.id, chosen, actor_name="eva", clock=clock.now)


def results(outcomes):
    return [outcome.result.value for outcome in outcomes]


def get(visit, now):
    return appointments.get("salon", visit.id, now=now)


def book(of, now, hour, who, number=0, **more):
    phone = f"0981 {200000 + hour * 100 + number}"
    return till.book(of, now, at=NINE + (hour - 9) * HOUR, resource_id=who, phone=phone, **more)
