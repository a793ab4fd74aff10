"""P11 through HTTP: a raffle sold out by 16 buyers at once, its board, and one buyer from the public page to paid."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.journeys import days
from tests.journeys.conftest import LONG, eventually
from tests.journeys.visitors import Visitor, aws, problem
from tests.support.raffles import body

pytestmark = [pytest.mark.journey, pytest.mark.core]
BUYERS = 16
NUMBERS = 48


@pytest.fixture
def on_sale(business, admin):
    """An open raffle of 48 numbers, below the API's address."""
    form = body(days.moment(), price="5.00", last_number=NUMBERS, numbers_per_order=4)
    made = admin.call("POST", f"{business.api}/raffles", form)
    assert made.status_code == 201, made.text
    one = f"{business.api}/raffles/{made.json()['id']}"
    opened = admin.call("POST", f"{one}/open", {"method": {"name": "drand"}})
    assert opened.status_code == 200, opened.text
    return one


def board_says(visitor, one, **counts):
    """Wait until the board, which is made anew each few seconds, shows these counts."""
    return eventually(lambda: visitor.call("GET", f"{one}/board").json()["counts"] == counts, LONG) < LONG


def test_sixteen_buyers_at_once_sell_a_raffle_out_and_each_number_once(staff, viewer, on_sale):
    def buy_until_there_is_none(buyer):
        bought, refused = [], []
        for number in count():
            form = {"count": 2, "customer": {"name": f"Buyer {buyer}", "phone": f"0983 {500000 + buyer}"}}
            paid, key = {"paid": {"method": "CASH"}}, f"buyer-{buyer}-{number}"
            answer = staff.call("POST", f"{on_sale}/orders", form | paid, Idempotency_Key=key)
            if answer.status_code != 201:
                refused.append((answer.status_code, answer.json()["code"]))
                return bought, refused
            bought += answer.json()["numbers"]
            assert number < NUMBERS
        return bought, refused

    with ThreadPoolExecutor(BUYERS) as pool:
        outcomes = list(pool.map(buy_until_there_is_none, range(BUYERS)))

    sold = Counter(number for bought, _ in outcomes for number in bought)
    assert len(sold) == NUMBERS
    assert set(sold.values()) == {1}
    assert {refusal for _, refused in outcomes for refusal in refused} == {(409, "not_enough_numbers")}
    assert board_says(viewer, on_sale, free=0, reserved=0, sold=NUMBERS)


def test_of_sixteen_who_want_one_number_one_has_it_and_the_others_are_offered_others(staff, on_sale):
    def want(buyer):
        form = {"numbers": [7], "customer": {"name": f"Buyer {buyer}", "phone": f"0983 {600000 + buyer}"}}
        return staff.call("POST", f"{on_sale}/orders", form)

    with ThreadPoolExecutor(BUYERS) as pool:
        answers = list(pool.map(want, range(BUYERS)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: BUYERS - 1}
    refused = problem(next(answer for answer in answers if answer.status_code == 409), 409, "numbers_taken")
    assert refused["errors"][0]["value"] == [7]
    assert len(refused["alternatives"]) == 1
    assert refused["alternatives"] != [7]


def test_a_customer_orders_tells_of_a_transfer_and_is_confirmed_by_staff(
    http, business, staff, viewer, stranger, on_sale
):
    public, salon = Visitor(http), business.public
    raffle_id = on_sale.rpartition("/")[2]
    form = {"numbers": [11, 12], "name": "Ana López", "phone": "0983 700 001"}

    ordered = public.call("POST", f"{salon}/raffles/{raffle_id}/orders", form, Idempotency_Key=f"j-{raffle_id}")
    again = public.call("POST", f"{salon}/raffles/{raffle_id}/orders", form, Idempotency_Key=f"j-{raffle_id}")
    own = f"{salon}/orders/{ordered.json()['token']}"

    assert (ordered.status_code, again.json()) == (201, ordered.json())
    assert board_says(viewer, on_sale, free=NUMBERS - 2, reserved=2, sold=0)
    received = public.call("POST", f"{own}/receipt", {"method": "TRANSFER", "reference": "SIPAP 1"})
    assert (received.json()["status"], received.json()["hold_expires_at"]) == ("IN_REVIEW", None)

    (order,) = staff.call("GET", f"{on_sale}/orders?status=IN_REVIEW").json()["items"]
    one = f"{business.api}/orders/{order['id']}"
    money, key = {"method": "TRANSFER", "reference": "SIPAP 1"}, {"Idempotency_Key": "sipap-1"}
    problem(viewer.call("POST", f"{one}/confirm", money, **key), 403, "forbidden")
    problem(stranger.call("POST", f"{one}/confirm", money, **key), 404, "not_found")
    problem(staff.call("POST", f"{one}/confirm", money), 422, "invalid_request")
    confirmed = staff.call("POST", f"{one}/confirm", money, **key)
    assert confirmed.status_code == 200, confirmed.text

    assert public.call("GET", own).json()["status"] == "PAID"
    assert public.call("GET", f"{own}/mine").status_code == 200
    assert board_says(viewer, on_sale, free=NUMBERS - 2, reserved=0, sold=2)


def test_a_late_payment_takes_the_numbers_again_or_is_due_back(business, staff, admin, on_sale, stack):
    def order(*numbers):
        form = {"numbers": list(numbers), "customer": {"name": "Beto", "phone": "0983 700 002"}}
        return staff.call("POST", f"{on_sale}/orders", form)

    def lapse(order_id):
        """Move the end of a hold back, in the order and its numbers: nobody waits a quarter of an hour in a test."""
        table, raffle_id = aws(stack, "dynamodb"), on_sale.rpartition("/")[2]
        long_ago = {":t": {"S": "2026-01-01T00:00:00Z"}}
        key = {"pk": {"S": f"T#{business.slug}#ORDERS"}, "sk": {"S": f"ORDER#{order_id}"}}
        table.update_item(
            TableName=stack.table_name,
            Key=key,
            UpdateExpression="SET hold_expires_at = :t",
            ExpressionAttributeValues=long_ago,
        )
        for number in (21, 22):
            table.update_item(
                TableName=stack.table_name,
                Key={"pk": {"S": f"T#{business.slug}#RAFFLE#{raffle_id}"}, "sk": {"S": f"NUMBER#{number:06d}"}},
                UpdateExpression="SET hold_expires_at = :t",
                ExpressionAttributeValues={":t": {"N": "1767225600"}},
            )

    first = order(21, 22).json()["id"]
    lapse(first)
    second = order(22)
    assert second.status_code == 201, second.text  # a lapsed hold is taken over
    late = staff.call("POST", f"{business.api}/orders/{first}/confirm", {"method": "CASH"}, Idempotency_Key="late-1")
    cancelled = staff.call("POST", f"{business.api}/orders/{second.json()['id']}/cancel", {"reason": "x"})
    due = admin.call("GET", f"{business.api}/payments?status=REFUND_DUE").json()["items"]

    assert cancelled.status_code == 200
    assert late.status_code == 200, late.text
    assert [one["target_id"] for one in due if one["target_id"] == first] == [first]
