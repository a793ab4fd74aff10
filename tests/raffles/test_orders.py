"""Orders: who orders and who sells, and how they are read and listed. What becomes of them: test_order_states."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.people import customers, members
from mostrador.people.rules.permissions import Role
from mostrador.people.views.customers import CustomerChanges, NewCustomer
from mostrador.raffles import orders, raffles, reservations, sellers
from mostrador.raffles.raffles import NotOnSale
from mostrador.raffles.views.orders import NewOrder, OrderListing
from mostrador.table import writes
from tests.support import orders as shop
from tests.support.lines import trips

MINUTE = timedelta(minutes=1)


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now)


@pytest.fixture
def eva(salon, now):
    return members.add("salon", "u-eva", email="eva@example.com", role=Role.STAFF, now=now)


def listed(raffle, now, tenant="salon", **query):
    return [one.id for one in orders.listing(tenant, raffle.id, OrderListing(**query), now=now).items]


def test_an_order_says_what_it_costs_and_what_it_is_called(salon, now):
    raffle = shop.on_sale(now, packages=[{"numbers": 5, "price": "40000"}])

    order = shop.sell(raffle, 1, 2, 3, 4, 5, 6, now=now, notes="Para su mamá")

    assert (order.total_amount, order.currency, order.notes) == (50_000, "PYG", "Para su mamá")
    assert (order.raffle_title, len(order.code), order.created_by) == ("Rifa solidaria", 10, "eva")


def test_the_same_key_gives_the_same_order(raffle, now):
    first = shop.sell(raffle, 1, 2, now=now, key="k")

    again = shop.sell(raffle, 1, 2, now=now + MINUTE, key="k")

    assert (again.id, again.hold_expires_at) == (first.id, first.hold_expires_at)
    assert shop.owners(raffle) == {1: first.id, 2: first.id}


def test_lucky_numbers_are_the_same_under_the_same_key(raffle, now):
    first = shop.sell(raffle, count=5, now=now, key="k")

    assert shop.sell(raffle, count=5, now=now, key="k").numbers == first.numbers
    assert len(shop.held(raffle)) == 5


def test_a_repeat_is_answered_although_the_sale_is_over(raffle, now):
    first = shop.sell(raffle, 1, now=now, key="k")
    raffles.close("salon", raffle.id, now=now)

    assert shop.sell(raffle, 1, now=now, key="k").id == first.id


@pytest.mark.parametrize("other", [{"numbers": [3]}, {"numbers": [1], "notes": "x"}], ids=["numbers", "notes"])
def test_another_request_under_the_same_key_is_refused(raffle, now, other):
    shop.sell(raffle, 1, now=now, key="k")

    with pytest.raises(writes.KeyReused):
        shop.sell(raffle, now=now, key="k", **other)


def test_a_key_is_of_one_raffle(raffle, now):
    shop.sell(raffle, 1, now=now, key="k")
    other = shop.on_sale(now)

    with pytest.raises(writes.KeyReused):
        shop.sell(other, 1, now=now, key="k")


def test_numbers_are_sold_only_while_the_raffle_sells(salon, now):
    raffle = shop.on_sale(now, sale_opens_at=(now + MINUTE).isoformat())

    with pytest.raises(NotOnSale):
        shop.sell(raffle, 1, now=now)
    assert shop.sell(raffle, 1, now=now + MINUTE).status == "RESERVED"
    with pytest.raises(NotOnSale):
        shop.sell(raffle, 2, now=raffle.sale_closes_at)
    raffles.close("salon", raffle.id, now=now + 2 * MINUTE)
    with pytest.raises(NotOnSale):
        shop.sell(raffle, 2, now=now + 2 * MINUTE)


def test_a_new_phone_is_a_new_customer_with_the_order(raffle, now):
    order = shop.sell(raffle, 1, now=now)

    customer = customers.get("salon", order.customer_id, now=now)
    assert (customer.name, customer.phone, customer.last_order_at) == ("Cliente 1", "+595981100001", now)


def test_a_known_phone_is_that_customer_and_the_name_given_is_kept(raffle, now):
    first = shop.sell(raffle, 1, now=now)

    second = shop.sell(raffle, 2, now=now, customer={"name": "Ana", "phone": "0981 100001"})

    assert second.customer_id == first.customer_id
    assert (second.customer_name, second.ordered_as, first.ordered_as) == ("Cliente 1", "Ana", None)


def test_a_customer_is_named_by_id(raffle, now):
    ana = customers.create("salon", NewCustomer(name="Ana"), key=None, now=now)

    order = shop.sell(raffle, 1, now=now, customer=None, customer_id=ana.id)

    assert (order.customer_name, order.customer_phone) == ("Ana", None)


def test_an_unknown_customer_is_not_there(raffle, now):
    with pytest.raises(NotHere):
        shop.sell(raffle, 1, now=now, customer=None, customer_id="0" * 32)

    assert shop.held(raffle) == {}


@pytest.mark.parametrize("phone", ["0981 123 456", None], ids=["with a phone", "without"])
def test_whoever_ordered_stays_on_record(raffle, now, phone):
    ana = customers.create("salon", NewCustomer(name="Ana", phone=phone), key=None, now=now)
    shop.sell(raffle, 1, now=now, customer=None, customer_id=ana.id)

    with pytest.raises(customers.CustomerInUse):
        customers.delete("salon", ana.id, seen=None, now=now)


def test_whoever_ordered_stays_on_record_under_a_new_phone_too(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    customers.change("salon", order.customer_id, CustomerChanges(phone="0981 222 333"), seen=None, now=now)

    with pytest.raises(customers.CustomerInUse):
        customers.delete("salon", order.customer_id, seen=None, now=now)


def test_a_customer_who_goes_while_the_order_is_made_is_not_brought_back(raffle, now, monkeypatch):
    ana = customers.create("salon", NewCustomer(name="Ana", phone="0981 123 456"), key=None, now=now)
    note = customers.note_order

    def after_deletion(*args, **kwargs):
        monkeypatch.setattr(customers, "note_order", note)
        customers.delete("salon", ana.id, seen=None, now=now)
        note(*args, **kwargs)

    monkeypatch.setattr(customers, "note_order", after_deletion)

    with pytest.raises(NotHere):
        shop.sell(raffle, 1, now=now, customer=None, customer_id=ana.id)
    assert shop.held(raffle) == {}


def test_whoever_calls_sells_unless_another_member_is_named(raffle, eva, now):
    assert shop.sell(raffle, 1, now=now, seller="u-admin").seller == "u-admin"
    assert shop.sell(raffle, 2, now=now).seller is None


def test_who_is_no_active_member_sells_nothing(raffle, eva, now):
    eva.status = "INVITED"
    with writes.transaction() as tx:
        tx.save(eva)

    for user in ("u-eva", "u-nobody"):
        with pytest.raises(sellers.UnknownSeller) as refusal:
            _sold_by(raffle, user, 1, now=now)
        assert (refusal.value.facts["field"], refusal.value.facts["value"]) == ("body.seller", user)


def test_a_sellers_totals_are_of_what_is_paid(raffle, eva, now):
    _sold_by(raffle, "u-eva", 1, 2, 3, now=now, paid=shop.CASH)
    shop.confirm(_sold_by(raffle, "u-eva", 4, now=now), now=now)
    _sold_by(raffle, "u-eva", 5, now=now)
    shop.refund(_sold_by(raffle, "u-admin", 6, now=now, paid=shop.CASH), now=now)

    totals = {one.seller: one for one in sellers.totals("salon", raffle.id, now=now)}

    eva_s, admin_s = totals["u-eva"], totals["u-admin"]
    assert (eva_s.orders, eva_s.numbers, eva_s.amount, eva_s.currency) == (2, 4, "40000", "PYG")
    assert eva_s.email == "eva@example.com"
    assert (admin_s.orders, admin_s.numbers, admin_s.amount) == (0, 0, "0")


def test_a_sellers_totals_of_cents_are_exact(clinic, now):
    raffle = shop.on_sale(now, tenant="clinic", permit=None, price="0.10", currency="USD")
    usa = {"customer": {"name": "Bob", "phone": "+1 212 555 0123"}, "paid": shop.CASH}
    for number in (1, 2, 3):
        shop.sell(raffle, number, now=now, tenant="clinic", seller="u-admin", **usa)

    (total,) = sellers.totals("clinic", raffle.id, now=now)

    assert (total.amount, total.currency) == ("0.30", "USD")


def _sold_by(raffle, user, *numbers, now, **more):
    """An order that names its seller."""
    form = NewOrder(numbers=list(numbers), seller=user, **shop.person(1), **more)
    return reservations.sell("salon", raffle.id, form, actor_name="eva", seller=None, key=None, now=now)


def test_orders_are_listed_the_newest_first_and_pages_follow_one_another(raffle, now):
    ids = [shop.sell(raffle, number, now=now + number * MINUTE).id for number in range(1, 6)]

    first = orders.listing("salon", raffle.id, OrderListing(limit=3), now=now)
    rest = orders.listing("salon", raffle.id, OrderListing(limit=3, cursor=first.next), now=now)

    assert [one.id for one in [*first.items, *rest.items]] == ids[::-1]
    assert rest.next is None


def test_orders_are_listed_by_state_seller_and_customer(raffle, eva, now):
    one, two = _sold_by(raffle, "u-eva", 1, now=now), shop.sell(raffle, 2, buyer=2, now=now)
    shop.confirm(two, now=now)

    assert listed(raffle, now, status="PAID") == [two.id]
    assert listed(raffle, now, seller="u-eva") == [one.id]
    assert listed(raffle, now, customer=two.customer_id) == [two.id]
    assert listed(raffle, now, customer=two.customer_id, status="RESERVED") == []


def test_of_a_customer_only_the_orders_of_the_raffle_are_listed(raffle, now):
    here, there = shop.sell(raffle, 1, now=now), shop.on_sale(now)
    shop.sell(there, 1, now=now)

    assert listed(raffle, now, customer=here.customer_id) == [here.id]


def test_receipts_that_nobody_looked_at_in_time_are_listed(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)
    shop.sell(raffle, 2, now=now)

    assert listed(raffle, now, overdue=True) == []
    assert listed(raffle, order.review_due_at + MINUTE, overdue=True) == [order.id]
    assert order.id not in listed(raffle, order.review_due_at + MINUTE, overdue=False)


def test_another_raffles_and_another_tenants_orders_are_not_listed(raffle, clinic, now):
    shop.sell(raffle, 1, now=now)

    assert listed(shop.on_sale(now), now) == []
    with pytest.raises(NotHere):
        listed(raffle, now, tenant="clinic")


def test_nobody_has_a_free_number(raffle, now):
    found = orders.holder("salon", raffle.id, 7, now=now)

    assert (found.number, found.state, found.order) == ("007", "free", None)


def test_a_reserved_and_a_sold_number_are_had_by_their_order(raffle, now):
    order = shop.sell(raffle, 7, now=now)
    assert (orders.holder("salon", raffle.id, 7, now=now).state) == "reserved"

    shop.confirm(order, now=now)

    found = orders.holder("salon", raffle.id, 7, now=now)
    assert (found.state, found.order.id) == ("sold", order.id)


def test_nobody_has_a_number_whose_hold_lapsed(raffle, now):
    shop.sell(raffle, 7, now=now)

    assert orders.holder("salon", raffle.id, 7, now=now + 11 * MINUTE).order is None


def test_a_number_that_the_raffle_does_not_have_is_not_there(raffle, now):
    with pytest.raises(NotHere):
        orders.holder("salon", raffle.id, 101, now=now)


def test_another_tenants_order_is_not_there(raffle, clinic, now):
    order = shop.sell(raffle, 1, now=now)

    with pytest.raises(NotHere):
        orders.get("clinic", order.id, now=now)
    for change in (shop.receive, shop.cancel, shop.expire, shop.confirm, shop.refund):
        with pytest.raises(NotHere):
            change(order, now=now, tenant="clinic")
    with pytest.raises(NotHere):
        shop.sell(raffle, 2, now=now, tenant="clinic", customer={"name": "Ana"})
    assert shop.status(order, now=now) == "RESERVED"


def test_a_list_takes_one_round_trip(raffle, now):
    shop.sell(raffle, 1, now=now)

    with trips() as seen:
        listed(raffle, now)

    assert seen == ["Query"]
