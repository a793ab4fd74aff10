"""Registered cards at the stand-in: registering, listing, forgetting and charging them."""

import json
from datetime import timedelta

import pytest

from mostrador import clock
from mostrador.payments.rules import bancard
from mostrador.payments.rules.bancard import is_genuine, result_of
from tests.stand_ins.conftest import AMOUNT, PRIVATE_KEY, PROCESS

USER, CARD = 966389, 1


def new_card(shop, card_id=CARD, **changed):
    sent = {
        "token": bancard.new_card_token(shop.private_key, card_id, USER),
        "card_id": card_id,
        "user_id": USER,
        "user_cell_phone": "0981123456",
        "user_mail": "ana@example.com",
        "return_url": "https://t1.example.py/tarjetas",
    }
    return shop.vpos("/cards/new", **(sent | changed))


def registered(shop, card_id=CARD, choice="approve"):
    """What the page answers to the person who registers a card."""
    process_id = new_card(shop, card_id).json["process_id"]
    return shop.call("POST", "/checkout/pay", {"process_id": process_id, "choice": choice})


def cards(shop, **more):
    return shop.vpos(f"/users/{USER}/cards", token=bancard.cards_token(shop.private_key, USER), **more)


def alias_of(shop):
    return cards(shop).json["cards"][0]["alias_token"]


def delete(shop, alias):
    token = bancard.delete_card_token(shop.private_key, USER, alias)
    return shop.vpos(f"/users/{USER}/cards", method="DELETE", token=token, alias_token=alias)


def charge(shop, alias, number=PROCESS, **changed):
    sent = {
        "token": bancard.charge_token(shop.private_key, number, AMOUNT, "PYG", alias),
        "shop_process_id": number,
        "amount": AMOUNT,
        "currency": "PYG",
        "number_of_payments": 1,
        "additional_data": "",
        "description": "Turno 15:30",
        "alias_token": alias,
    }
    return shop.vpos("/charge", **(sent | changed))


def test_a_card_is_registered_on_a_page(shop):
    told = registered(shop).json

    assert told["message"] == "add_new_card_success"
    assert told["redirect"] == "https://t1.example.py/tarjetas?status=add_new_card_success"
    assert [card["card_id"] for card in cards(shop).json["cards"]] == [CARD]


def test_a_card_that_is_refused_is_not_registered(shop):
    assert registered(shop, choice="decline").json["message"] == "add_new_card_fail"
    assert cards(shop).text == '{"status":"success","cards":[]}'


def test_a_request_to_register_is_answered_once(shop):
    process_id = new_card(shop).json["process_id"]
    shop.call("POST", "/checkout/pay", {"process_id": process_id, "choice": "decline"})

    assert shop.call("POST", "/checkout/pay", {"process_id": process_id, "choice": "approve"}).status == 409


def test_nothing_is_posted_of_a_card_that_is_registered(shop):
    registered(shop)

    assert shop.notices == []


def test_a_card_is_told_byte_for_byte(shop):
    registered(shop)

    answer = cards(shop)

    alias = answer.json["cards"][0]["alias_token"]
    assert answer.text == (
        f'{{"status":"success","cards":[{{"alias_token":"{alias}","card_masked_number":"5418********0014",'
        '"expiration_date":"08/31","card_brand":"MasterCard","card_id":1,"card_type":"credit"}]}'
    )


def test_more_is_told_of_a_card_where_it_is_asked_for(shop):
    registered(shop)

    assert cards(shop, extra_response_attributes=["cards.bancard_proccesed"]).json["cards"][0]["bancard_proccesed"]


def test_each_list_gives_new_aliases(shop):
    registered(shop)

    assert alias_of(shop) != alias_of(shop)


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"token": "0" * 32}, "InvalidTokenError"),
        ({"user_mail": None}, "InvalidOperationError"),
        ({"user_cell_phone": 981123456}, "InvalidOperationError"),
        ({"return_url": "about:blank"}, "InvalidOperationError"),
        ({"card_id": 10**19}, "InvalidOperationError"),
    ],
)
def test_a_card_that_is_asked_for_wrongly_is_refused(shop, changed, key):
    assert new_card(shop, **changed).key == key


def test_a_card_is_registered_once(shop):
    registered(shop)

    assert new_card(shop).key == "CardAlreadyRegisteredByUserError"


def test_the_cards_of_a_user_are_not_told_without_the_token(shop):
    assert shop.vpos(f"/users/{USER}/cards", token="0" * 32).key == "InvalidTokenError"


def test_a_card_is_forgotten(shop):
    registered(shop)
    registered(shop, card_id=2)

    assert delete(shop, alias_of(shop)).text == '{"status":"success"}'
    assert [card["card_id"] for card in cards(shop).json["cards"]] == [2]


def test_an_alias_works_once(shop):
    registered(shop)
    alias = alias_of(shop)
    charge(shop, alias)

    assert charge(shop, alias, PROCESS + 1).key == "CardAliasTokenExpiredError"
    assert delete(shop, alias).key == "CardAliasTokenExpiredError"


@pytest.mark.parametrize(("seconds", "status"), [(599, "success"), (600, "error")])
def test_an_alias_works_for_ten_minutes(shop, now, monkeypatch, seconds, status):
    monkeypatch.setattr(clock, "now", lambda: now)
    registered(shop)
    alias = alias_of(shop)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=seconds))

    assert charge(shop, alias).json["status"] == status


def test_a_card_that_is_not_known_is_not_charged(shop):
    assert charge(shop, "nobodys").key == "CardNotFoundError"
    assert shop.confirmations().key == "BuyNotFoundError"


def test_a_card_that_was_forgotten_is_not_charged(shop):
    registered(shop)
    alias = alias_of(shop)
    delete(shop, alias_of(shop))

    assert charge(shop, alias).key == "CardNotFoundError"


def test_the_card_of_another_shops_customer_is_not_charged_nor_its_alias_spent(shop, other_shop):
    registered(shop)
    alias = alias_of(shop)

    assert charge(other_shop, alias).key == "CardNotFoundError"
    assert charge(shop, alias).json["status"] == "success"


def test_a_charge_is_told_with_its_amount_as_a_number(shop):
    registered(shop)

    told = charge(shop, alias_of(shop)).json

    assert told["status"] == "success"
    assert told["confirmation"]["amount"] == 10330
    assert result_of(told["confirmation"]).is_approved


def test_a_charge_is_posted_under_its_own_signature(shop):
    registered(shop)
    alias = alias_of(shop)
    charge(shop, alias)

    assert shop.told[0]["amount"] == AMOUNT
    assert not is_genuine(result_of(shop.told[0]), [PRIVATE_KEY])
    assert is_genuine(result_of(shop.told[0]), [PRIVATE_KEY], alias_token=alias)


def test_a_charge_is_asked_for_and_taken_back_like_any_purchase(shop):
    registered(shop)
    charge(shop, alias_of(shop))

    assert shop.confirmations().json["confirmation"]["response_code"] == "00"
    assert shop.rollback().json["status"] == "success"


def test_the_portal_does_not_show_the_alias_of_a_charge(shop):
    registered(shop)
    alias = alias_of(shop)
    charge(shop, alias)

    assert alias not in json.dumps(shop.purchase())


@pytest.mark.parametrize(("how", "code"), [("decline", "05"), ("decline_processed", "57")])
def test_a_charge_may_be_declined(shop, how, code):
    shop.behave("charge", how)
    registered(shop)

    assert charge(shop, alias_of(shop)).json["confirmation"]["response_code"] == code
    assert shop.told[0]["response_code"] == code


def test_a_charge_may_ask_for_the_cardholder(shop):
    shop.behave("charge", "3ds")
    registered(shop)

    told = charge(shop, alias_of(shop), return_url="https://t1.example.py/pago").json["confirmation"]

    assert {name for name, value in told.items() if value is not None} == {"process_id"}
    assert shop.confirmations().key == "PaymentNotFoundError"
    shop.call("POST", "/checkout/pay", {"process_id": told["process_id"], "choice": "approve"})
    assert shop.confirmations().json["confirmation"]["response_code"] == "00"


def test_a_charge_tells_its_process_where_it_is_asked_for(shop):
    registered(shop)

    told = charge(shop, alias_of(shop), extra_response_attributes=["confirmation.process_id"]).json["confirmation"]

    assert len(told["process_id"]) == 20


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"token": "0" * 32}, "InvalidTokenError"),
        ({"number_of_payments": None}, "InvalidOperationError"),
        ({"alias_token": ""}, "CardNotFoundError"),
        ({"description": "x" * 21}, "InvalidOperationError"),
    ],
)
def test_a_charge_that_is_wrong_in_one_way_is_refused_for_it(shop, changed, key):
    registered(shop)

    assert charge(shop, alias_of(shop), **changed).key == key
