"""The state that an operation needs to succeed: a fresh thing for each request that is to change or end it."""

import uuid
from collections.abc import Callable
from threading import Lock
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from local.seed import BANCARD
from tests.fuzz import world as worlds
from tests.fuzz.world import PERSON, Values, World

State = Callable[[World], Values]
STATES: Final[dict[str, State]] = {}


def state(*operations: str) -> Callable[[State], State]:
    def register(make: State) -> State:
        STATES.update(dict.fromkeys(operations, make))
        return make

    return register


def values(world: World, operation: str) -> Values:
    """The world's values, with those of the state that the operation needs."""
    make = STATES.get(operation)
    return world.values | slug_of(world, operation) | (make(world) if make else {})


OTHERS: Final = ("tenant.change", "integrations.", "closures.", "tills.")
SPARES: Final = ("tenants.suspend", "tenants.change", "tenants.resume", "tenants.relocate", "me.")


def slug_of(world: World, operation: str) -> Values:
    """The business that the operation may spoil."""
    if operation.startswith(OTHERS):
        return {"slug": world.other.slug}
    return {"slug": world.spare.slug} if operation.startswith(SPARES) else {}


@state(
    "appointments.replace",
    "appointments.change",
    "appointments.cancel",
    "appointments.confirm",
    "appointments.reschedule",
    "appointments.receive",
    "payments.checkout_appointment",
    "payments.record",
    "feeds.appointment",
    "prices.get",
    "prices.set",
    "prices.discount",
    "prices.add_extra",
)
def _booked(world: World) -> Values:
    return {"appointment_id": world.booked(status="PENDING")["id"], "later_start": world.start()}


@state("prices.remove_extra")
def _with_extra(world: World) -> Values:
    booked = world.booked(status="PENDING")["id"]
    extras = world.make(f"appointments/{booked}/extras", {"description": "Esmalte", "amount": "5000"})["extras"]
    return {"appointment_id": booked, "extra_id": extras[0]["id"]}


@state("appointments.refuse_receipt")
def _declared(world: World) -> Values:
    booked = world.booked(status="PENDING")["id"]
    return {"appointment_id": world.make(f"appointments/{booked}/receipt", {})["id"]}


@state("appointments.delete", "appointments.undo")
def _cancelled(world: World) -> Values:
    booked = world.booked()["id"]
    world.ask("POST", f"{world.main.api}/appointments/{booked}/cancel")
    return {"appointment_id": booked}


@state("appointments.arrive", "appointments.start", "appointments.complete", "appointments.no_show")
def _begun(world: World) -> Values:
    return {"appointment_id": world.earlier("begun_appointment_id")}


@state("appointments.delay")
def _of_today(world: World) -> Values:
    return {"appointment_id": world.earlier("near_appointment_id")}


@state(
    "public.appointment",
    "public.cancel_appointment",
    "public.checkout_appointment",
    "public.reschedule_appointment",
)
def _own_appointment(world: World) -> Values:
    return {"token": world.booked_by_customer()["token"], "later_start": world.start()}


@state("public.send_appointment_receipt")
def _to_transfer(world: World) -> Values:
    return {"token": world.booked_by_customer()["token"]}


@state("appointments.book", "series.book", "public.book")
def _free(world: World) -> Values:
    return {"start": world.start()}


@state("waiting.withdraw", "waiting.get")
def _waiting(world: World) -> Values:
    return {"waiting_id": worlds.waiting(world)}


@state("waiting.join")
def _full(world: World) -> Values:
    worlds.waiting(world)
    full = world.values["full_service_id"]
    return {"service_id": full, "date": world.values["full_date"], "resource_id": None}


@state("raffles.replace", "raffles.change", "raffles.delete", "raffles.open")
def _draft(world: World) -> Values:
    return {"raffle_id": world.draft()}


@state("raffles.close", "raffles.cancel")
def _on_sale(world: World) -> Values:
    return {"raffle_id": world.on_sale()}


@state("raffles.draw")
def _due(world: World) -> Values:
    return {"raffle_id": world.earlier("due_raffle_id")}


@state("raffles.redraw", "raffles.deliver_prize", "raffles.proof", "public.proof", "raffles.export")
def _drawn(world: World) -> Values:
    return {"raffle_id": world.earlier("drawn_raffle_id")}


@state("orders.receive", "orders.cancel", "orders.confirm", "payments.checkout_order", "orders.link")
def _ordered(world: World) -> Values:
    return {"order_id": world.ordered()["id"]}


@state("orders.keep", "orders.refuse_receipt")
def _in_review(world: World) -> Values:
    ordered = world.ordered()["id"]
    return {"order_id": world.make(f"orders/{ordered}/receipt", {})["id"]}


@state("orders.refund")
def _paid(world: World) -> Values:
    return {"order_id": world.ordered(paid={"method": "CASH"})["id"]}


@state("orders.holder")
def _sold(world: World) -> Values:
    return {"number": str(world.ordered(paid={"method": "CASH"})["numbers"][0])}


@state("public.order", "public.cancel_order", "public.checkout_order", "public.own_numbers", "public.send_receipt")
def _own_order(world: World) -> Values:
    return {"token": world.ordered_by_customer()["token"]}


@state("public.claim_prizes")
def _own_prize(world: World) -> Values:
    order_id = world.earlier("won_order_id")
    return {"token": world.ask("GET", f"{world.main.api}/orders/{order_id}/link")["token"]}


@state("payments.refund", "payments.get")
def _payment(world: World) -> Values:
    booked = world.booked()["id"]
    return {"payment_id": world.make(f"appointments/{booked}/payments", {"method": "CASH"})["payment"]["id"]}


@state("tills.get", "tills.move_cash", "tills.close")
def _open_till(world: World) -> Values:
    form = {"drawer": f"Caja {uuid.uuid4().hex[:8]}", "opening_float": "1000"}
    return {"till_id": world.ask("POST", f"{world.other.api}/tills", form)["id"]}


_OPENING: Final = Lock()


@state("payments.void", "payments.correct_method")
def _payment_in_a_till(world: World) -> Values:
    with _OPENING:  # several cases are made at once
        if not world.ask("GET", f"{world.main.api}/tills?status=OPEN")["items"]:
            world.make("tills", {"opening_float": "0"})
    return _payment(world)


@state("payments.mark_refunded")
def _due_back(world: World) -> Values:
    paid = _payment(world)
    world.make(f"payments/{paid['payment_id']}/refund", {"reason": "Error"})
    return paid


@state("payments.verify")
def _online(world: World) -> Values:
    return {"payment_id": _checkout(world)["payment_id"]}


@state("public.payment")
def _own_payment(world: World) -> Values:
    return {"token": _checkout(world)["status_path"].rpartition("/")[2]}


def _checkout(world: World) -> Any:
    booked = world.booked(status="PENDING")["id"]
    return world.make(f"appointments/{booked}/checkout", {})


@state("services.replace", "services.change", "services.delete")
def _service(world: World) -> Values:
    return {"service_id": world.make("services", {"name": "Otra", "duration_minutes": 30, "price": "1000"})["id"]}


@state("resources.replace", "resources.change", "resources.delete")
def _resource(world: World) -> Values:
    return {"resource_id": world.make("resources", {"name": "Otra"})["id"]}


@state("customers.replace", "customers.change", "customers.delete")
def _customer(world: World) -> Values:
    return {"customer_id": world.make("customers", {"name": "Otra"})["id"]}


@state("closures.replace", "closures.change", "closures.delete")
def _closure(world: World) -> Values:
    return {"closure_id": world.closure()["id"]}


@state("blocks.create")
def _idle(world: World) -> Values:
    return {"resource_id": world.make("resources", {"name": "Otra"})["id"]}


@state("blocks.get", "blocks.change", "blocks.delete", "blocks.affected", "blocks.propose", "blocks.reassign")
def _block(world: World) -> Values:
    return {"block_id": world.block()["id"]}


@state("series.get", "series.move", "series.cancel", "series.extend")
def _series(world: World) -> Values:
    return {"series_id": world.series()["series_id"]}


@state("closures.create")
def _open_day(world: World) -> Values:
    return {"holiday": world.another_day()}


@state("closures.load_holidays")
def _next_year(world: World) -> Values:
    return {"year": world.values["year"] + 1}


@state("feeds.revoke")
def _feed(world: World) -> Values:
    return {"feed_id": world.make("feeds", {})["id"]}


@state("api_keys.revoke")
def _key(world: World) -> Values:
    return {"key_id": world.make("keys", {"name": "Otra", "role": "viewer"})["id"]}


@state("members.change", "members.remove")
def _member(world: World) -> Values:
    world.person.call("DELETE", f"me/memberships/{world.main.slug}")
    invited = world.ask("POST", f"{world.main.api}/members", {"email": PERSON, "role": "viewer"})
    world.ask("POST", f"me/invitations/{world.main.slug}/accept", visitor=world.person)
    return {"user": invited["user"]}


@state("me.accept", "me.decline")
def _invited(world: World) -> Values:
    _gone(world)
    world.ask("POST", f"{world.spare.api}/members", {"email": PERSON, "role": "viewer"})
    return {"slug": world.spare.slug}


@state("me.leave")
def _joined(world: World) -> Values:
    invited = _invited(world)
    world.ask("POST", f"me/invitations/{world.spare.slug}/accept", visitor=world.person)
    return invited


def _gone(world: World) -> None:
    world.superuser.call("POST", f"admin/tenants/{world.spare.slug}/resume")
    world.person.call("DELETE", f"me/memberships/{world.spare.slug}")


@state("tenants.suspend", "tenants.relocate")
def _serving(world: World) -> Values:
    world.ask("POST", f"admin/tenants/{world.spare.slug}/resume")
    return {"slug": world.spare.slug}


@state("tenants.resume", "tenants.change", "tenants.get")
def _spare(world: World) -> Values:
    return {"slug": world.spare.slug}


@state("tenant.change")
def _other(world: World) -> Values:
    return {"slug": world.other.slug}


@state("integrations.get_bancard", "integrations.connect_bancard", "integrations.disconnect_bancard")
def _bancard(world: World) -> Values:
    account = {
        "public_key": world.public_key,
        "private_key": BANCARD["private_key"],
        "return_url": "https://a.test",
    }
    world.ask("PUT", f"{world.other.api}/integrations/BANCARD", account)
    return {"slug": world.other.slug}


@state(
    "integrations.get_google_calendar", "integrations.connect_google_calendar", "calendars.compare", "calendars.repair"
)
def _google(world: World) -> Values:
    path = f"{world.other.api}/integrations/GOOGLE_CALENDAR"
    if world.superuser.call("GET", path).status_code != 200:
        _agreed(world)
    return {"slug": world.other.slug}


@state("integrations.disconnect_google_calendar")
def _own_google(world: World) -> Values:
    return _google(world)


@state("integrations.ask_google_consent")
def _asking(world: World) -> Values:
    return {"slug": world.other.slug}


def _agreed(world: World) -> None:
    google = worlds.google(world)
    with google.http:
        asked = world.ask("POST", f"{world.other.api}/integrations/GOOGLE_CALENDAR/consent")
        world.ask(
            "POST",
            f"{world.other.api}/integrations/GOOGLE_CALENDAR/consent/finish",
            google.agree(asked["url"]),
        )


@state("integrations.take_google_consent", "integrations.finish_google_consent")
def _consented(world: World) -> Values:
    """Google's answer, before anybody brought it to us."""
    asked = world.ask("POST", f"{world.other.api}/integrations/GOOGLE_CALENDAR/consent")
    query = {name: found[0] for name, found in parse_qs(urlsplit(asked["url"]).query).items()}
    google = worlds.google(world)
    with google.http:
        client = {"client_secret": "for the stand-in", "redirect_uris": [query["redirect_uri"]]}
        google.call("PUT", f"clients/{query['client_id']}", **client)
        google.call("PUT", f"accounts/{google.account}", timeZone="America/Asuncion")
        there = google.call("POST", "consent", account=google.account, **query)["location"]
    back = {name: found[0] for name, found in parse_qs(urlsplit(there).query).items()}
    return {"state": back["state"], "code": back["code"]}


@state("audit.verify")
def _linked(world: World) -> Values:
    head = world.ask("GET", f"{world.main.api}/audit/verify")["head"]
    return {"sequence": head["sequence"], "digest": head["digest"]} if head else {}
