"""The tenant's account at Bancard: with which keys it is asked, and what happens where it takes them no longer."""

from datetime import timedelta

import pytest

from mostrador.clients import bancard
from mostrador.clients.bancard import PurchaseState
from mostrador.clients.bancard_http import GatewayKeysRefused, GatewayUnknown
from mostrador.errors import NotHere, Stale
from mostrador.ledger.rules.payment_states import SETTLED, PaymentState
from mostrador.payments import bancard_account
from mostrador.payments.bancard_account import NotConnected, PrivateKeyMissing
from mostrador.payments.bancard_webhook import WebhookOutcome
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationState, IntegrationType
from tests.support import bank as banks
from tests.support import logs
from tests.support import till as tills
from tests.support.bank import PRIVATE_KEY, PUBLIC_KEY

SECOND = timedelta(seconds=1)
NEW = {"public_key": "N" * 32, "private_key": "M" * 40}
KEPT = integrations.KEPT


@pytest.fixture
def bank(salon):
    with banks.opened() as opened:
        yield opened


def pairs(now, tenant="salon"):
    return [(one.public_key, one.private_key) for one in bancard_account.load(tenant, now=now).applications]


def ask(now):
    """How a purchase stands that Bancard does not know."""
    return bancard_account.call(
        bancard_account.load("salon", now=now), lambda one: bancard.confirmation(one, 1), now=now
    ).state


def status(tenant="salon"):
    return integrations.find(tenant, IntegrationType.BANCARD).status


def test_the_account_is_asked_where_bancard_is_and_with_the_keys_that_were_put(bank, now):
    banks.connect(now)

    gateway = bancard_account.load("salon", now=now)

    assert [one.base_url for one in gateway.applications] == ["https://bancard.test"]
    assert pairs(now) == [(PUBLIC_KEY, PRIVATE_KEY)]
    assert (gateway.private_keys, gateway.return_url) == ([PRIVATE_KEY], "https://salon.test/pago")


def test_a_private_key_may_hold_any_sign_but_a_blank(bank, now):
    every_sign = "".join(map(chr, range(0x21, 0x7F)))

    banks.connect(now, private_key=every_sign)

    assert pairs(now) == [(PUBLIC_KEY, every_sign)]


def test_whoever_prints_the_account_sees_no_private_key(bank, now):
    banks.connect(now)

    assert PRIVATE_KEY not in repr(bancard_account.load("salon", now=now))


@pytest.mark.parametrize("is_connected", [False, True])
def test_a_new_public_key_takes_its_private_key(bank, now, is_connected):
    if is_connected:
        banks.connect(now)

    with pytest.raises(PrivateKeyMissing) as refused:
        banks.connect(now, public_key="N" * 32, private_key=None)

    assert (refused.value.facts["field"], refused.value.facts["value"]) == ("body.private_key", "N" * 32)
    assert (integrations.find("salon", IntegrationType.BANCARD) is not None) is is_connected


def test_another_page_to_come_back_to_takes_no_key(bank, now):
    banks.connect(now)

    banks.connect(now, private_key=None, return_url="https://salon.test/gracias")

    assert bancard_account.load("salon", now=now).return_url == "https://salon.test/gracias"
    assert pairs(now) == [(PUBLIC_KEY, PRIVATE_KEY)]


def test_of_one_public_key_the_private_key_may_be_another(bank, now):
    banks.connect(now)

    banks.connect(now + SECOND, private_key="M" * 40)

    assert pairs(now + SECOND) == [(PUBLIC_KEY, "M" * 40), (PUBLIC_KEY, PRIVATE_KEY)]


def test_the_newest_keys_are_asked_with_first_and_the_others_not_at_all(bank, now):
    banks.connect(now)
    banks.connect(now, **NEW)
    bank.keys = {PUBLIC_KEY, NEW["public_key"]}

    assert ask(now) is PurchaseState.UNKNOWN_PURCHASE

    assert bank.calls == ["confirmation"]


def test_where_bancard_does_not_take_the_new_keys_yet_the_previous_pair_is_tried(bank, now):
    banks.connect(now)
    banks.connect(now, **NEW)

    assert ask(now) is PurchaseState.UNKNOWN_PURCHASE

    assert (bank.calls, status()) == (["confirmation", "confirmation"], IntegrationState.BROKEN)


def test_once_bancard_takes_the_new_keys_they_are_mended(bank, now):
    banks.connect(now)
    banks.connect(now, **NEW)
    ask(now)
    bank.keys.add(NEW["public_key"])

    ask(now + SECOND)

    item = integrations.find("salon", IntegrationType.BANCARD)
    assert (item.status, item.reason, item.updated_at) == (IntegrationState.ACTIVE, None, now + SECOND)


def test_after_a_day_the_previous_pair_is_tried_no_more(bank, now):
    banks.connect(now)
    banks.connect(now, **NEW)
    assert ask(now + KEPT - SECOND) is PurchaseState.UNKNOWN_PURCHASE

    with pytest.raises(GatewayKeysRefused):
        ask(now + KEPT)

    assert status() == IntegrationState.BROKEN


@pytest.mark.parametrize("number", [1, 2], ids=["the only pair", "both pairs"])
def test_where_every_pair_is_refused_it_is_broken_and_an_alarm_rings_once(bank, now, number):
    for keys in ({}, NEW)[:number]:
        banks.connect(now, **keys)
    bank.keys = set()

    with logs.written() as written:
        for _ in range(2):
            with pytest.raises(GatewayKeysRefused):
                ask(now)

    assert len(bank.calls) == 2 * number
    assert integrations.find("salon", IntegrationType.BANCARD).reason == "InvalidPublicKeyError"
    (line,) = written.lines("ERROR")
    assert (line["message"], line["tenant"], line["kind"]) == ("integration broken", "salon", "BANCARD")


def test_what_is_broken_is_asked_all_the_same_for_bancard_may_take_the_keys_again(bank, now):
    banks.connect(now)
    bank.keys = set()
    with pytest.raises(GatewayKeysRefused):
        ask(now)

    bank.keys = {PUBLIC_KEY}

    assert (ask(now), status()) == (PurchaseState.UNKNOWN_PURCHASE, IntegrationState.ACTIVE)


def test_what_is_broken_is_mended_by_the_same_keys(bank, now):
    banks.connect(now)
    bank.keys = set()
    with pytest.raises(GatewayKeysRefused):
        ask(now)

    banks.connect(now)

    assert status() == IntegrationState.ACTIVE


def test_where_bancard_does_not_answer_no_other_pair_is_tried_and_nothing_is_broken(bank, now):
    banks.connect(now)
    banks.connect(now, **NEW)
    bank.keys = {PUBLIC_KEY, NEW["public_key"]}
    bank.silent.add("confirmation")

    with pytest.raises(GatewayUnknown):
        ask(now)

    assert (bank.calls, status()) == (["confirmation"], IntegrationState.ACTIVE)


def test_who_has_no_keys_takes_no_online_payments(bank, clinic, now):
    banks.connect(now)

    with pytest.raises(NotConnected):
        bancard_account.load("clinic", now=now)


def test_whoever_disconnects_takes_no_online_payments_any_more(bank, now):
    seen = banks.connect(now).version
    with pytest.raises(Stale):
        bancard_account.disconnect("salon", seen=seen + 1, now=now)

    bancard_account.disconnect("salon", seen=seen, now=now)

    with pytest.raises(NotConnected):
        bancard_account.load("salon", now=now)
    with pytest.raises(NotHere):
        bancard_account.disconnect("salon", seen=None, now=now)


def test_two_tenants_are_asked_for_each_with_its_own_keys(bank, clinic, now):
    banks.connect(now)
    banks.connect(now, "clinic", **NEW)

    assert pairs(now) == [(PUBLIC_KEY, PRIVATE_KEY)]
    assert pairs(now, "clinic") == [(NEW["public_key"], NEW["private_key"])]


def test_broken_keys_of_one_tenant_are_not_the_others(bank, clinic, now):
    banks.connect(now)
    banks.connect(now, "clinic", **NEW)
    bank.keys = {NEW["public_key"]}

    with pytest.raises(GatewayKeysRefused):
        ask(now)

    assert (status(), status("clinic")) == (IntegrationState.BROKEN, IntegrationState.ACTIVE)


@pytest.fixture(params=tills.KINDS)
def paid(request, bank, now):
    """Paid under the first keys, which were replaced before Bancard's message comes."""
    banks.connect(now)
    started = tills.KINDS[request.param](now).start(now).payment
    bank.pay(started.id)
    banks.connect(now + SECOND, **NEW)
    bank.keys.add(NEW["public_key"])
    return started


@pytest.mark.parametrize("after", [SECOND, timedelta(minutes=1), KEPT - SECOND], ids=str)
def test_a_message_signed_with_the_keys_before_is_taken_for_a_day(bank, paid, now, after):
    told = bank.notify(paid.id, now=now + SECOND + after)

    assert (told, tills.payment(paid.id, now).status in SETTLED) == (WebhookOutcome.ASKED, True)


def test_a_message_signed_with_the_new_keys_is_taken_at_once(bank, paid, now):
    told = bank.notify(paid.id, now=now + SECOND, private_key=NEW["private_key"])

    assert (told, tills.payment(paid.id, now).status) == (WebhookOutcome.ASKED, PaymentState.PAID)


def test_after_a_day_a_message_signed_with_the_keys_before_is_forged(bank, paid, now):
    told = bank.notify(paid.id, now=now + SECOND + KEPT)

    assert (told, tills.payment(paid.id, now).status) == (WebhookOutcome.FORGED, PaymentState.PENDING)


def test_before_bancard_takes_the_new_keys_a_payment_is_settled_with_those_before(bank, paid, now):
    bank.keys.discard(NEW["public_key"])

    bank.notify(paid.id, now=now + SECOND)

    assert (tills.payment(paid.id, now).status, status()) == (PaymentState.PAID, IntegrationState.ACTIVE)


def test_another_account_knows_nothing_of_a_payment_and_is_not_asked(bank, paid, now):
    del bank.calls[:]

    bank.notify(paid.id, now=now + SECOND)

    assert bank.calls == ["confirmation"]


def test_where_bancard_has_dropped_the_keys_before_those_that_are_new_are_not_broken(bank, paid, now):
    bank.keys.discard(PUBLIC_KEY)

    with logs.written() as written:
        bank.notify(paid.id, now=now + SECOND)

    assert (tills.payment(paid.id, now).status, status()) == (PaymentState.PENDING, IntegrationState.ACTIVE)
    assert written.lines("ERROR") == []
