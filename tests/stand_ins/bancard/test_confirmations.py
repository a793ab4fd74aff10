"""What the stand-in posts to the shop: true, twice, late, never, early, or as wrong as it is asked to be."""

from time import sleep

import pytest

from mostrador.observability import logger
from mostrador.payments.rules import bancard
from mostrador.payments.rules.bancard import is_genuine, is_rollback_notice, result_of
from stand_ins import addresses
from stand_ins.bancard import payments
from tests.stand_ins.bancard.test_router import RESULT
from tests.stand_ins.conftest import AMOUNT, PRIVATE_KEY, PROCESS

NOTICE = f'{{"operation":{RESULT}}}'


def test_an_approval_is_posted_byte_for_byte(shop):
    shop.buy()
    shop.pay()

    assert shop.notices == [NOTICE]
    assert shop.types == ["application/json"]


def test_a_declined_card_has_neither_authorization_nor_ticket(shop):
    shop.buy()
    shop.pay("decline")

    (told,) = shop.told
    assert (told["response"], told["response_code"]) == ("N", "05")
    assert (told["authorization_number"], told["ticket_number"]) == (None, "0")


def test_a_declined_card_may_come_as_processed(shop):
    shop.buy()
    shop.pay("decline_processed")

    (told,) = shop.told
    assert (told["response"], told["response_code"]) == ("S", "57")
    assert not result_of(told).is_approved


def test_a_decline_is_escaped_as_well(shop):
    shop.buy()
    shop.pay("decline_processed")

    assert r'"response_description":"Transacci\u00f3n Denegada"' in shop.notices[0]


@pytest.mark.parametrize("choice", ["approve", "decline", "decline_processed", "twice"])
def test_every_notice_is_signed_with_the_shops_key(shop, choice):
    shop.buy()
    shop.pay(choice)

    assert all(is_genuine(result_of(told), [PRIVATE_KEY]) for told in shop.told)


def test_a_payment_may_be_told_twice(shop):
    shop.buy()
    shop.pay("twice")

    assert shop.notices == [NOTICE] * 2


def test_a_late_payment_is_told_when_asked_for(shop):
    shop.buy()
    shop.pay("late")
    assert shop.notices == []

    shop.pay("notify")

    assert shop.notices == [NOTICE]


def test_a_payment_that_is_never_told_can_be_asked_for(shop):
    shop.buy()
    shop.pay("never")

    assert shop.notices == []
    assert shop.confirmations().json["confirmation"]["response_code"] == "00"


def test_an_early_payment_is_told_before_the_purchase_is_answered(shop):
    shop.behave("single_buy", "early")
    standing = []
    shop.then = lambda: standing.append(shop.confirmations().json["status"])

    answer = shop.buy()

    assert answer.json["status"] == "success"
    assert (len(shop.notices), standing) == (1, ["success"])


def test_a_shop_can_ask_how_it_stands_while_it_is_told(shop):
    standing = []
    shop.then = lambda: standing.append(shop.confirmations().json["confirmation"]["response_code"])
    shop.buy()

    shop.pay()

    assert standing == ["00"]


def test_a_declined_purchase_may_be_paid_with_another_card(shop):
    shop.buy()
    shop.pay("decline")

    shop.pay("approve")

    assert [told["response_code"] for told in shop.told] == ["05", "00"]


def test_a_purchase_is_paid_once(shop):
    shop.buy()
    shop.pay()

    again = shop.pay()

    assert (again.status, again.json["error"]) == (409, "esta compra ya fue pagada")


def test_nothing_is_told_of_a_purchase_that_nobody_tried_to_pay(shop):
    shop.buy()

    assert shop.pay("notify").status == 409
    assert shop.notices == []


def test_another_amount_may_be_paid_than_was_asked(shop):
    shop.buy()
    shop.pay(amount="500.00")

    assert shop.told[0]["amount"] == "500.00"
    assert is_genuine(result_of(shop.told[0]), [PRIVATE_KEY])
    assert shop.confirmations().json["confirmation"]["amount"] == "500.00"


def test_a_payment_may_be_told_with_a_wrong_token(shop):
    shop.buy()
    shop.pay(token="f" * 32)

    assert shop.told[0]["token"] == "f" * 32
    assert shop.confirmations().json["confirmation"]["token"] != "f" * 32


def test_a_confirmation_is_sent_again_when_asked_for(shop):
    shop.buy()
    shop.pay()
    shop.confirm()

    assert shop.notices == [NOTICE] * 2


def test_a_decline_may_be_told_as_an_approval(shop):
    shop.buy()
    shop.pay("decline")
    shop.confirm(response="S", response_code="00")

    assert result_of(shop.told[-1]).is_approved
    assert is_genuine(result_of(shop.told[-1]), [PRIVATE_KEY])
    assert shop.purchase()["state"] == "DECLINED"


def test_a_payment_may_be_told_that_never_was(shop):
    shop.buy()
    shop.confirm()

    assert result_of(shop.told[0]).is_approved
    assert shop.confirmations().key == "PaymentNotFoundError"


def test_an_amount_may_be_told_under_the_token_of_another(shop):
    shop.buy()
    shop.pay("never")
    shop.confirm(amount="99999.00", token=bancard.confirm_token(PRIVATE_KEY, PROCESS, AMOUNT, "PYG"))

    assert shop.told[0]["amount"] == "99999.00"
    assert not is_genuine(result_of(shop.told[0]), [PRIVATE_KEY])


def test_a_rollback_is_told_of_an_amount_of_nothing(shop):
    shop.buy()
    shop.pay()
    shop.rollback()
    shop.confirm(rollback=True)

    assert shop.told[-1]["token"] == "267792629ae07b197916900d749102e5"
    assert is_rollback_notice(result_of(shop.told[-1]))


def test_a_confirmation_may_go_to_somebody_elses_address(shop):
    shop.buy()
    shop.pay("never")
    shown = shop.confirm(url=f"{shop.host}/shop/other").json

    assert shown["confirmations"][-1]["url"] == f"{shop.host}/shop/other"
    assert len(shop.notices) == 1


def test_what_the_shop_answered_is_kept(shop):
    shop.says = {"statusCode": 503, "body": "not now"}
    shop.buy()
    shop.pay()

    (kept,) = shop.purchase()["confirmations"]
    assert (kept["status"], kept["answer"], kept["error"]) == (503, "not now", None)


@pytest.mark.parametrize(
    ("url", "error"), [("http://127.0.0.1:1/x", "NewConnectionError"), ("http://h..h/", "NotPublic")]
)
def test_a_shop_that_is_not_there_is_noted(shop, monkeypatch, url, error):
    monkeypatch.setenv("STAND_INS_POST_TO", "http://127.0.0.1:1")
    shop.buy()
    assert shop.register(url).status == 200

    assert shop.pay().status == 200
    assert shop.purchase()["confirmations"][0]["error"] == error


def test_a_name_that_leads_inside_is_posted_nothing(shop, monkeypatch):
    """It was public when the shop registered it."""
    monkeypatch.setattr(addresses, "resolve", lambda *_: ["127.0.0.1"])
    monkeypatch.setattr(addresses.target, "__defaults__", (addresses.resolve,))
    shop.buy()
    port = shop.host.rpartition(":")[2]
    assert shop.register(f"http://shop.example:{port}/shop/notices").status == 200

    shop.pay()

    assert shop.purchase()["confirmations"][0]["error"] == "NotPublic"
    assert shop.notices == []


def test_the_judged_address_gets_the_message_under_the_shops_name(shop, monkeypatch):
    """Red control of the test before: where the address is taken for public, the message arrives there."""
    heard = []
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    monkeypatch.setattr(addresses.target, "__defaults__", (lambda *_: ["127.0.0.1"],))
    shop.then = lambda: heard.append(True)
    shop.buy()
    port = shop.host.rpartition(":")[2]
    assert shop.register(f"http://shop.example:{port}/shop/notices").status == 200

    shop.pay()

    assert heard == [True]
    assert shop.purchase()["confirmations"][0]["status"] == 200


def test_a_shop_that_does_not_answer_in_time_is_noted(shop, monkeypatch):
    monkeypatch.setattr(payments, "_READ", 0.05)
    shop.then = lambda: sleep(0.2)
    shop.buy()
    shop.pay()

    assert shop.purchase()["confirmations"][0]["error"] == "ReadTimeoutError"


def test_a_redirect_is_not_followed(shop):
    shop.says = {"statusCode": 302, "headers": {"Location": f"{shop.host}/shop/elsewhere"}, "body": ""}
    shop.buy()
    shop.pay()

    assert len(shop.notices) == 1
    assert shop.purchase()["confirmations"][0]["status"] == 302


def test_the_portal_shows_all_but_tokens_and_keys(shop):
    shop.buy()
    shop.pay()

    answer = shop.call("GET", f"/portal/purchases/{shop.public_key}/{PROCESS}")

    assert answer.json["state"] == "PAID"
    assert answer.json["confirmations"][0]["sent"]["operation"]["token"] == "***"
    assert PRIVATE_KEY not in answer.text


def test_neither_keys_nor_tokens_are_logged(shop, monkeypatch):
    lines = []
    monkeypatch.setattr(logger, "_logger", _Told(lines))
    shop.buy()
    shop.pay()
    shop.confirm(url="http://127.0.0.1:1/")
    shop.rollback()

    text = repr(lines)
    assert "stand-in paid" in text
    assert not any(secret in text for secret in (PRIVATE_KEY, shop.public_key, shop.told[0]["token"]))


class _Told:
    def __init__(self, lines):
        self.lines = lines

    def __getattr__(self, name):
        return lambda *values, **named: self.lines.append((values, named))


@pytest.mark.parametrize(
    "notice", [{"amount": "5"}, {"rollback": 1}, {"url": "file:///etc/passwd"}, {"token": 1}, {"nonsense": "x"}]
)
def test_a_confirmation_to_order_is_checked(shop, notice):
    shop.buy()

    assert shop.confirm(**notice).status == 400
    assert shop.notices == []


def test_a_purchase_that_is_not_known_has_no_confirmation(shop):
    assert shop.confirm().status == 404
    assert shop.pay().status == 404
