"""What comes back from Bancard and what does not: refused or unknown, and never more is told than that."""

import time
from itertools import cycle

import pytest

from mostrador import settings
from mostrador.clients import bancard, http_bodies
from mostrador.clients.bancard import Charge, Purchase
from mostrador.clients.bancard_http import (
    Application,
    DuplicateProcess,
    GatewayKeysRefused,
    GatewayRefused,
    GatewayUnknown,
)
from mostrador.errors import Conflict, Unavailable
from tests.support import gateway_double
from tests.support.gateway_double import Reply, error
from tests.support.notices import ALIAS, AMOUNT, CONFIRM, ID, KEY, NOTICE, PUBLIC

KEY_TROUBLE = [
    "InvalidTokenError", "InvalidPublicKeyError", "PublicKeyNotFoundError", "ApplicationNotFoundError",
    "UnauthorizedOperationError",
]  # fmt: skip
OTHER_TROUBLE = [
    "InvalidJsonError", "InvalidOperationError", "InvalidAmountError", "CardAlreadyRegisteredByUserError",
    "InvalidCiError", "CardRequestAlreadyProcessedError", "CardInvalidDataError", "NewCardRequestNotFoundError",
    "CardNotFoundError", "CardAliasTokenExpiredError", "CardBlockedError", "InvalidCardStatus",
    "ApplicationCommunicationError", "ApplicationCredentialNotFoundError", "CantCreateApplicationCredentialError",
    "SomethingNewError",
]  # fmt: skip
TAKEN = "Shop process has already been taken"
BOUGHT = {"status": "success", "process_id": "mk*8Zt0QwErTyUiOpAsD"}
CALLS = {
    "single_buy": lambda shop: bancard.single_buy(
        shop, Purchase(ID, AMOUNT, "Turno 15:30", "https://t1.example.py/pago", "https://t1.example.py/no")
    ),
    "confirmation": lambda shop: bancard.confirmation(shop, ID),
    "rollback": lambda shop: bancard.rollback(shop, ID),
    "new_card": lambda shop: bancard.new_card(
        shop, card_id=1, user_id=966389, phone="0981123456", mail="ana@example.py", return_url="https://t1.example.py"
    ),
    "cards": lambda shop: bancard.cards(shop, 966389),
    "charge": lambda shop: bancard.charge(shop, Charge(ID, AMOUNT, "Turno 15:30", ALIAS)),
    "delete_card": lambda shop: bancard.delete_card(shop, 966389, ALIAS),
}


def buy(shop):
    return CALLS["single_buy"](shop)


def test_a_refusal_says_with_which_keys(gateway, shop, subtests):
    for key, operation in [*zip(OTHER_TROUBLE, cycle(CALLS))]:
        with subtests.test(key=key, operation=operation):
            gateway.reply = Reply(error(key, dsc="Not so"))

            with pytest.raises(GatewayRefused, match=f"{key}: Not so") as refused:
                CALLS[operation](shop)

            assert type(refused.value) is GatewayRefused
            assert (refused.value.keys, refused.value.code) == ((key,), "gateway_refused")
            assert isinstance(refused.value, Conflict)


@pytest.mark.parametrize(("operation", "key"), [*zip(CALLS, cycle(KEY_TROUBLE))])
def test_trouble_with_the_keys_is_told_apart(gateway, shop, operation, key):
    gateway.reply = Reply(error("PaymentNotFoundError", key), status=403)

    with pytest.raises(GatewayKeysRefused) as refused:
        CALLS[operation](shop)

    assert set(refused.value.keys) == {"PaymentNotFoundError", key}
    assert refused.value.code == "gateway_keys_refused"


def test_a_purchase_that_is_there_already_is_told_apart(gateway, shop):
    gateway.reply = Reply(error("InvalidOperationError", dsc=TAKEN))

    with pytest.raises(DuplicateProcess, match="already"):
        buy(shop)


@pytest.mark.parametrize(("key", "dsc"), [("InvalidOperationError", "Description is too long"), ("Other", TAKEN)])
def test_what_only_resembles_a_duplicate_is_none(gateway, shop, key, dsc):
    gateway.reply = Reply(error(key, dsc=dsc))

    with pytest.raises(GatewayRefused) as refused:
        buy(shop)

    assert not isinstance(refused.value, DuplicateProcess)


def test_a_duplicate_is_found_in_the_second_remark(gateway, shop):
    first, second = error("InvalidOperationError"), error("InvalidOperationError", dsc=TAKEN)
    gateway.reply = Reply({"status": "error", "messages": first["messages"] + second["messages"]})

    with pytest.raises(DuplicateProcess):
        buy(shop)


@pytest.mark.parametrize("before", [(), ("BuyNotFoundError",), ("Noise",) * 30], ids=["first", "second", "last"])
def test_trouble_behind_bancards_door_leaves_it_unknown(gateway, shop, before):
    gateway.reply = Reply(error(*before, "PosCommunicationError"))

    with pytest.raises(GatewayUnknown, match="PosCommunicationError"):
        bancard.rollback(shop, ID)


UNKNOWN = {
    "bad gateway": Reply(b"<html>Bad gateway</html>", status=502),
    "forbidden": Reply(b"<html>Cloudflare</html>", status=403),
    "empty": Reply(b""),
    "no content": Reply(b"", status=204),
    "cut short": Reply(b'{"status":"success","process_'),
    "closed mid answer": Reply(BOUGHT, missing=10),
    "list": Reply([BOUGHT]),
    "text": Reply("success"),
    "no status": Reply({"process_id": "x"}),
    "other status": Reply({"status": "pending", "process_id": "x"}),
    "error without messages": Reply({"status": "error"}),
    "error with odd messages": Reply({"status": "error", "messages": [None, {"dsc": "x"}, {"key": 1}]}),
    "messages without status": Reply({"messages": error("InvalidTokenError")["messages"]}),
    "not utf-8": Reply(b'{"status":"success","process_id":"\xff"}'),
    "nested": Reply(b"[" * 60_000),
    "long number": Reply(b'{"status":' + b"9" * 5_000 + b"}"),
    "huge": Reply(BOUGHT | {"padding": "x" * 65_536}),
    "elsewhere": Reply(b"", status=302, headers=(("Location", "/vpos/api/0.3/elsewhere"),)),
}


def test_an_answer_that_tells_nothing_leaves_it_unknown(gateway, shop, subtests):
    for reply, operation in [*zip(UNKNOWN, cycle(CALLS))]:
        with subtests.test(reply=reply, operation=operation):
            gateway.asked.clear()
            gateway.reply = UNKNOWN[reply]

            with pytest.raises(GatewayUnknown) as unknown:
                CALLS[operation](shop)

            assert isinstance(unknown.value, Unavailable)
            assert unknown.value.code == "gateway_unknown"
            assert len(gateway.asked) == 1


def test_an_answer_may_be_large_without_being_huge(gateway, shop):
    gateway.reply = Reply(BOUGHT | {"padding": "x" * 65_000})

    assert buy(shop) == BOUGHT["process_id"]


def test_a_success_is_one_whatever_the_status(gateway, shop):
    gateway.reply = Reply(BOUGHT, status=500)

    assert buy(shop) == BOUGHT["process_id"]


WAITS = {
    "single_buy": "_BUY_WAIT", "confirmation": "_QUERY_WAIT", "rollback": "_QUERY_WAIT", "new_card": "_CARDS_WAIT",
    "cards": "_CARDS_WAIT", "charge": "_CHARGE_WAIT", "delete_card": "_CARDS_WAIT",
}  # fmt: skip


@pytest.mark.parametrize("operation", CALLS)
def test_a_gateway_that_is_slow_leaves_it_unknown_and_is_not_asked_again(gateway, shop, monkeypatch, operation):
    monkeypatch.setattr(bancard, WAITS[operation], 0.05)
    gateway.reply = Reply(BOUGHT, delay=30)

    with pytest.raises(GatewayUnknown, match="ReadTimeout"):
        CALLS[operation](shop)

    assert gateway.heard.acquire(timeout=30)  # a slow machine may read the request after it was given up
    assert len(gateway.asked) == 1


def test_a_gateway_whose_answer_drips_is_not_waited_for(gateway, shop, monkeypatch):
    monkeypatch.setattr(http_bodies, "WITHIN", 0.3)
    gateway.reply = Reply(BOUGHT, drip=0.5)  # half a minute in all
    began = time.monotonic()

    with pytest.raises(GatewayUnknown, match="TooSlow"):
        buy(shop)

    assert time.monotonic() - began < 15
    gateway.reply = Reply(BOUGHT)
    assert buy(shop) == BOUGHT["process_id"]


def test_a_gateway_that_is_not_there_leaves_it_unknown(hang_up):
    with pytest.raises(GatewayUnknown, match="Connect"):
        buy(Application("http://127.0.0.1:9", PUBLIC, KEY))


def test_the_connection_is_kept_for_the_next_call(gateway, shop):
    gateway.reply = Reply(BOUGHT)

    buy(shop)
    buy(shop)

    assert len({asked.port for asked in gateway.asked}) == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_anew(gateway, shop):
    gateway.reply = Reply(BOUGHT, hangs_up=True)

    buy(shop)
    assert gateway.hung_up.acquire(timeout=30)
    buy(shop)

    assert len({asked.port for asked in gateway.asked}) == 2


def test_a_connection_with_an_answer_half_read_is_not_used_again(gateway, shop):
    gateway.reply = UNKNOWN["huge"]
    with pytest.raises(GatewayUnknown):
        buy(shop)
    gateway.reply = Reply(BOUGHT)

    assert buy(shop) == BOUGHT["process_id"]


def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(hang_up, tmp_path):
    pem, key = gateway_double.certificate(tmp_path)

    with (
        gateway_double.speaking_tls(pem, key, b"{}") as (url, agreed),
        pytest.raises(GatewayUnknown, match=r"SSLError|ConnectError"),
    ):
        buy(Application(url, PUBLIC, KEY))

    assert agreed == []


def test_http2_is_spoken_where_it_is_set_and_http1_where_not(hang_up, tmp_path, monkeypatch):
    pem, key = gateway_double.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    protocol = "h2" if settings.bancard_http2() else "http/1.1"

    with gateway_double.speaking_tls(pem, key, Reply(BOUGHT).octets, protocol) as (url, agreed):
        page = buy(Application(url, PUBLIC, KEY))
        hang_up()

    assert (page, agreed) == (BOUGHT["process_id"], [protocol])


SECRETS = (KEY, PUBLIC, ALIAS, CONFIRM, "b03449a181057dd73ef6e0c73c408c7a", "203.0.113.7")
TELLTALE = "; ".join(SECRETS[1:5])


@pytest.mark.parametrize("operation", CALLS)
def test_a_refusal_is_one_line_in_the_log_without_a_secret(gateway, shop, lines, operation):
    gateway.reply = Reply(error("InvalidTokenError", CONFIRM, dsc=TELLTALE))

    with pytest.raises(GatewayRefused) as refused:
        CALLS[operation](shop)

    assert lines == [("gateway.refused", {"operation": operation, "keys": ("InvalidTokenError", "***")})]
    told = f"{refused.value} {refused.value.facts} {refused.value.says('es')}"
    assert not any(secret in told for secret in SECRETS)
    assert len(refused.value.facts["reason"]) <= 200


@pytest.mark.parametrize("operation", CALLS)
def test_what_is_unknown_is_one_line_in_the_log_without_a_secret(gateway, shop, lines, operation):
    gateway.reply = Reply(TELLTALE.encode(), status=502)

    with pytest.raises(GatewayUnknown) as unknown:
        CALLS[operation](shop)

    assert lines == [("gateway.unknown", {"operation": operation, "reason": "it is not JSON"})]
    assert not any(secret in f"{unknown.value} {unknown.value.facts}" for secret in SECRETS)


def test_what_went_well_is_not_logged(gateway, shop, lines):
    gateway.reply = Reply({"status": "success", "confirmation": NOTICE})

    bancard.confirmation(shop, ID)

    assert lines == []
