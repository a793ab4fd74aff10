import pytest

from mostrador.scheduling.rules import pairs

ANA, BEA = frozenset({"ana"}), frozenset({"bea"})


def names(mains, seconds, running, capacity=3):
    return ["".join(pair[:2]) for pair in pairs.possible(mains, seconds, running, capacity)]


def test_nobody_is_both_of_the_two():
    assert names("AB", "AB", {}, capacity=1) == ["AB", "BA"]
    assert names("A", "A", {}, capacity=1) == []


def test_a_class_keeps_its_two_and_no_other_class_gets_either():
    assert names("AB", "CD", {"A": ANA, "C": ANA}) == ["AC", "BD"]
    assert names("AB", "CD", {"A": ANA, "C": ANA, "B": BEA, "D": BEA}) == ["AC", "BD"]


def test_a_full_class_takes_nobody():
    assert names("AB", "CD", {"A": ANA, "C": ANA}, capacity=1 + len(ANA)) == ["AC", "BD"]
    assert names("AB", "CD", {"A": ANA | BEA, "C": ANA | BEA}, capacity=2) == ["BD"]


def test_the_seats_taken_are_those_of_either_resource_each_person_once():
    (pair,) = pairs.possible("A", "C", {"A": ANA | BEA, "C": ANA}, 5)
    assert pair.taken == 2


def test_a_class_booked_with_one_resource_may_get_any_idle_second_one():
    assert names("A", "CD", {"A": ANA}) == ["AC", "AD"]
    assert names("A", "CD", {"A": ANA | BEA, "D": BEA}) == ["AD"]


@pytest.mark.parametrize("mains", ["", "A", "B", "AB", "ABC"])
@pytest.mark.parametrize("seconds", ["", "A", "AB", "BC", "D"])
def test_without_a_class_those_apart_are_those_of_some_pair(mains, seconds):
    found = pairs.possible(mains, seconds, {}, 1)

    assert pairs.apart(mains, seconds) == (
        [one for one in mains if any(pair.main == one for pair in found)],
        [one for one in seconds if any(pair.second == one for pair in found)],
    )
