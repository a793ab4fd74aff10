"""Who waits: joining, the lists, leaving."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere, Stale
from mostrador.people import customers
from mostrador.people.views.customers import CustomerListing, NewCustomer
from mostrador.scheduling import appointments, booking_context, services, waiting_list
from mostrador.scheduling.rules.waiting_states import DayOutside, WrongWaitingState
from mostrador.scheduling.views.services import ServiceChanges
from mostrador.scheduling.views.waiting_list import NewWaiting, WaitingListing
from mostrador.table import keys, reads, writes
from mostrador.tenancy import tenants
from mostrador.values.phones import BadPhone
from tests.support.days import shifted
from tests.support.http import staff, viewer
from tests.support.lines import DAY, cancel, fill, join, listed, open_for, states, sweep

URL = "/tenant/salon/api/waiting"


@pytest.fixture
def full(salon, haircut, now):
    open_for(1, now=now)
    return fill(haircut, now=now)


def test_who_joins_stands_in_the_line_in_order_of_arrival(haircut, now):
    joined = [join(haircut, number, now=now, key=f"key {number}") for number in (3, 1, 2)]

    line = listed(now, service=haircut.id, date=DAY)

    assert [entry.id for entry in line] == [entry.id for entry in joined]
    assert {entry.status for entry in line} == {"WAITING"}


def test_a_phone_waits_once_for_a_service_and_day(haircut, now):
    join(haircut, 1, now=now)

    with pytest.raises(waiting_list.AlreadyWaiting, match=shifted("Espera 1 waits for Corte on 2026-12-01")):
        join(haircut, 1, now=now, customer_data={"name": "Otro nombre", "phone": "+595981300001"})

    assert join(haircut, 1, now=now, day=DAY + timedelta(days=1)).customer_name == "Espera 1"
    assert len(customers.listing("salon", CustomerListing(), now=now).items) == 1


def test_the_same_key_gives_the_same_place(haircut, now):
    first = join(haircut, 1, now=now, key="k1")

    assert join(haircut, 1, now=now, key="k1").id == first.id
    with pytest.raises(writes.KeyReused):
        join(haircut, 2, now=now, key="k1")


def test_a_customer_on_record_waits_by_id_with_or_without_phone(haircut, now):
    ana = customers.create("salon", NewCustomer(name="Ana"), key=None, now=now)

    waits = join(haircut, 0, now=now, customer_data=None, customer_id=ana.id)

    assert (waits.customer_id, waits.customer_name) == (ana.id, "Ana")
    with pytest.raises(waiting_list.AlreadyWaiting):
        join(haircut, 0, now=now, customer_data=None, customer_id=ana.id)
    with pytest.raises(NotHere, match="customer"):
        join(haircut, 0, now=now, customer_data=None, customer_id="0" * 32)


def test_nobody_waits_for_what_cannot_be_booked(haircut, clinic, now):
    with pytest.raises(DayOutside):
        join(haircut, 1, now=now, day=DAY - timedelta(days=2))
    with pytest.raises(DayOutside):
        join(haircut, 1, now=now, day=DAY + timedelta(days=400))
    with pytest.raises(NotHere, match="resource"):
        join(haircut, 1, now=now, resource_id="0" * 32)
    with pytest.raises(NotHere, match="service"):
        join(haircut, 1, now=now, tenant="clinic", customer_data={"name": "Ana"})
    with pytest.raises(BadPhone):
        join(haircut, 1, now=now, customer_data={"name": "Ana", "phone": "12 34 5"})
    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)
    with pytest.raises(booking_context.ServiceInactive):
        join(haircut, 1, now=now)
    assert listed(now) == []


def test_a_service_may_be_booked_until_a_day_and_waited_for_no_longer(haircut, now):
    services.change("salon", haircut.id, ServiceChanges(bookable_until=DAY), seen=None, now=now)

    assert join(haircut, 1, now=now).date == shifted("2026-12-01")
    with pytest.raises(DayOutside):
        join(haircut, 2, now=now, day=DAY + timedelta(days=1))


def test_the_list_is_filtered_and_read_page_by_page(haircut, now):
    for number in range(5):
        join(haircut, number, now=now, day=DAY + timedelta(days=number % 2))
    query = WaitingListing(service=haircut.id, date=DAY, limit=2)

    first = waiting_list.listing("salon", query, now=now)
    rest = waiting_list.listing("salon", query.model_copy(update={"cursor": first.next}), now=now)

    names = [entry.customer_name for entry in [*first.items, *rest.items]]
    assert names == ["Espera 0", "Espera 2", "Espera 4"]
    assert len(listed(now, date=DAY + timedelta(days=1))) == 2
    assert len(listed(now, status="WAITING")) == 5
    assert listed(now, service=haircut.id, date=DAY, status="OFFERED") == []


def test_who_leaves_may_come_back_to_the_end_of_the_line(haircut, now):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)

    waiting_list.withdraw("salon", first.id, seen=None, now=now)
    waiting_list.withdraw("salon", first.id, seen=None, now=now)
    back = join(haircut, 1, now=now)

    line = listed(now, service=haircut.id, date=DAY, status="WAITING")
    assert [entry.id for entry in line] == [second.id, back.id]
    assert states(first, now=now) == ["WITHDRAWN"]


def test_who_leaves_with_an_offer_gives_its_time_back(haircut, full, now):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)
    sweep(now)
    offered = waiting_list.get("salon", first.id, now=now)

    waiting_list.withdraw("salon", first.id, seen=offered.version, now=now)

    assert appointments.get("salon", offered.appointment_id, now=now).status == "CANCELLED"
    sweep(now + timedelta(minutes=1))
    assert states(first, second, now=now) == ["WITHDRAWN", "OFFERED"]


def test_who_confirmed_does_not_leave_the_line_any_more(haircut, full, now):
    entry = join(haircut, 1, now=now)
    cancel(full[0], now=now)
    sweep(now)
    held = waiting_list.get("salon", entry.id, now=now).appointment_id
    appointments.confirm("salon", held, actor_name="eva", now=now)

    with pytest.raises(WrongWaitingState, match="BOOKED"):
        waiting_list.withdraw("salon", entry.id, seen=None, now=now)

    assert appointments.get("salon", held, now=now).status == "CONFIRMED"


def test_an_old_copy_does_not_withdraw(haircut, now):
    entry = join(haircut, 1, now=now)

    with pytest.raises(Stale):
        waiting_list.withdraw("salon", entry.id, seen=entry.version + 1, now=now)


def test_another_tenants_wait_is_not_found(haircut, clinic, now):
    entry = join(haircut, 1, now=now)

    with pytest.raises(NotHere, match="waiting"):
        waiting_list.get("clinic", entry.id, now=now)
    with pytest.raises(NotHere, match="waiting"):
        waiting_list.withdraw("clinic", entry.id, seen=None, now=now)
    assert listed(now, tenant="clinic") == []
    assert [waiting_list.get("salon", entry.id, now=now).status] == ["WAITING"]


def test_who_ended_is_no_longer_guarded(haircut, now):
    entry = join(haircut, 1, now=now)
    guard = keys.waiter("salon", haircut.id, shifted("2026-12-01"), entry.customer_id)
    assert reads.get_item(guard).waiting_id == entry.id

    waiting_list.withdraw("salon", entry.id, seen=None, now=now)

    assert reads.get_item(guard) is None


def test_over_http_a_wait_is_made_shown_listed_and_withdrawn(haircut):
    from mostrador import clock

    day = (clock.now() + timedelta(days=3)).date().isoformat()
    form = {"service_id": haircut.id, "date": day, "customer_data": {"name": "Ana", "phone": "0981 123 456"}}

    made = staff.call("POST", URL, form, Idempotency_Key="k1")
    assert (made.status, made.json["status"], made.json["date"]) == (201, "WAITING", day)
    assert staff.call("POST", URL, form, Idempotency_Key="k1").json["id"] == made.json["id"]
    again = staff.call("POST", URL, form)
    assert (again.status, again.json["code"]) == (409, "already_waiting")
    one = f"{URL}/{made.json['id']}"
    assert viewer.call("GET", one).json == made.json
    assert viewer.call("GET", f"{URL}?service={haircut.id}&date={day}").json["items"] == [made.json]
    assert viewer.call("DELETE", one).status == 403
    assert staff.call("DELETE", one, If_Match='"7"').status == 412
    assert staff.call("DELETE", one, If_Match=made.headers["etag"]).status == 204
    assert viewer.call("GET", one).json["status"] == "WITHDRAWN"


def test_a_suspended_tenant_takes_nobody_into_its_line(haircut, now):

    tenants.suspend("salon", now=now)

    with pytest.raises(NotHere):
        waiting_list.join(
            "salon",
            NewWaiting(service_id=haircut.id, date=DAY, customer_data={"name": "A"}),
            actor_name="e",
            key=None,
            now=now,
        )
