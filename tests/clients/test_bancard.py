"""The client against a stand-in for Bancard's vPOS, over real HTTP."""

import json
from itertools import product

import pytest

from mostrador.clients import bancard
from mostrador.clients.bancard import Card, Charge, Purchase, PurchaseState, RollbackOutcome, ThreeDS
from mostrador.clients.bancard_http import Application, GatewayUnknown
from mostrador.payments.rules.bancard import result_of
from tests.support.gateway_double import Reply, error
from tests.support.notices import ALIAS, AMOUNT, CHARGE, CONFIRM, ID, KEY, NOTICE, PUBLIC

PAGE = "mk*8Zt0QwErTyUiOpAsD"
PURCHASE = Purchase(ID, AMOUNT, "Turno 15:30", "https://t1.example.py/pago", "https://t1.example.py/no")
CARD_CHARGE = Charge(ID, AMOUNT, "Turno 15:30", ALIAS)


def confirmed(**changed):
    return {"status": "success", "confirmation": NOTICE | changed}


def test_a_purchase_gives_the_id_of_its_page(gateway, shop):
    gateway.reply = Reply({"status": "success", "process_id": PAGE})

    assert bancard.single_buy(shop, PURCHASE) == PAGE


def test_a_purchase_is_asked_for_in_bancards_own_words(gateway, shop):
    gateway.reply = Reply({"status": "success", "process_id": PAGE})

    bancard.single_buy(shop, PURCHASE)

    [asked] = gateway.asked
    assert (asked.method, asked.path) == ("POST", "/vpos/api/0.3/single_buy")
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.body == (
        b'{"public_key":"MOCKpub0000000000000000000000001","operation":{"token":"b03449a181057dd73ef6e0c73c408c7a",'
        b'"shop_process_id":900000000000123,"amount":"10330.00","currency":"PYG","additional_data":"",'
        b'"description":"Turno 15:30","return_url":"https://t1.example.py/pago","cancel_url":"https://t1.example.py/no"}}'
    )


@pytest.mark.parametrize("ask", [bancard.confirmation, bancard.rollback])
def test_an_id_is_a_text_in_questions(gateway, shop, ask):
    gateway.reply = Reply(error("PaymentNotFoundError"))

    ask(shop, ID)

    path, token = {
        bancard.confirmation: ("confirmations", "e37e7a01eb7c119aad62138ba4e8134b"),
        bancard.rollback: ("rollback", "a4720c8b96403435da33377915027c8a"),
    }[ask]
    assert gateway.asked[0].path == f"/vpos/api/0.3/single_buy/{path}"
    assert gateway.asked[0].body == (
        b'{"public_key":"%b","operation":{"token":"%b","shop_process_id":"900000000000123"}}'
        % (PUBLIC.encode(), token.encode())
    )


def test_the_vpos_may_be_below_a_path(gateway):
    gateway.reply = Reply({"status": "success", "process_id": PAGE})

    bancard.single_buy(Application(f"{gateway.url}/stand-in/", PUBLIC, KEY), PURCHASE)

    assert gateway.asked[0].path == "/stand-in/vpos/api/0.3/single_buy"


@pytest.mark.parametrize("page", [None, "", 5, "x" * 61, "a b", "a\n", ["x"], "ñ"])
def test_a_purchase_without_a_page_is_unknown(gateway, shop, page):
    gateway.reply = Reply({"status": "success", "process_id": page})

    with pytest.raises(GatewayUnknown, match="process_id"):
        bancard.single_buy(shop, PURCHASE)


def test_a_paid_purchase_comes_with_its_result_and_what_may_be_kept(gateway, shop):
    gateway.reply = Reply(confirmed())

    told = bancard.confirmation(shop, ID)

    assert (told.state, told.result) == (PurchaseState.PAID_OR_DECLINED, result_of(NOTICE))
    assert told.raw["confirmation"]["response_code"] == "00"
    assert CONFIRM not in repr(told)
    assert "203.0.113.7" not in repr(told)


@pytest.mark.parametrize(("code", "is_approved"), [("00", True), ("57", False)])
def test_what_was_processed_need_not_be_approved(gateway, shop, code, is_approved):
    gateway.reply = Reply(confirmed(response="S", response_code=code))

    assert bancard.confirmation(shop, ID).result.is_approved is is_approved


def test_an_amount_stays_as_it_was_written(gateway, shop):
    gateway.reply = Reply(json.dumps(confirmed()).replace('"10330.00"', "10330.00").encode())

    assert bancard.confirmation(shop, ID).result.amount == "10330.00"


@pytest.mark.parametrize("changed", [{"shop_process_id": ID + 1}, {"amount": None}, {"response": "X"}], ids=str)
def test_a_result_that_is_not_right_is_unknown(gateway, shop, changed):
    gateway.reply = Reply(confirmed(**changed))

    with pytest.raises(GatewayUnknown):
        bancard.confirmation(shop, ID)


STANDINGS = [
    ("PaymentNotFoundError", PurchaseState.NOT_PAID),
    ("AlreadyRollbackedError", PurchaseState.ROLLED_BACK),
    ("BuyNotFoundError", PurchaseState.UNKNOWN_PURCHASE),
]
ROLLBACKS = [
    ("PaymentNotFoundError", RollbackOutcome.NOT_PAID),
    ("AlreadyRollbackedError", RollbackOutcome.ALREADY),
    ("TransactionAlreadyConfirmed", RollbackOutcome.TOO_LATE),
    ("BuyNotFoundError", RollbackOutcome.UNKNOWN_PURCHASE),
]


def test_how_a_purchase_stands_is_read_from_all_remarks_whatever_the_status(gateway, shop, subtests):
    remarks = [(), ("SomethingNewError",), ("Noise",) * 30]
    for before, status, (key, standing) in product(remarks, [200, 422, 500], STANDINGS):
        with subtests.test(before=before, status=status, key=key):
            gateway.reply = Reply(error(*before, key), status=status)

            told = bancard.confirmation(shop, ID)

            assert (told.result, told.state) == (None, standing)
            assert told.raw["status"] == "error"


@pytest.mark.parametrize(("key", "outcome"), ROLLBACKS)
def test_what_came_of_a_rollback_is_read_from_its_remarks(gateway, shop, key, outcome):
    gateway.reply = Reply(error("SomethingNewError", key), status=404)

    assert bancard.rollback(shop, ID) is outcome


def test_a_rollback_is_done_when_bancard_says_so(gateway, shop):
    told = [{"key": "RollbackSuccessful", "level": "info", "dsc": "Rollback correcto."}]
    gateway.reply = Reply({"status": "success", "messages": told})

    assert bancard.rollback(shop, ID) is RollbackOutcome.DONE


def test_a_success_that_names_no_rollback_is_unknown(gateway, shop):
    gateway.reply = Reply({"status": "success"})

    with pytest.raises(GatewayUnknown):
        bancard.rollback(shop, ID)


def test_a_payment_that_cannot_be_taken_back_outweighs_one_that_is_not_there(gateway, shop):
    gateway.reply = Reply(error("PaymentNotFoundError", "TransactionAlreadyConfirmed"))

    assert bancard.rollback(shop, ID) is RollbackOutcome.TOO_LATE


def test_a_card_is_registered_on_a_page(gateway, shop):
    gateway.reply = Reply({"status": "success", "process_id": PAGE})

    page = bancard.new_card(
        shop, card_id=1, user_id=966389, phone="0981123456", mail="a@b.py", return_url="https://c.py"
    )

    assert page == PAGE
    assert gateway.asked[0].path == "/vpos/api/0.3/cards/new"
    assert gateway.asked[0].told["operation"] == {
        "token": "633f7a99564a489e9dd3bec0e41cc99c", "card_id": 1, "user_id": 966389, "user_cell_phone": "0981123456",
        "user_mail": "a@b.py", "return_url": "https://c.py",
    }  # fmt: skip


def test_the_cards_of_a_user_are_listed(gateway, shop):
    listed = {"card_id": 7, "alias_token": ALIAS, "card_masked_number": "5418********0014", "expiration_date": "08/26",
              "card_brand": "MasterCard", "card_type": "credit"}  # fmt: skip
    gateway.reply = Reply({"status": "success", "cards": [listed, listed | {"card_id": "8", "card_brand": None}]})

    found = bancard.cards(shop, 966389)

    assert found[0] == Card(7, ALIAS, "5418********0014", "08/26", "MasterCard", "credit")
    assert (found[1].card_id, found[1].brand) == (8, "")
    assert gateway.asked[0].path == "/vpos/api/0.3/users/966389/cards"
    assert gateway.asked[0].told["operation"] == {"token": "0af807a23727e0569fdab6b8abb72061"}


@pytest.mark.parametrize("listed", [None, {}, [None], [{"card_id": None}], [{"card_id": [[]]}], [{}]], ids=str)
def test_a_list_of_cards_that_is_not_right_is_unknown(gateway, shop, listed):
    gateway.reply = Reply({"status": "success", "cards": listed})

    with pytest.raises(GatewayUnknown, match="card"):
        bancard.cards(shop, 966389)


def test_a_card_is_forgotten(gateway, shop):
    gateway.reply = Reply({"status": "success"})

    bancard.delete_card(shop, 966389, ALIAS)

    [asked] = gateway.asked
    assert (asked.method, asked.path) == ("DELETE", "/vpos/api/0.3/users/966389/cards")
    assert asked.told["operation"] == {"token": "7ed11fb96c587bd3e6ec07f9c494743c", "alias_token": ALIAS}


@pytest.mark.parametrize("wrapper", ["confirmation", "operation"])
def test_a_charge_comes_with_its_result(gateway, shop, wrapper):
    gateway.reply = Reply({"status": "success", wrapper: NOTICE | {"token": CHARGE, "amount": 10330}})

    told = bancard.charge(shop, CARD_CHARGE)

    assert told.state is PurchaseState.PAID_OR_DECLINED
    assert told.result.is_approved
    assert gateway.asked[0].path == "/vpos/api/0.3/charge"
    assert gateway.asked[0].told["operation"] == {
        "token": CHARGE, "shop_process_id": ID, "amount": AMOUNT, "currency": "PYG", "number_of_payments": 1,
        "additional_data": "", "description": "Turno 15:30", "alias_token": ALIAS,
    }  # fmt: skip


@pytest.mark.parametrize("answer", [{"process_id": PAGE}, {"confirmation": {"process_id": PAGE}}], ids=str)
def test_a_charge_may_ask_for_3d_secure(gateway, shop, answer):
    gateway.reply = Reply({"status": "success"} | answer)
    wanted = Charge(ID, AMOUNT, "Turno 15:30", ALIAS, return_url="https://t1.example.py")

    assert bancard.charge(shop, wanted) == ThreeDS(PAGE)
    assert gateway.asked[0].told["operation"]["return_url"] == "https://t1.example.py"
    assert gateway.asked[0].told["operation"]["extra_response_attributes"] == ["confirmation.process_id"]


@pytest.mark.parametrize("answer", [{}, {"operation": []}, {"operation": NOTICE | {"shop_process_id": 5}}], ids=str)
def test_a_charge_that_tells_nothing_is_unknown(gateway, shop, answer):
    gateway.reply = Reply({"status": "success"} | answer)

    with pytest.raises(GatewayUnknown):
        bancard.charge(shop, CARD_CHARGE)


def test_what_is_secret_is_not_in_any_text_of_ours(shop):
    card = Card(7, ALIAS, "5418********0014", "08/26", "MasterCard", "credit")

    assert KEY not in repr(shop)
    assert ALIAS not in repr(CARD_CHARGE)
    assert not any(secret in repr(card) for secret in (ALIAS, "0014", "08/26"))
