"""The real client against the stand-in, over HTTP: every operation, and every bad day."""

import pytest

from mostrador import settings
from mostrador.clients import bancard
from mostrador.clients.bancard import Charge, Purchase, PurchaseState, RollbackOutcome, ThreeDS
from mostrador.clients.bancard_http import (
    Application,
    DuplicateProcess,
    GatewayKeysRefused,
    GatewayRefused,
    GatewayUnknown,
)
from tests.stand_ins.conftest import AMOUNT, PRIVATE_KEY, PROCESS, PUBLIC_KEY

BUY = Purchase(PROCESS, AMOUNT, "Peluquería Ñandutí", "https://t1.example.py/p?x=1", "https://t1.example.py/no")


@pytest.fixture
def application(shop):
    return Application(shop.base, PUBLIC_KEY, PRIVATE_KEY)


@pytest.fixture
def alias(shop, application):
    """Of a card that a user has just registered."""
    process_id = bancard.new_card(
        application, card_id=1, user_id=7, phone="0981123456", mail="a@example.com", return_url="https://t1.example.py/"
    )
    shop.call("POST", "/checkout/pay", {"process_id": process_id, "choice": "approve"})
    return bancard.cards(application, 7)[0].alias_token


def test_a_purchase_is_made_paid_and_taken_back(shop, application):
    process_id = bancard.single_buy(application, BUY)
    assert bancard.confirmation(application, PROCESS).state is PurchaseState.NOT_PAID

    shop.call("POST", "/checkout/pay", {"process_id": process_id, "choice": "approve"})

    told = bancard.confirmation(application, PROCESS)
    assert (told.state, told.result.is_approved, told.result.amount) == (PurchaseState.PAID_OR_DECLINED, True, AMOUNT)
    assert bancard.rollback(application, PROCESS) is RollbackOutcome.DONE
    assert bancard.rollback(application, PROCESS) is RollbackOutcome.ALREADY
    assert bancard.confirmation(application, PROCESS).state is PurchaseState.ROLLED_BACK


@pytest.mark.parametrize("choice", ["decline", "decline_processed"])
def test_a_declined_purchase_is_not_approved(shop, application, choice):
    bancard.single_buy(application, BUY)
    shop.pay(choice)

    assert not bancard.confirmation(application, PROCESS).result.is_approved


def test_a_repeat_is_a_duplicate(application):
    bancard.single_buy(application, BUY)

    with pytest.raises(DuplicateProcess):
        bancard.single_buy(application, BUY)


def test_what_was_not_paid_is_taken_back_as_such(application):
    bancard.single_buy(application, BUY)

    assert bancard.rollback(application, PROCESS) is RollbackOutcome.NOT_PAID


def test_a_payment_of_another_day_is_taken_back_too_late(shop, application):
    bancard.single_buy(application, BUY)
    shop.pay()
    shop.next_day()

    assert bancard.rollback(application, PROCESS) is RollbackOutcome.TOO_LATE


def test_a_purchase_that_is_not_known_is_told_as_such(application):
    assert bancard.confirmation(application, 1).state is PurchaseState.UNKNOWN_PURCHASE
    assert bancard.rollback(application, 1) is RollbackOutcome.UNKNOWN_PURCHASE


@pytest.mark.parametrize(("public_key", "private_key"), [(PUBLIC_KEY, "wrong"), ("X" * 32, PRIVATE_KEY)])
def test_wrong_keys_are_told_as_such(shop, public_key, private_key):
    with pytest.raises(GatewayKeysRefused):
        bancard.single_buy(Application(shop.base, public_key, private_key), BUY)


@pytest.mark.parametrize(
    "how", ["html_502", "html_403", "empty", "lost", "truncated", "error_key:PosCommunicationError"]
)
@pytest.mark.parametrize("operation", ["single_buy", "confirmations", "rollback"])
def test_on_a_bad_day_nothing_is_known(shop, application, operation, how):
    shop.behave(operation, how)
    calls = {
        "single_buy": lambda: bancard.single_buy(application, BUY),
        "confirmations": lambda: bancard.confirmation(application, PROCESS),
        "rollback": lambda: bancard.rollback(application, PROCESS),
    }

    with pytest.raises(GatewayUnknown):
        calls[operation]()


@pytest.mark.parametrize(
    ("how", "state"), [("lost", PurchaseState.NOT_PAID), ("html_502", PurchaseState.UNKNOWN_PURCHASE)]
)
def test_after_a_bad_day_asking_tells_whether_it_happened(shop, application, how, state):
    shop.behave("single_buy", how)
    with pytest.raises(GatewayUnknown):
        bancard.single_buy(application, BUY)

    assert bancard.confirmation(application, PROCESS).state is state


def test_a_slow_purchase_is_unknown_and_there(shop, application, monkeypatch):
    monkeypatch.setattr(bancard, "_BUY_WAIT", 0.1)
    shop.behave("single_buy", "slow", seconds=0.5)

    with pytest.raises(GatewayUnknown):
        bancard.single_buy(application, BUY)

    assert bancard.confirmation(application, PROCESS).state is PurchaseState.NOT_PAID


def test_an_early_payment_is_there_when_the_purchase_is_answered(shop, application):
    shop.behave("single_buy", "early")

    assert len(bancard.single_buy(application, BUY)) == 20
    assert bancard.confirmation(application, PROCESS).result.is_approved
    assert len(shop.notices) == 1


def test_an_error_is_understood_whatever_its_status(shop, application):
    shop.behave("confirmations", "http_errors")

    assert bancard.confirmation(application, PROCESS).state is PurchaseState.UNKNOWN_PURCHASE


def test_the_library_that_speaks_http2_makes_no_difference(application, monkeypatch):
    monkeypatch.setattr(settings, "bancard_http2", lambda: True)

    assert len(bancard.single_buy(application, BUY)) == 20


def test_a_card_is_listed_and_forgotten(application, alias):
    bancard.delete_card(application, 7, alias)

    assert bancard.cards(application, 7) == []


def test_a_card_is_charged_once_by_an_alias(shop, application, alias):
    told = bancard.charge(application, Charge(PROCESS, AMOUNT, "Turno 15:30", alias))

    assert told.result.is_approved
    assert int(told.result.exact_amount) == 10330
    with pytest.raises(GatewayRefused, match="CardAliasTokenExpiredError"):
        bancard.charge(application, Charge(PROCESS + 1, AMOUNT, "Turno 15:30", alias))


def test_a_charge_may_be_declined(shop, application, alias):
    shop.behave("charge", "decline_processed")

    told = bancard.charge(application, Charge(PROCESS, AMOUNT, "Turno 15:30", alias))

    assert not told.result.is_approved


def test_a_charge_may_ask_for_the_cardholder(shop, application, alias):
    shop.behave("charge", "3ds")

    asked = bancard.charge(
        application, Charge(PROCESS, AMOUNT, "Turno 15:30", alias, return_url="https://t1.example.py/p")
    )

    assert isinstance(asked, ThreeDS)


@pytest.mark.parametrize("how", ["html_502", "lost", "truncated"])
def test_on_a_bad_day_a_charge_is_unknown(shop, application, alias, how):
    shop.behave("charge", how)

    with pytest.raises(GatewayUnknown):
        bancard.charge(application, Charge(PROCESS, AMOUNT, "Turno 15:30", alias))
