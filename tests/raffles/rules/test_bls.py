from hashlib import sha256

import pytest

from mostrador.raffles.rules import bls
from mostrador.raffles.rules.drand import QUICKNET
from tests.support import beacons

KEY = bytes.fromhex(QUICKNET.public_key)


def message(number):
    return sha256(number.to_bytes(8)).digest()


@pytest.mark.parametrize("number", [1000, 32281667])
def test_a_signature_that_drand_published_is_right(number):
    assert bls.is_signed(KEY, message(number), bytes.fromhex(beacons.QUICKNET[number]))


def test_the_signature_of_another_message_is_wrong():
    assert not bls.is_signed(KEY, message(1001), bytes.fromhex(beacons.QUICKNET[1000]))


def test_the_signature_by_another_key_is_wrong():
    assert not bls.is_signed(KEY, message(1000), beacons.own_signature(1000))


def test_what_one_key_signs_that_key_checks():
    key = bytes.fromhex(beacons.own_chain().public_key)

    assert bls.is_signed(key, message(7), beacons.own_signature(7))


@pytest.mark.parametrize("signature", [b"", bytes(48), b"\xc0" + bytes(47), b"\xff" * 48])
def test_bytes_that_are_no_point_sign_nothing(signature):
    assert not bls.is_signed(KEY, message(1000), signature)


def test_a_key_that_is_no_point_signs_nothing():
    assert not bls.is_signed(b"\xc0" + bytes(95), message(1000), bytes.fromhex(beacons.QUICKNET[1000]))


def test_the_negative_of_a_signature_is_no_second_one():
    signature = bytearray.fromhex(beacons.QUICKNET[1000])
    signature[0] ^= 0x20

    assert not bls.is_signed(KEY, message(1000), bytes(signature))
