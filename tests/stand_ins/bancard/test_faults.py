"""Bad days to order: calls that are not carried out, and calls that are though nobody hears of it."""

import time

import pytest

from stand_ins.bancard import records
from tests.stand_ins.conftest import PROCESS


@pytest.mark.parametrize(("how", "status"), [("html_502", 502), ("html_403", 403)])
def test_a_page_comes_instead_of_json_and_nothing_was_done(shop, how, status):
    shop.behave("single_buy", how)

    answer = shop.buy()

    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert shop.confirmations().key == "BuyNotFoundError"


def test_nothing_comes_instead_of_json_and_nothing_was_done(shop):
    shop.behave("single_buy", "empty")

    answer = shop.buy()

    assert (answer.status, answer.text) == (200, "")
    assert shop.confirmations().key == "BuyNotFoundError"


def test_an_error_of_any_key_comes_and_nothing_was_done(shop):
    shop.behave("rollback", "error_key:PosCommunicationError")
    shop.buy()
    shop.pay()

    assert shop.rollback().key == "PosCommunicationError"
    assert shop.purchase()["state"] == "PAID"


def test_what_was_lost_was_done(shop):
    shop.behave("single_buy", "lost")

    answer = shop.buy()

    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert shop.confirmations().key == "PaymentNotFoundError"


def test_what_is_cut_short_was_done(shop):
    shop.behave("rollback", "truncated")
    shop.buy()
    shop.pay()

    answer = shop.rollback()

    assert answer.status == 200
    assert answer.text == '{"status":"success","messages":[{"key":"RollbackSuccessf'[: len(answer.text)]
    assert shop.purchase()["state"] == "ROLLED_BACK"


def test_what_is_slow_was_done_before_the_answer(shop):
    shop.behave("single_buy", "slow", seconds=0.3)
    began = time.monotonic()

    answer = shop.buy()

    assert answer.json["status"] == "success"
    assert time.monotonic() - began >= 0.3


def test_slow_is_12_seconds_where_nothing_is_said(shop):
    ordered = shop.behave("single_buy", "slow").json["faults"]

    assert ordered == [{"operation": "single_buy", "how": "slow", "times": 1, "seconds": 12}]


@pytest.mark.parametrize(
    ("ask", "status"), [("confirmations", 404), ("rollback", 404), ("buy", 422)], ids=["ask", "roll back", "buy"]
)
def test_errors_may_have_a_status_of_their_own(shop, ask, status):
    shop.behave({"buy": "single_buy"}.get(ask, ask), "http_errors")

    answer = shop.buy(description="x" * 21) if ask == "buy" else getattr(shop, ask)()

    assert answer.status == status
    assert answer.json["status"] == "error"


def test_what_goes_well_has_the_status_of_success_all_the_same(shop):
    shop.behave("single_buy", "http_errors")

    assert shop.buy().status == 200


def test_a_bad_day_lasts_for_as_many_calls_as_were_ordered(shop):
    shop.behave("confirmations", "html_502", times=2)

    assert [shop.confirmations().status for _ in range(3)] == [502, 502, 200]


def test_bad_days_come_in_the_order_in_which_they_were_ordered(shop):
    shop.behave("confirmations", "html_502")
    shop.behave("confirmations", "html_403")

    assert [shop.confirmations().status for _ in range(3)] == [502, 403, 200]


def test_a_bad_day_is_one_operations_and_one_shops(shop, other_shop):
    shop.behave("confirmations", "html_502")

    assert shop.rollback().status == 200
    assert other_shop.confirmations().status == 200
    assert shop.confirmations().status == 502


def test_bad_days_may_be_called_off(shop):
    shop.behave("confirmations", "html_502", times=5)
    shop.behave("confirmations", "html_502", times=0)

    assert shop.confirmations().status == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"operation": "all", "how": "empty"},
        {"operation": "rollback", "how": "early"},
        {"operation": "single_buy", "how": "error_key:"},
        {"operation": "single_buy", "how": None},
        {"operation": "single_buy", "how": "slow", "seconds": 26},
        {"operation": "single_buy", "how": "slow", "seconds": True},
        {"operation": "single_buy", "how": "slow", "times": -1},
    ],
)
def test_a_bad_day_that_there_is_not_is_refused(shop, asked):
    assert shop.behave(**asked).status == 400


def test_a_shop_that_is_not_known_has_no_bad_days(shop):
    shop.public_key = "X" * 32

    assert shop.behave("single_buy", "empty").status == 404
    assert shop.next_day().status == 404


def test_a_change_that_lost_a_race_is_decided_again(shop):
    shop.buy()
    seen = []

    def pay_meanwhile(purchase):
        seen.append(purchase.state)
        if len(seen) == 1:
            shop.pay("never")

    records.change(records.Purchase, records.of_shop(shop.public_key, PROCESS), pay_meanwhile)

    assert seen == ["OPEN", "PAID"]
    assert shop.purchase()["state"] == "PAID"
