"""Things that only time makes, made by the use cases with an earlier now: raffles past their draw, bookings past.

A process of its own, as the seed: the package reads its settings from the environment when it is imported.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from local.stack import ROOT, Stack, environment
from mostrador import context
from mostrador.raffles import drafts, draws, raffles, reservations
from mostrador.raffles.views.draws import Evidence, Opening
from mostrador.raffles.views.orders import NewOrder
from mostrador.raffles.views.raffles import NewRaffle
from mostrador.scheduling import availability, booking
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment
from tests.support.raffles import body

SECRET: Final = bytes(range(32)).hex()
OF_EACH: Final = 8
Made = dict[str, list[Any]]


def made(stack: Stack, slug: str, service_id: str) -> Made:
    """Ids by the operation that needs them."""
    settings = environment(stack.endpoint) | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "layers" / "shared"), str(ROOT)]),
        "TABLE_NAME": stack.table_name,
        "INTEGRATION_KEY": stack.integration_key,
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",  # its answer is on standard output, where the log goes too
        "SIGNING_KEY": "nothing that this process makes is signed",
    }
    command = [sys.executable, "-m", "tests.fuzz.past", slug, service_id]
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def main() -> int:

    slug, service_id = sys.argv[1:]
    with context.working(slug, context.SYSTEM):
        print(json.dumps(_past(slug, service_id, datetime.now(UTC).replace(microsecond=0))))  # noqa: T201 - the answer
    return 0


def _past(slug: str, service_id: str, now: datetime) -> Made:
    earlier = now - timedelta(days=9)
    due = [_frozen(slug, earlier) for _ in range(OF_EACH)]
    drawn = [_drawn(slug, earlier) for _ in range(OF_EACH)]
    return {
        "due_raffle_id": due,
        "drawn_raffle_id": drawn,
        "won_order_id": [_winning_order(slug, earlier) for _ in range(OF_EACH)],
        "near_appointment_id": _near(slug, service_id, now),
        "begun_appointment_id": [_begun(slug, service_id, earlier, number) for number in range(4 * OF_EACH)],
    }


def _frozen(slug: str, now: datetime, claim_days: int = 1) -> str:
    """A raffle that was sold and frozen, whose draw is due; nobody has told the secret."""

    raffle = drafts.create(slug, NewRaffle(**body(now, claim_days=claim_days)), actor_name="past", key=None, now=now)
    digest = sha256(bytes.fromhex(SECRET)).hexdigest()
    opening = Opening(method={"name": "commit_reveal", "secret_sha256": digest})
    raffles.open_sale(slug, raffle.id, opening, now=now)
    bought = NewOrder(count=4, customer={"name": "María Fernández"}, paid={"method": "CASH"})
    reservations.sell(slug, raffle.id, bought, actor_name="past", key=None, now=now)
    raffles.close(slug, raffle.id, now=raffle.sale_closes_at)
    raffles.freeze(slug, raffle.id, now=raffles.freezes_at(raffle))
    return str(raffle.id)


def _drawn(slug: str, now: datetime) -> str:
    """Drawn more days ago than winners had to claim their prizes."""

    raffle_id = _frozen(slug, now)
    draw_at = raffles.get(slug, raffle_id, now=now).draw_at
    draws.draw(slug, raffle_id, Evidence(secret=SECRET), now=draw_at)
    return raffle_id


def _winning_order(slug: str, now: datetime) -> str:
    """The order that won a prize, which may still be claimed."""

    raffle_id = _frozen(slug, now, claim_days=300)
    draw_at = raffles.get(slug, raffle_id, now=now).draw_at
    (first, *_) = draws.draw(slug, raffle_id, Evidence(secret=SECRET), now=draw_at).draws or []
    return str(first["winners"][0]["order_id"])


def _begun(slug: str, service_id: str, now: datetime, number: int) -> str:

    days = {"from": (now + timedelta(days=1)).date().isoformat(), "to": (now + timedelta(days=6)).date().isoformat()}
    query = AvailabilityQuery(service=service_id, **days)
    starts = availability.find(slug, query, now=now).slots
    return _confirmed(slug, service_id, starts[number].starts_at, number, now)


def _confirmed(slug: str, service_id: str, at: datetime, number: int, now: datetime) -> str:
    person = {"name": "Ana López", "phone": f"0981 {700000 + number}"}
    form = NewAppointment(
        service_id=service_id, scheduled_at=at.isoformat(), customer_data=person, status="CONFIRMED"
    )  # fmt: skip
    return str(booking.book(slug, form, actor_name="past", key=None, now=now).id)


def _near(slug: str, service_id: str, now: datetime) -> list[str]:
    """Appointments that begin within half a day of now, made days before."""
    earlier, near = now - timedelta(days=2), timedelta(hours=11)
    days = {"from": (now - timedelta(days=1)).date().isoformat(), "to": (now + timedelta(days=1)).date().isoformat()}
    found = availability.find(slug, AvailabilityQuery(service=service_id, **days), now=earlier).slots
    starts = [slot.starts_at for slot in found if abs(slot.starts_at - now) <= near][: 2 * OF_EACH]
    return [_confirmed(slug, service_id, at, number, earlier) for number, at in enumerate(starts)]


if __name__ == "__main__":
    sys.exit(main())
