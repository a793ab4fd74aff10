"""Links to a payment: whoever paid sees what became of it; whatever is wrong with one, the answer is the same."""

import hashlib
from datetime import timedelta

import pytest
from itsdangerous import Signer

from mostrador.errors import NotHere
from mostrador.payments import payment_links
from mostrador.payments.payment_links import DeadPaymentLink
from mostrador.scheduling import manage_links
from mostrador.signed_links import KEPT
from mostrador.tenancy import tenants
from tests.support import bank as banks
from tests.support import till as tills

SECOND = timedelta(seconds=1)


@pytest.fixture
def payment(salon, now):
    banks.connect(now)
    with banks.opened():
        yield tills.order(now).start(now).payment


@pytest.fixture
def token(payment):
    return payment_links.token("salon", payment.id)


def dead(tenant, token, now):
    with pytest.raises(DeadPaymentLink) as caught:
        payment_links.verify_token(tenant, token, now=now)
    return caught.value.code, str(caught.value), caught.value.says("es"), caught.value.facts


def signed(payment_id, key="a key for tests", salt="payment salon", method=hashlib.sha256):
    return Signer(key, salt=salt, digest_method=method).sign(payment_id).decode()


def test_a_token_leads_to_its_payment_until_30_days_after_it_was_asked_for(payment, token, now):
    assert payment_links.verify_token("salon", token, now=now + KEPT).id == payment.id

    dead("salon", token, now + KEPT + SECOND)


def test_a_checkout_gives_the_token(payment, token, now):
    assert signed(payment.id) == token


def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(payment, token, clinic, now):
    name, signature = token.split(".")
    wrong = {
        "forged": f"{name}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
        "another payment": f"{int(name) + 1}.{signature}",
        "of nobody": payment_links.token("salon", "999999999999999"),
        "another key": signed(payment.id, key="another key"),
        "another salt": signed(payment.id, salt="payment clinic"),
        "a link to an appointment": manage_links.token("salon", payment.id),
        "another digest": signed(payment.id, method=hashlib.sha1),
        "unsigned": name,
        "signed twice": f"{token}.{signature}",
    } | {text: text for text in ("", ".", "ñ", "\udcff", "x" * 3000, f"{token}\n", f"{token} ")}

    answers = {name: dead("salon", one, now) for name, one in wrong.items()}

    foreign = dead("clinic", token, now)
    expired = dead("salon", token, now + KEPT + SECOND)
    assert {str(one) for one in answers.values()} == {str(foreign)} == {str(expired)}


def test_signed_for_the_tenant_itself_another_tenants_payment_is_not_there(payment, clinic, now):
    dead("clinic", payment_links.token("clinic", payment.id), now)


@pytest.mark.parametrize("of", ["PARKED", "REPORT"])
def test_what_lies_beside_the_payments_is_no_payment(payment, now, of):
    dead("salon", payment_links.token("salon", f"#{of}"), now)


@pytest.mark.parametrize("slug", ["salon", "no-such-tenant"])
def test_a_suspended_tenant_is_as_unknown(token, now, slug):
    tenants.suspend("salon", now=now)

    with pytest.raises(NotHere, match=f"tenant {slug}"):
        payment_links.verify_token(slug, token, now=now)


def test_a_token_fits_a_message_and_a_url(token):
    assert len(token) < 80
    assert all(letter.isalnum() or letter in "._-" for letter in token)
    assert token[-1].isalnum()
