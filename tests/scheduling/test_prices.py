"""The price at the counter: discount, extras, a price set outright; what was paid stays paid, the rest is due."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.ledger.open_pages import BeingPaid
from mostrador.ledger.rules.surpluses import SurplusUnexplained
from mostrador.scheduling import appointments, conclusions, payment_reviews, prices
from mostrador.scheduling.rules.appointment_states import AmountIsFixed
from mostrador.scheduling.rules.prices import DiscountTooLarge, PriceClosed, TooManyExtras
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.scheduling.views.prices import Discounting, ExtraRemoval, NewExtra, PriceSetting, PriceView
from mostrador.table import writes
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import faults
from tests.support import till as tills

DAY = timedelta(days=1)
POLISH = {"description": "Esmalte", "quantity": 2, "amount": "15000"}
crash = faults.points_of(5)


@pytest.fixture
def held(salon, now):
    return tills.appointment(now)


@pytest.fixture
def booked(salon, now):
    of = tills.service(now)
    return tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)


def discount(till, now, role="admin", actor_name="eva", **form):
    told = Discounting.model_validate({"reason": "Cumpleaños"} | form)
    return prices.discount("salon", till.item.id, told, role=role, actor_name=actor_name, now=now)


def set_price(till, now, **form):
    told = PriceSetting.model_validate({"reason": "x"} | form)
    return prices.set_price("salon", till.item.id, told, role="admin", actor_name="eva", now=now)


def add(till, now, key=None, role="admin", **form):
    told = NewExtra.model_validate(POLISH | form)
    return prices.add_extra("salon", till.item.id, told, key=key, role=role, actor_name="eva", now=now)


def remove(till, now, extra_id, role="admin", **form):
    told = ExtraRemoval.model_validate(form)
    return prices.remove_extra("salon", till.item.id, extra_id, told, role=role, actor_name="eva", now=now)


def limit(now, **limits):
    form = TenantChanges.model_validate({"discount_limits": limits})
    tenants.change("salon", form, seen=None, now=now)


def money(till):
    one = till.stored()
    return one.total_amount, one.paid_amount, one.payment_status


def test_what_is_due_follows_the_price(booked, now):
    booked.take_cash(now, amount="30000")

    discount(booked, now, percent=25)
    one = add(booked, now)

    assert (one.total_amount, one.paid_amount, one.payment_status) == (82_500, 30_000, "PARTIAL")
    assert AppointmentView.model_validate(one).amount_due == "52500"
    assert booked.take_cash(now).amount == 52_500
    assert money(booked) == (82_500, 82_500, "PAID")


def test_an_extra_after_all_was_paid_is_due(booked, now):
    booked.take_cash(now)

    one = add(booked, now)

    assert (one.payment_status, booked.take_cash(now, key="k").amount) == ("PARTIAL", 30_000)


def test_the_history_tells_both_totals_and_why(booked, now):
    one = discount(booked, now, amount="5000")

    (entry,) = [entry for entry in one.history if entry["change"] == "PRICED"]
    assert (entry["from_total_amount"], entry["total_amount"]) == ("80000", "75000")
    assert (entry["by"], entry["reason"]) == ("eva", "Cumpleaños")


def test_the_same_discount_again_changes_nothing_and_another_replaces_it(booked, now):
    first = discount(booked, now, percent=10)

    assert discount(booked, now, percent=10, actor_name="rosa").version == first.version
    assert discount(booked, now, percent=20).total_amount == 64_000
    assert discount(booked, now, percent=0).total_amount == 80_000
    assert booked.stored().discount is None


def test_a_key_adds_its_line_once_also_after_it_was_taken_off(booked, now):
    first = add(booked, now, key="k")
    assert add(booked, now, key="k").version == first.version

    removed = remove(booked, now, first.extras[0]["id"])
    again = add(booked, now, key="k")

    assert removed.total_amount == again.total_amount == 80_000
    with pytest.raises(writes.KeyReused):
        add(booked, now, key="k", quantity=3)


def test_taking_an_extra_off_twice_changes_nothing(booked, now):
    extra_id = add(booked, now).extras[0]["id"]

    first, again = (remove(booked, now, extra_id) for _ in range(2))

    assert (first.version, first.total_amount) == (again.version, 80_000)
    with pytest.raises(NotHere):
        remove(booked, now, "0" * 32)


def test_extras_are_so_many_at_most(booked, now, monkeypatch):
    monkeypatch.setattr("mostrador.scheduling.rules.prices.MOST_EXTRAS", 1)
    add(booked, now)

    with pytest.raises(TooManyExtras):
        add(booked, now)


def test_staff_take_off_as_much_as_the_business_allows(booked, now):
    with pytest.raises(DiscountTooLarge):
        discount(booked, now, role="staff", percent=1)
    limit(now, staff=20)

    assert discount(booked, now, role="staff", percent=20).total_amount == 64_000
    with pytest.raises(DiscountTooLarge):
        discount(booked, now, role="staff", amount="16001")
    assert discount(booked, now, role="staff", amount="16000").total_amount == 64_000


def test_no_extra_is_a_way_round_the_limit(booked, now):
    limit(now, staff=20)
    extra_id = add(booked, now, amount="100000", quantity=1).extras[0]["id"]
    discount(booked, now, role="staff", amount="36000")

    with pytest.raises(DiscountTooLarge):
        remove(booked, now, extra_id, role="staff")
    assert remove(booked, now, extra_id, role="admin").total_amount == 44_000


def test_a_price_below_what_was_paid_asks_what_becomes_of_the_rest(booked, now):
    booked.take_cash(now)

    with pytest.raises(SurplusUnexplained) as asked:
        discount(booked, now, percent=50)

    assert asked.value.facts["surplus"] == "40000 PYG"
    assert money(booked) == (80_000, 80_000, "PAID")


def test_the_rest_is_due_back_as_a_part_of_its_payment(booked, now):
    paid = booked.take_cash(now)

    discount(booked, now, percent=25, surplus="refund")

    assert money(booked) == (60_000, 60_000, "PAID")
    (part,) = [one for one in tills.all_payments() if one.part_of]
    assert (part.part_of, part.amount, part.status, part.reason) == (paid.id, 20_000, "REFUND_DUE", "PRICE_LOWERED")
    assert (tills.payment(paid.id, now).status, tills.payment(paid.id, now).returned_amount) == ("PAID", 20_000)


def test_it_may_be_lowered_again_and_again(booked, now):
    booked.take_cash(now)

    for amount in ("70000", "50000", "20000"):
        set_price(booked, now, amount=amount, surplus="refund")
        assert money(booked) == (int(amount), int(amount), "PAID")
    assert sorted(one.amount for one in tills.all_payments() if one.part_of) == [10_000, 20_000, 30_000]


def test_a_price_of_nothing_gives_all_back_and_is_paid(booked, now):
    booked.take_cash(now, amount="50000")

    set_price(booked, now, amount="0", surplus="refund")

    assert money(booked) == (0, None, "PAID")
    assert [one.status for one in tills.all_payments()] == ["REFUND_DUE"]


def test_a_hold_that_costs_nothing_any_more_is_confirmed(held, now):
    one = discount(held, now, percent=100)

    assert (one.status, one.payment_status, one.hold_expires_at, one.due_pk) == ("CONFIRMED", "PAID", None, None)


def test_a_hold_that_has_lapsed_keeps_its_price(held, now):
    with pytest.raises(AmountIsFixed):
        discount(held, now + tills.HOLD + timedelta(seconds=1), percent=100)


def test_a_price_stays_while_a_receipt_is_reviewed_and_after_a_cancellation(booked, now):
    form = tills_receipt()
    held = tills.Till(tills.Target.APPOINTMENT, tills.book(booked.of, now, at=tills.NINE + DAY, hold=True), booked.of)
    payment_reviews.receive("salon", held.item.id, form, actor_name="eva", now=now)
    booked.cancel(now)

    for one in (held, booked):
        with pytest.raises(AmountIsFixed):
            add(one, now)


def tills_receipt():
    from mostrador.ledger.views.receipts import Receipt

    return Receipt(reference="T-1")


def test_a_price_can_be_changed_for_a_day_after_the_visit(booked, now):
    end = tills.NINE + timedelta(hours=1)
    conclusions.complete("salon", booked.item.id, actor_name="eva", now=end)

    assert add(booked, end + DAY).total_amount == 110_000
    with pytest.raises(PriceClosed):
        add(booked, end + DAY + timedelta(seconds=1))


def test_nobody_changes_a_price_that_somebody_pays(bank, now):
    held = tills.appointment(now)
    held.start(now)

    with pytest.raises(BeingPaid):
        discount(held, now, percent=10)
    assert not prices.sheet("salon", held.item.id, role="staff", now=now).can_change


def test_late_online_money_of_the_former_price_goes_back(bank, now):
    of = tills.service(now)
    booked = tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)
    page = booked.start(now).payment
    tills.sweep(page.payable_until + timedelta(minutes=1))
    assert tills.payment(page.id, now).status == "EXPIRED"

    discount(booked, page.payable_until + timedelta(minutes=5), percent=10)
    bank.purchases[int(page.id)]["state"] = "OPEN"  # as if the rollback had not closed its page
    bank.pay(page.id)
    bank.notify(page.id, now=page.payable_until + timedelta(minutes=6))

    paid = tills.payment(page.id, now)
    assert (paid.status, paid.reason) == ("REFUND_DUE", "WRONG_AMOUNT")
    assert money(booked) == (72_000, None, "PENDING")


def test_online_money_goes_back_in_part_by_hand_and_never_as_a_whole(bank, now):
    held = tills.appointment(now)
    page = held.start(now).payment
    bank.pay(page.id)
    bank.notify(page.id, now=now)

    discount(held, now, percent=25, surplus="refund")
    appointments.cancel("salon", held.item.id, reason="", actor_name="eva", now=now)
    tills.sweep(now + tills.PAGE)

    back = {one.amount: (one.provider, one.status) for one in tills.all_payments()}
    assert back == {80_000: ("BANCARD", "REFUND_DUE"), 20_000: ("MANUAL", "REFUND_DUE")}
    assert tills.payment(page.id, now).by_hand
    assert bank.paid_amount() == 80_000


def test_a_sheet_shows_what_the_caller_may_do(booked, now):
    limit(now, staff=15)
    add(booked, now)

    view = PriceView.model_validate(prices.sheet("salon", booked.item.id, role="staff", now=now))

    assert (view.total_amount, view.most_discount_percent, view.can_change) == ("110000", 15, True)
    assert prices.sheet("salon", booked.item.id, role="superuser", now=now).most_discount_percent == 100


@pytest.mark.parametrize("form", [{}, {"percent": 10, "amount": "5"}, {"percent": 101}, {"percent": -1}])
def test_a_discount_is_either_a_percentage_or_an_amount(form):
    with pytest.raises(ValueError, match="discount|percent"):
        Discounting.model_validate({"reason": "x"} | form)


def test_of_another_tenant_there_is_none(booked, clinic, now):
    with pytest.raises(NotHere):
        prices.sheet("clinic", booked.item.id, role="admin", now=now)


def test_a_lowered_price_gives_back_once_whatever_call_fails(booked, now, crash):
    booked.take_cash(now)

    crash(lambda: discount(booked, now, percent=25, surplus="refund"))

    assert money(booked) == (60_000, 60_000, "PAID")
    assert [one.amount for one in tills.all_payments() if one.part_of] == [20_000]


def test_a_line_is_added_once_whatever_call_fails(booked, now, crash):
    crash(lambda: add(booked, now, key="k"))

    assert booked.stored().total_amount == 110_000
