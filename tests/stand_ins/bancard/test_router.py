"""The gateway of the stand-in: what a shop's server asks, and the very bytes that come back."""

import json
import re
from datetime import UTC, datetime

import pytest

from mostrador import clock
from mostrador.payments.rules import bancard
from tests.stand_ins.conftest import AMOUNT, API, PRIVATE_KEY, PROCESS, PUBLIC_KEY

ERROR = '{"status":"error","messages":[{"key":"%s","level":"error","dsc":"%s"}]}'
RESULT = (
    '{"token":"98bd91d62a6c60bbe441bc34755b81eb","shop_process_id":900000000000123,"response":"S",'
    '"response_details":"Procesado Satisfactoriamente","extended_response_description":null,"currency":"PYG",'
    '"amount":"10330.00","authorization_number":"000123","ticket_number":"2118000123","response_code":"00",'
    '"response_description":"Transaccion aprobada","security_information":{"customer_ip":"203.0.113.7",'
    '"card_source":"L","card_country":"PARAGUAY","version":"0.3","risk_index":0}}'
)
PUBLISHED = (
    b'{"public_key":"MOCKpub0000000000000000000000001","operation":{"token":"b03449a181057dd73ef6e0c73c408c7a",'
    b'"shop_process_id":900000000000123,"amount":"10330.00","currency":"PYG","additional_data":"",'
    b'"description":"Turno 15:30","return_url":"https://t1.example.py/pago/900000000000123",'
    b'"cancel_url":"https://t1.example.py/pago/900000000000123/cancelado"}}'
)


def test_the_published_purchase_is_taken(shop):
    answer = shop.call("POST", f"{API}/single_buy", PUBLISHED)

    assert answer.status == 200
    assert re.fullmatch(r'{"status":"success","process_id":"[0-9A-Za-z*_.-]{20}"}', answer.text)


def test_a_process_id_has_a_character_that_is_no_letter(shop):
    assert not shop.buy().json["process_id"].isalnum()


def test_a_number_is_used_once_and_its_page_never_told_again(shop):
    shop.buy()

    again = shop.buy()

    assert again.status == 200
    assert again.text == ERROR % ("InvalidOperationError", "Shop process has already been taken")


def test_an_id_may_come_as_text(shop):
    shop.buy(str(PROCESS))

    assert shop.purchase()["shop_process_id"] == PROCESS


WRONG = {
    "another token": ({"token": "0" * 32}, "InvalidTokenError"),
    "no token": ({"token": None}, "InvalidTokenError"),
    "nothing to pay": ({"amount": "0.00"}, "InvalidAmountError"),
    "a negative amount": ({"amount": "-1.00"}, "InvalidAmountError"),
    "centimos": ({"amount": "10330.50"}, "InvalidOperationError"),
    "an amount without decimals": ({"amount": "10330"}, "InvalidOperationError"),
    "a long description": ({"description": "x" * 21}, "InvalidOperationError"),
    "no description": ({"description": None}, "InvalidOperationError"),
    "half a letter": ({"description": "\ud800"}, "InvalidOperationError"),
    "no page to return to": ({"return_url": None}, "InvalidOperationError"),
    "a script to return to": ({"return_url": "javascript:alert(1)"}, "InvalidOperationError"),
    "a long page to return to": ({"return_url": "https://t1.example.py/" + "x" * 234}, "InvalidOperationError"),
    "a script to cancel to": ({"cancel_url": "data:text/html,x"}, "InvalidOperationError"),
    "more data than fit": ({"additional_data": "x" * 256}, "InvalidOperationError"),
}


@pytest.mark.parametrize(("changed", "key"), WRONG.values(), ids=WRONG.keys())
def test_a_purchase_that_is_wrong_in_one_way_is_refused_for_it(shop, changed, key):
    answer = shop.buy(**changed)

    assert (answer.status, answer.key) == (200, key)


def test_an_amount_is_a_text(shop):
    token = bancard.single_buy_token(PRIVATE_KEY, PROCESS, AMOUNT, "PYG")

    assert shop.buy(token=token, number=PROCESS, currency="PYG").json["status"] == "success"
    assert shop.vpos("/single_buy", token=token, shop_process_id=1, amount=10330, currency="PYG").key == (
        "InvalidOperationError"
    )


def test_dollars_are_refused_though_signed(shop):
    token = bancard.single_buy_token(PRIVATE_KEY, PROCESS, AMOUNT, "USD")

    assert shop.buy(token=token, currency="USD").key == "InvalidOperationError"


@pytest.mark.parametrize("number", [10**15, "9e14", True, None, 1.5, "", -1, [1]])
def test_an_id_has_at_most_15_digits_and_nothing_else(shop, number):
    assert shop.vpos("/single_buy", token="x", shop_process_id=number).key == "InvalidOperationError"


def test_an_id_loses_its_leading_zeros(shop):
    token = bancard.single_buy_token(PRIVATE_KEY, 123, AMOUNT, "PYG")

    shop.buy("000000000000123", token=token)

    assert shop.purchase(123)["shop_process_id"] == 123


UNREADABLE = [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000]


@pytest.mark.parametrize("body", UNREADABLE, ids=["empty", "cut", "list", "text", "not UTF-8", "deep"])
def test_what_is_no_json_object_is_refused(shop, body):
    assert shop.call("POST", f"{API}/single_buy", body).text == ERROR % ("InvalidJsonError", "Invalid JSON")


def test_what_has_no_operation_is_refused(shop):
    assert shop.call("POST", f"{API}/single_buy", {"public_key": PUBLIC_KEY}).key == "InvalidOperationError"


@pytest.mark.parametrize(
    ("public_key", "key"),
    [("X" * 32, "ApplicationNotFoundError"), ("short", "InvalidPublicKeyError"), (["x"], "InvalidPublicKeyError")],
)
def test_a_shop_that_is_not_known_is_refused(shop, public_key, key):
    assert shop.vpos("/single_buy", public_key=public_key, token="x").key == key


def test_a_purchase_that_nobody_paid_is_no_payment(shop):
    shop.buy()

    assert shop.confirmations().text == ERROR % ("PaymentNotFoundError", "Payment Not Found")


def test_a_purchase_that_nobody_made_is_not_found(shop):
    assert shop.confirmations().text == ERROR % ("BuyNotFoundError", "Buy Not Found")
    assert shop.rollback().text == ERROR % ("BuyNotFoundError", "Buy Not Found")


def test_a_paid_purchase_is_told_byte_for_byte(shop):
    shop.buy()
    shop.pay()

    assert shop.confirmations().text == f'{{"status":"success","confirmation":{RESULT}}}'


def test_a_question_takes_the_id_as_text(shop):
    shop.buy()
    shop.pay()

    assert shop.confirmations(str(PROCESS)).json["confirmation"]["shop_process_id"] == PROCESS


@pytest.mark.parametrize("path", ["/single_buy/confirmations", "/single_buy/rollback"])
def test_a_question_with_another_token_is_refused(shop, path):
    shop.buy()

    assert shop.vpos(path, token="0" * 32, shop_process_id=PROCESS).text == ERROR % (
        "InvalidTokenError",
        "Invalid token",
    )


def test_a_payment_is_taken_back_once(shop):
    shop.buy()
    shop.pay()

    assert shop.rollback().text == (
        '{"status":"success","messages":[{"key":"RollbackSuccessful","level":"info","dsc":"Rollback correcto."}]}'
    )
    assert shop.rollback().key == "AlreadyRollbackedError"


def test_what_was_taken_back_is_told_as_such(shop):
    shop.buy()
    shop.pay()
    shop.rollback()

    assert shop.confirmations().key == "AlreadyRollbackedError"


@pytest.mark.parametrize("before", [None, "decline"])
def test_what_was_not_paid_cannot_be_paid_after_it_was_taken_back(shop, before):
    shop.buy()
    if before:
        shop.pay(before)

    assert shop.rollback().key == "PaymentNotFoundError"
    assert shop.pay().status == 409


def test_after_a_day_only_a_person_can_take_a_payment_back(shop):
    shop.buy()
    shop.pay()
    shop.next_day()

    assert shop.rollback().key == "TransactionAlreadyConfirmed"


def test_what_is_paid_on_the_next_day_can_be_taken_back_on_it(shop):
    shop.buy()
    shop.next_day()
    shop.pay()

    assert shop.rollback().json["status"] == "success"


def test_a_day_ends_at_midnight_in_asuncion(shop, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 1, 2, 59, tzinfo=UTC))
    shop.buy()
    shop.pay()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 1, 3, 0, tzinfo=UTC))

    assert shop.rollback().key == "TransactionAlreadyConfirmed"


def test_a_shop_does_not_see_what_another_sold(shop, other_shop):
    shop.buy()
    shop.pay()

    assert other_shop.confirmations().key == "BuyNotFoundError"
    assert other_shop.buy().json["status"] == "success"
    assert other_shop.confirmations().key == "PaymentNotFoundError"


def test_what_is_not_ascii_is_escaped(shop):
    shop.buy()
    shop.pay("decline_processed")

    answer = shop.confirmations()

    assert r"Transacci\u00f3n Denegada" in answer.text
    assert answer.text.isascii()
    assert json.loads(answer.text)["confirmation"]["response_description"] == "Transacción Denegada"


def test_a_shop_that_is_registered_again_has_its_new_key_and_its_old_purchases(shop):
    shop.buy()
    shop.private_key = "the key after the rotation"
    shop.register()

    assert shop.confirmations().key == "PaymentNotFoundError"


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "ftp://x.py", "no address", "http://h:99999/", "http://127.0.0.1:9001/x"]
)
def test_a_shop_is_told_at_no_address_that_is_not_the_webs(shop, monkeypatch, url):
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")

    assert shop.register(url).status == 400
