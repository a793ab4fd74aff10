"""KMS: on moto what it does (its ciphertexts are bound to their context), by injected answers how it fails."""

from base64 import b64decode, b64encode

import pytest
from botocore.exceptions import ConnectTimeoutError

from mostrador.clients import kms
from mostrador.clients.kms import SecretsUnavailable
from mostrador.errors import Unavailable
from tests.support import faults, logs

pytestmark = pytest.mark.usefixtures("table")
SECRET = "clave-privada-Ñandutí-0123456789"
HERE = {"tenant": "salon", "integration": "BANCARD"}


def failing(operation, code):
    return faults.answering(operation, faults.refused(code), client=kms._client())


@pytest.mark.parametrize("text", [SECRET, "a", "ñ" * (kms.MOST_BYTES // 2)])
def test_what_is_sealed_opens_as_it_was(text):
    sealed = kms.encrypt(text, HERE)

    assert kms.decrypt(sealed, HERE) == text


def test_what_is_sealed_holds_nothing_of_it_and_is_new_each_time():
    first, second = kms.encrypt(SECRET, HERE), kms.encrypt(SECRET, HERE)

    assert first != second
    assert SECRET.encode() not in b64decode(first)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {},
        {"tenant": "salon"},
        HERE | {"tenant": "clinic"},
        HERE | {"integration": "GOOGLE_CALENDAR"},
        HERE | {"x": "y"},
    ],
    ids=str,
)
def test_what_is_sealed_for_one_place_opens_nowhere_else(elsewhere):
    sealed = kms.encrypt(SECRET, HERE)

    with pytest.raises(SecretsUnavailable):
        kms.decrypt(sealed, elsewhere)


@pytest.mark.parametrize("sealed", [b"x", b"x" * 100, b"\x00" * 36 + b"x" * 60])
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(SecretsUnavailable):
        kms.decrypt(b64encode(sealed).decode(), HERE)


def test_what_somebody_changed_does_not_open():
    raw = bytearray(b64decode(kms.encrypt(SECRET, HERE)))
    raw[-1] ^= 1

    with pytest.raises(SecretsUnavailable):
        kms.decrypt(b64encode(raw).decode(), HERE)


@pytest.mark.parametrize("text", ["", "x" * (kms.MOST_BYTES + 1)], ids=["nothing", "too much"])
def test_what_kms_does_not_take_is_not_sealed(text):
    with pytest.raises(SecretsUnavailable):
        kms.encrypt(text, HERE)


@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "KMSInternalException", "DisabledException", "AccessDeniedException", "NotFoundException"],
)
def test_whatever_kms_says_for_a_reason_the_caller_is_to_try_again(code):
    with failing("Encrypt", code), pytest.raises(SecretsUnavailable) as refused:
        kms.encrypt(SECRET, HERE)

    assert isinstance(refused.value, Unavailable)
    assert refused.value.__cause__.response["Error"]["Code"] == code


def test_a_refusal_is_logged_by_its_reason_and_without_what_was_to_be_kept():
    sealed = kms.encrypt(SECRET, HERE)

    with logs.written() as written:
        for operation, call in (
            ("Encrypt", lambda: kms.encrypt(SECRET, HERE)),
            ("Decrypt", lambda: kms.decrypt(sealed, HERE)),
        ):
            with failing(operation, "DisabledException"), pytest.raises(SecretsUnavailable):
                call()

    told = written.lines("ERROR")
    assert [(one["message"], one["operation"]) for one in told] == [
        ("KMS refused", "encrypt"),
        ("KMS refused", "decrypt"),
    ]
    assert "DisabledException" in told[0]["reason"]
    assert SECRET not in written.text
    assert sealed not in written.text


def test_kms_that_does_not_answer_is_asked_twice_and_not_waited_for():
    tries = []

    def silence(**_):
        tries.append(1)
        raise ConnectTimeoutError(endpoint_url="kms")

    events = kms._client().meta.events
    events.register_first("before-send.kms", silence)
    try:
        with pytest.raises(SecretsUnavailable):
            kms.encrypt(SECRET, HERE)
    finally:
        events.unregister("before-send.kms", silence)

    assert len(tries) == 2
    assert (kms._PATIENCE.connect_timeout, kms._PATIENCE.read_timeout) == (1, 2)
