"""The plan's limit counts the appointments that stand."""

from datetime import timedelta

import pytest

from mostrador.scheduling import appointments, conclusions, plan_count, waiting_list
from mostrador.tenancy import plan_usage, tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support import lines, till

HOUR = timedelta(hours=1)


def limit(most, now):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=most), seen=None, now=now)


def used(now):
    return plan_usage.of_month("salon", now=now).appointments.used


def book(of, now, hour=0, **more):
    return till.book(of, now, at=till.NINE + hour * HOUR, phone=f"0981 {100000 + hour}", **more)


def cancel(one, now):
    appointments.cancel("salon", one.id, reason="", actor_name="eva", now=now)


def delete(one, now):
    appointments.delete("salon", one.id, seen=None, now=now)


@pytest.mark.parametrize("end", [cancel, delete], ids=["cancelled", "deleted"])
def test_what_stands_no_more_makes_room(haircut, now, end):
    limit(2, now)
    ended, _ = book(haircut, now), book(haircut, now, 1)
    with pytest.raises(plan_count.PlanLimitReached):
        book(haircut, now, 2)

    end(ended, now)

    assert used(now) == 1
    assert book(haircut, now, 2).status == "PENDING"
    with pytest.raises(plan_count.PlanLimitReached):
        book(haircut, now, 3)


def test_each_appointment_makes_room_once(haircut, now):
    limit(5, now)
    one, _ = book(haircut, now), book(haircut, now, 1)

    for _ in range(2):
        cancel(one, now)
    delete(one, now)

    assert used(now) == 1


def test_a_lapsed_hold_makes_room_and_late_money_counts_again(haircut, bank, now):
    limit(2, now)
    visit = book(haircut, now, hold=True)
    later = now + timedelta(minutes=16)
    assert used(now) == 1

    till.sweep(later)
    assert used(later) == 0
    till.Till(till.Target.APPOINTMENT, visit, haircut).take_cash(later)

    assert appointments.get("salon", visit.id, now=later).status == "CONFIRMED"
    assert used(later) == 1


def test_a_visit_that_took_place_stays_counted(haircut, now):
    limit(2, now)
    visit = book(haircut, now, status="CONFIRMED")

    conclusions.complete("salon", visit.id, actor_name="eva", now=visit.ends_at)

    assert used(now) == 1


def test_an_offer_counts_once_it_is_accepted(salon, haircut, now):
    lines.open_for(1, now=now)
    full = lines.fill(haircut, now=now)
    entry = lines.join(haircut, 1, now=now)
    lines.cancel(full[0], now=now)
    limit(1, now)
    lines.sweep(now)
    offer = waiting_list.get("salon", entry.id, now=now)
    assert (offer.status, used(now)) == ("OFFERED", 0)

    appointments.confirm("salon", offer.appointment_id, actor_name="eva", now=now)

    assert used(now) == 1
    cancel(appointments.get("salon", offer.appointment_id, now=now), now)
    assert used(now) == 0


def test_one_of_an_earlier_month_gives_back_to_its_own(haircut, monday):
    limit(3, monday)
    one = till.book(haircut, monday, at=monday + timedelta(days=9))
    later = monday + timedelta(days=5)
    assert (used(monday), used(later)) == (1, 0)

    cancel(one, later)

    assert (used(monday), used(later)) == (0, 0)


def test_an_appointment_from_before_the_limit_gives_nothing_back(haircut, now):
    one = book(haircut, now)
    limit(3, now)
    book(haircut, now, 1)

    cancel(one, now)

    assert used(now) == 1


def test_red_control_without_giving_back_the_limit_stays_reached(haircut, now, monkeypatch):
    limit(1, now)
    one = book(haircut, now)
    monkeypatch.setattr(plan_count, "give_back", lambda *_: None)
    cancel(one, now)

    with pytest.raises(plan_count.PlanLimitReached):
        book(haircut, now)
