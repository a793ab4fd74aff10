"""A business in which every example of the reference can be sent: real things for its placeholders.

``made`` gives the values of most operations. ``STATES`` changes them for the operations, or single examples, that need
another state of things: each gets the world and returns the values that differ.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from local import reference_texts
from mostrador.audit import chain, log
from mostrador.audit.views.audit import VerifyQuery
from mostrador.ledger import tills
from mostrador.ledger.views.receipts import Receipt
from mostrador.ledger.views.tills import NewTill
from mostrador.payments import payment_links
from mostrador.people import api_keys, customers
from mostrador.people.views.api_keys import NewKey
from mostrador.people.views.customers import NewCustomer
from mostrador.raffles import order_links
from mostrador.scheduling import (
    appointments,
    blocks,
    booking,
    conclusions,
    ical_feeds,
    manage_links,
    payment_reviews,
    prices,
    recurring,
    resources,
    special_days,
    waiting_list,
)
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.blocks import NewBlock
from mostrador.scheduling.views.ical_feeds import NewFeed
from mostrador.scheduling.views.prices import NewExtra
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.scheduling.views.services import NewResource
from mostrador.scheduling.views.special_days import NewClosure
from mostrador.scheduling.views.waiting_list import NewWaiting
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import bank, calendars, gateway, snapshots, teams, till
from tests.support import orders as shop
from tests.support import raffles as drawing
from tests.support.days import shifted

SLUG: Final = "salon"
TRANSFER: Final = {
    "bank": "Banco Itaú",
    "account": "720012345",
    "holder": "Salón Ñandutí SRL",
    "document": "80012345-0",
}
SHOWN: Final = reference_texts.load().placeholders


@dataclass
class World:
    """The values of the placeholders, and the time at which the example is sent."""

    values: dict[str, Any]
    now: datetime
    google: Any = None

    def start(self) -> datetime:
        return datetime.fromisoformat(self.values["start"])


State = Callable[[World], dict[str, Any]]
STATES: dict[str, State] = {}


def state(*names: str) -> Callable[[State], State]:
    """For these operations (``raffles.get``) or examples (``raffles.draw.secret``)."""

    def register(make: State) -> State:
        STATES.update(dict.fromkeys(names, make))
        return make

    return register


def made(now: datetime) -> dict[str, Any]:
    """The values of every placeholder; dates are as many days later as today is."""
    times = {name: shifted(value) for name, value in SHOWN.items() if re.match(r"\d{4}-\d\d-\d\d", str(value))}
    times["year"] = now.year + 1
    plain = {name: SHOWN[name] for name in ("place", "number", "google_private_key", "secret", "secret_sha256")}
    found = plain | times | snapshots.once("example world", lambda: _things(now, times))
    missing = SHOWN.keys() - found.keys()
    return found | {name: f"no state makes a {name}" for name in missing}


def _things(now: datetime, times: dict[str, Any]) -> dict[str, Any]:
    tenants.change(SLUG, TenantChanges.model_validate({"transfer_details": TRANSFER}), seen=None, now=now)
    first = reads.everything(*keys.resource(SLUG, ""))[0]
    room = resources.create(SLUG, NewResource(name="Sala"), key=None, now=now)
    service = till.service(now, resource_ids=[first.id], price="80000", deposit_percent=50)
    person = NewCustomer(name="Liz Ayala", phone="0985 111 222")
    customer = customers.create(SLUG, person, key=None, now=now)
    wait = NewWaiting(
        service_id=service.id, date=times["date"], customer_data={"name": "Hugo", "phone": "0985 333 222"}
    )
    waiting = waiting_list.join(SLUG, wait, actor_name="eva", key=None, now=now)
    feed = ical_feeds.create(SLUG, NewFeed(), actor_name="eva", now=now)
    closure = NewClosure(name="Navidad", date=times["closure_id"])
    special_days.create(SLUG, closure, now=now)
    raffle = shop.on_sale(now)
    order = shop.sell(raffle, 1, 2, now=now)
    api_key = api_keys.create(SLUG, NewKey(name="Tienda", role="staff"), actor_name="eva", key=None, now=now)
    return {
        "slug": SLUG,
        "service_id": service.id,
        "resource_id": first.id,
        "room_id": room.id,
        "customer_id": customer.id,
        "appointment_id": _booked(service.id, now, times["date"] + "T11:00:00-03:00").id,
        "raffle_id": raffle.id,
        "order_id": order.id,
        "waiting_id": waiting.id,
        "block_id": _blocked(first.id, now, times["date"]).block.id,
        "series_id": _recurring(service.id, now, times["start"]).series_id,
        "feed_id": feed.id,
        "file": feed.path.rpartition("/")[2],
        "key_id": api_key.id,
        "user": teams.join(SLUG, "marcos@example.com", "staff", now=now).user,
        "seller": "u-admin",
    }


def _booked(service_id: str, now: datetime, at: str, **more: Any) -> Any:
    person = {"name": "Ana", "phone": "0985 444 222"}
    form = NewAppointment(service_id=service_id, scheduled_at=at, customer_data=person, **more)
    return booking.book(SLUG, form, actor_name="eva", key=None, now=now)


def _recurring(service_id: str, now: datetime, start: str) -> Any:
    person, first = {"name": "Rita", "phone": "0985 555 222"}, datetime.fromisoformat(start) + timedelta(hours=8)
    form = NewSeries(service_id=service_id, scheduled_at=first, count=2, customer_data=person)
    return recurring.book(SLUG, form, actor_name="eva", key=None, now=now)


def _blocked(resource_id: str, now: datetime, day: str) -> Any:
    lunch = {"title": "Almuerzo", "starts_at": f"{day}T12:00:00-03:00", "ends_at": f"{day}T13:00:00-03:00"}
    form = NewBlock.model_validate(lunch | {"resource_ids": [resource_id], "even_if_booked": True})
    return blocks.create(SLUG, form, actor_name="eva", key=None, now=now)


@state("prices.remove_extra")
def _with_extra(world: World) -> dict[str, Any]:
    form = NewExtra(description="Esmalte", amount="5000")
    appointment_id = world.values["appointment_id"]
    priced = prices.add_extra(SLUG, appointment_id, form, key=None, role="admin", actor_name="eva", now=world.now)
    return {"extra_id": (priced.extras or [])[0]["id"]}


@state(
    "appointments.delay", "appointments.arrive", "appointments.start", "appointments.complete", "appointments.no_show"
)
def _begun(world: World) -> dict[str, Any]:
    booked = appointments.confirm(SLUG, world.values["appointment_id"], actor_name="eva", now=world.now)
    world.now = booked.scheduled_at
    return {}


@state("appointments.undo")
def _cancelled_by_mistake(world: World) -> dict[str, Any]:
    appointments.cancel(SLUG, world.values["appointment_id"], reason="", actor_name="eva", now=world.now)
    return {}


@state("appointments.reopen")
def _concluded(world: World) -> dict[str, Any]:
    values = _begun(world)
    conclusions.no_show(SLUG, world.values["appointment_id"], actor_name="eva", now=world.now)
    return values


@state(
    "public.appointment",
    "public.cancel_appointment",
    "public.reschedule_appointment",
    "public.send_appointment_receipt",
)
def _own_appointment(world: World) -> dict[str, Any]:
    return {"token": manage_links.token(SLUG, world.values["appointment_id"])}


@state("appointments.refuse_receipt")
def _in_review(world: World) -> dict[str, Any]:
    receipt = Receipt(reference="TRF-20261130-0042")
    payment_reviews.receive(SLUG, world.values["appointment_id"], receipt, actor_name="eva", now=world.now)
    return {}


@state("payments.checkout_appointment", "payments.checkout_order")
def _connected(world: World) -> dict[str, Any]:
    bank.connect(world.now)
    return {}


@state("public.checkout_appointment")
def _own_checkout(world: World) -> dict[str, Any]:
    return _connected(world) | _own_appointment(world)


@state("public.order", "public.own_numbers", "public.send_receipt", "public.cancel_order")
def _own_order(world: World) -> dict[str, Any]:
    return {"token": order_links.token_of(SLUG, world.values["order_id"])}


@state("public.claim_prizes")
def _won(world: World) -> dict[str, Any]:
    raffle = drawing.drawn(world.now, title="Otra")
    return {"token": order_links.token_of(SLUG, raffle.draws[0]["winners"][0]["order_id"])}


@state("orders.keep", "orders.refuse_receipt")
def _order_in_review(world: World) -> dict[str, Any]:
    shop.receive(world_order(world), now=world.now)
    return {}


@state("public.checkout_order")
def _own_order_checkout(world: World) -> dict[str, Any]:
    return _connected(world) | _own_order(world)


@state(
    "orders.refund", "payments.get", "payments.list", "payments.verify", "payments.refund", "payments.bancard_webhook"
)
def _paid(world: World) -> dict[str, Any]:
    order = shop.stored(world_order(world), now=world.now)
    settled = shop.confirm(order, now=world.now)
    return {"payment_id": settled.payment.id}


@state("tills.get", "tills.move_cash", "tills.close")
def _open_till(world: World) -> dict[str, Any]:
    form = NewTill(drawer="Caja 1", opening_float="200000")
    return {"till_id": tills.open_till(SLUG, form, actor_name="eva", key=None, now=world.now).id}


@state("payments.void", "payments.correct_method")
def _paid_in_a_till(world: World) -> dict[str, Any]:
    return _open_till(world) | _paid(world)


@state("payments.mark_refunded")
def _due_back(world: World) -> dict[str, Any]:
    paid = _paid(world)
    shop.refund(world_order(world), now=world.now)
    return paid


def world_order(world: World) -> Any:
    return reads.get_item(keys.order(SLUG, world.values["order_id"]))


@state("public.payment")
def _own_payment(world: World) -> dict[str, Any]:
    return {"token": payment_links.token(SLUG, _paid(world)["payment_id"])}


@state("raffles.replace", "raffles.change", "raffles.delete", "raffles.open")
def _draft(world: World) -> dict[str, Any]:
    return {"raffle_id": drawing.drafted(world.now, title="Otra").id}


@state("resources.delete")
def _unused_resource(world: World) -> dict[str, Any]:
    return {"resource_id": world.values["room_id"]}


@state("raffles.proof", "public.proof")
def _frozen(world: World) -> dict[str, Any]:
    return {"raffle_id": drawing.frozen(world.now, title="Otra").id}


@state("raffles.draw.secret")
def _due_by_secret(world: World) -> dict[str, Any]:
    method = {"name": "commit_reveal", "secret_sha256": SHOWN["secret_sha256"]}
    return _due(world, method=method)


@state("raffles.draw.lottery")
def _due_by_lottery(world: World) -> dict[str, Any]:
    return _due(world, method=drawing.BY_LOTTERY | {"numbers": 3, "digits": 4})


@state("raffles.draw.drand")
def _due_by_drand(world: World) -> dict[str, Any]:
    return _due(world, method=drawing.BY_DRAND)


def _due(world: World, **more: Any) -> dict[str, Any]:
    raffle = drawing.frozen(world.now, title="Otra", **more)
    world.now = raffle.draw_at
    return {"raffle_id": raffle.id}


@state("raffles.deliver_prize")
def _drawn(world: World) -> dict[str, Any]:
    raffle = drawing.drawn(world.now, title="Otra")
    world.now = raffle.draw_at
    return {"raffle_id": raffle.id}


@state("raffles.redraw")
def _unclaimed(world: World) -> dict[str, Any]:
    raffle = drawing.drawn(world.now, title="Otra", claim_days=1)
    world.now = raffle.draw_at + timedelta(days=2)
    return {"raffle_id": raffle.id}


@state("integrations.get_bancard", "integrations.disconnect_bancard")
def _bancard(world: World) -> dict[str, Any]:
    return _connected(world)


@state("integrations.get_google_calendar", "integrations.disconnect_google_calendar", "calendars")
def _google(world: World) -> dict[str, Any]:
    calendars.connect(world.now)
    return {}


@state("integrations.take_google_consent", "integrations.finish_google_consent")
def _consent(world: World) -> dict[str, Any]:
    asked = gateway.call(
        gateway.token(sub="u-admin"), "POST", f"/tenant/{SLUG}/api/integrations/GOOGLE_CALENDAR/consent"
    )
    query = {name: value for name, (value,) in parse_qs(urlsplit(asked.json["url"]).query).items()}
    world.google.codes["code-1"] = ("refresh-1", query["code_challenge"])
    return {"state": query["state"], "code": "code-1"}


@state("me.accept", "me.decline")
def _invited(world: World) -> dict[str, Any]:
    return {"caller": teams.invite(SLUG, "nueva@example.com", "staff", now=world.now).user}


@state("me.show", "me.leave")
def _member(world: World) -> dict[str, Any]:
    return {"caller": world.values["user"]}


@state("audit.verify")
def _linked(world: World) -> dict[str, Any]:
    chain.catch_up(SLUG, since=world.now - timedelta(days=1), until=world.now + timedelta(days=1))
    sequence, digest = log.verify(SLUG, VerifyQuery(), now=world.now).head
    return {"sequence": sequence, "digest": digest}
