from datetime import timedelta
from hashlib import sha256

import pytest

from mostrador.raffles.rules import drand, randomness
from mostrador.raffles.rules.drand import QUICKNET
from mostrador.raffles.rules.randomness import CommitReveal, Lottery
from tests.support import beacons
from tests.support.draws import BY_LOTTERY, LOTTERY_NUMBERS, REVEALED, SECRET, SECRETLY

DUE = drand.published_at(QUICKNET, 1000)
BY_BEACON = randomness.drand_method(QUICKNET, DUE)
ROUND = {"signature": beacons.QUICKNET[1000], "randomness": beacons.RANDOMNESS_1000}


@pytest.mark.parametrize("method", [BY_BEACON, BY_LOTTERY, SECRETLY], ids=lambda method: method.name)
def test_a_method_that_is_published_is_read_the_same(method):
    assert randomness.read_method(randomness.to_document(method)) == method


@pytest.mark.parametrize(
    ("method", "evidence", "value"),
    [
        (BY_BEACON, ROUND, beacons.RANDOMNESS_1000),
        (BY_LOTTERY, LOTTERY_NUMBERS, "007-940-123-000"),
        (SECRETLY, REVEALED, SECRET.hex()),
    ],
)
def test_evidence_comes_down_to_one_text(method, evidence, value):
    assert method.value(evidence) == value


def test_the_round_is_the_first_that_is_due_after_the_instant():
    assert randomness.drand_method(QUICKNET, DUE + timedelta(seconds=1)).round == BY_BEACON.round + 1 == 1001


def test_randomness_that_is_not_the_hash_of_the_signature_is_refused_with_both():
    with pytest.raises(randomness.BeaconDoesNotMatch, match=f"{beacons.RANDOMNESS_1000}.*not abcd"):
        BY_BEACON.value(ROUND | {"randomness": "abcd"})


def test_another_secret_is_refused_with_both_hashes():
    with pytest.raises(randomness.SecretDoesNotMatch, match=f"{sha256(b'x').hexdigest()}.*{SECRETLY.secret_sha256}"):
        SECRETLY.value({"secret": b"x".hex()})


def test_a_secret_that_can_be_guessed_is_refused_though_it_matches():
    short = CommitReveal(secret_sha256=sha256(b"1234").hexdigest())

    with pytest.raises(randomness.ShortSecret, match="4 bytes"):
        short.value({"secret": b"1234".hex()})


@pytest.mark.parametrize("value", ["", "ab" * 31, "AB" * 32, "zz" * 32])
def test_what_is_no_hash_of_a_secret_is_refused(value):
    with pytest.raises(randomness.BadSecretHash):
        CommitReveal(secret_sha256=value)


@pytest.mark.parametrize(
    "numbers",
    [
        ["007", "940", "123"],
        ["007", "940", "123", "000", "1"],
        ["7", "940", "123", "000"],
        ["٠٠٧", "940", "123", "000"],
    ],
)
def test_numbers_that_the_lottery_does_not_draw_are_refused(numbers):
    with pytest.raises(randomness.LotteryDoesNotMatch, match=f"{' '.join(numbers)}.* 4 numbers of 3 digits"):
        BY_LOTTERY.value({"numbers": numbers})


@pytest.mark.parametrize(("numbers", "digits"), [(1, 4), (3, 3), (-4, -4)])
def test_a_lottery_with_few_outcomes_is_refused(numbers, digits):
    with pytest.raises(randomness.GuessableLottery, match="at least 12"):
        Lottery(lottery="l", takes="t", source="s", numbers=numbers, digits=digits)
