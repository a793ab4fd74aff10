from collections import Counter
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mostrador.raffles.rules import draw, instants, merkle
from mostrador.raffles.rules.commitments import Unsold
from mostrador.raffles.rules.draw import Draw, Ticket, Win
from tests.support.draws import (
    DRAW_AT,
    FROZEN_AT,
    REVEALED,
    TICKETS,
    commitment,
    redraw,
    round_of,
)

ROOT = merkle.merkle_root(draw.leaves(TICKETS))
FIRST = Draw(None, REVEALED)
NUMBERS = {ticket.number for ticket in TICKETS}


def won(unsold=Unsold.SOLD_ONLY, *, seed=b"seed", tickets=TICKETS, last=100, prizes=3, root=None, out=frozenset()):
    return draw.winners(
        root or merkle.merkle_root(draw.leaves(tickets)),
        seed,
        tickets=tickets,
        numbers=range(1, last + 1),
        prizes=range(1, prizes + 1),
        unsold=unsold,
        excluded=out,
    )


# What a program in another language draws from the docs alone.
WINNERS = {
    Unsold.SOLD_ONLY: [Win(1, 71, "o3"), Win(2, 34, "o6"), Win(3, 13, "o5")],
    Unsold.DRAW_AGAIN: [
        Win(1, 71, "o3", (3,)),
        Win(2, 34, "o6", (31, 54, 86, 24, 9, 30, 97, 69, 84, 72, 49, 66, 47, 45, 42, 5, 44)),
        Win(3, 57, "o2", (52,)),
    ],
    Unsold.HOUSE: [Win(1, 91, None), Win(2, 63, None), Win(3, 23, None)],
}


@pytest.mark.parametrize("unsold", Unsold)
def test_a_raffle_has_the_winners_that_the_docs_define(unsold):
    assert draw.winners_of(commitment(unsold=unsold), TICKETS, ROOT, FIRST, []) == WINNERS[unsold]


def test_the_root_of_the_sold_list_is_the_one_that_the_docs_define():
    assert ROOT.hex() == "dacbb09f5dde1e38bb70067d05068149fe31c31fb1301a3500ec351e7caf3ea6"


sales = st.dictionaries(st.integers(1, 500), st.sampled_from(["a", "b", "c"]), min_size=60, max_size=90)


def frozen(sale):
    return draw.sorted_by_number([Ticket(number, order) for number, order in sale.items()])


@given(sales, st.binary(min_size=32, max_size=32), st.randoms())
def test_the_draw_is_a_function_of_what_was_sold_not_of_when(sale, seed, dice):
    shuffled = list(sale.items())
    dice.shuffle(shuffled)

    assert won(seed=seed, tickets=frozen(dict(shuffled)), last=500) == won(seed=seed, tickets=frozen(sale), last=500)


@given(sales, st.binary(min_size=32, max_size=32), st.sampled_from(Unsold), st.data())
def test_any_ticket_that_is_added_removed_or_moved_changes_the_draw(sale, seed, unsold, data):
    number = data.draw(st.integers(1, 500))
    order = data.draw(st.sampled_from(["d", None]))
    assume(order or number in sale)
    other = {**sale, number: order} if order else {one: sale[one] for one in sale if one != number}

    before, after = (won(unsold, seed=seed, tickets=frozen(one), last=500, prizes=20) for one in (sale, other))

    assert [win.number for win in before] != [win.number for win in after]


@given(sales, st.binary(min_size=32, max_size=32), st.sampled_from(Unsold))
def test_no_number_wins_twice(sale, seed, unsold):
    numbers = [win.number for win in won(unsold, seed=seed, tickets=frozen(sale), last=500, prizes=60)]

    assert len(set(numbers)) == 60


@given(sales, st.binary(min_size=32, max_size=32), st.sampled_from([Unsold.SOLD_ONLY, Unsold.DRAW_AGAIN]))
def test_a_number_that_nobody_bought_wins_only_for_the_house(sale, seed, unsold):
    wins = won(unsold, seed=seed, tickets=frozen(sale), last=500, prizes=60)

    assert [win.order for win in wins] == [sale[win.number] for win in wins]


@given(sales, st.binary(min_size=32, max_size=32))
def test_what_is_passed_over_was_bought_by_nobody_and_comes_out_once(sale, seed):
    wins = won(Unsold.DRAW_AGAIN, seed=seed, tickets=frozen(sale), last=500, prizes=60)
    passed_over = [number for win in wins for number in win.passed_over]

    assert not sale.keys() & set(passed_over)
    assert len(passed_over) == len(set(passed_over))


# Chi-square: the value that a fair draw exceeds once in a thousand, by degrees of freedom. The seeds are fixed.
CRITICAL = {9: 27.88, 19: 43.82}


def seeds(count):
    return [sha256(number.to_bytes(4)).digest() for number in range(count)]


def chi_square(outcomes, cells):
    expected = len(outcomes) / len(cells)
    return sum((Counter(outcomes)[cell] - expected) ** 2 / expected for cell in cells)


UNEVEN = draw.sorted_by_number([Ticket(number, "o") for number in (1, 2, 3, 4, 5, 17, 18, 19, 20, 30)])
TEN = [ticket.number for ticket in UNEVEN]


@pytest.mark.parametrize("unsold", [Unsold.SOLD_ONLY, Unsold.DRAW_AGAIN])
@pytest.mark.parametrize("prize", [1, 4])
def test_every_number_sold_is_as_likely_to_win_any_prize(unsold, prize):
    outcomes = [won(unsold, seed=seed, tickets=UNEVEN, last=30, prizes=prize)[-1].number for seed in seeds(4000)]

    assert chi_square(outcomes, TEN) < CRITICAL[9]


def test_for_the_house_every_number_is_as_likely_whether_it_was_sold_or_not():
    outcomes = [won(Unsold.HOUSE, seed=seed, tickets=TICKETS, last=20, prizes=1)[0].number for seed in seeds(4000)]

    assert chi_square(outcomes, range(1, 21)) < CRITICAL[19]


def test_every_pair_of_winners_is_as_likely():
    five = UNEVEN[:5]
    pairs = [tuple(win.number for win in won(seed=seed, tickets=five, prizes=2)) for seed in seeds(4000)]

    assert chi_square(pairs, [(a, b) for a in range(1, 6) for b in range(1, 6) if a != b]) < CRITICAL[19]


def test_the_chi_square_catches_a_draw_that_gives_an_unsold_number_to_the_next_one_sold():
    """The control: the rule of thumb of many raffles, by which a number after a gap wins more often."""
    drawn = [won(Unsold.HOUSE, seed=seed, tickets=UNEVEN, last=30, prizes=1)[0].number for seed in seeds(4000)]
    outcomes = [min(number for number in TEN if number >= one) for one in drawn]

    assert chi_square(outcomes, TEN) > CRITICAL[9]


@pytest.mark.parametrize(("limit", "words", "chosen"), [(3, [5], 2), (3, [2**256 - 1, 4], 1), (4, [2**256 - 1], 3)])
def test_a_word_past_the_last_multiple_chooses_nothing(limit, words, chosen):
    assert draw.uniform_below(limit, iter(words)) == chosen


@pytest.mark.parametrize("unsold", [Unsold.SOLD_ONLY, Unsold.DRAW_AGAIN])
def test_prizes_beyond_the_numbers_sold_are_won_by_nobody(unsold):
    wins = won(unsold, tickets=TICKETS[:2], prizes=4)

    assert [win.order is None for win in wins] == [False, False, True, True]
    assert wins[2:] == [Win(3, None, None), Win(4, None, None)]


def test_a_raffle_that_sold_nothing_has_no_winner():
    assert won(tickets=[], prizes=1) == [Win(1, None, None)]


def redrawn(again, earlier=None):
    return draw.winners_of(commitment(), TICKETS, ROOT, held(again), [earlier or WINNERS[Unsold.SOLD_ONLY]])


def held(again):
    """A redraw with its round."""
    return Draw(again, round_of(again.draw_at))


def test_a_redraw_draws_its_prizes_only():
    assert [win.prize for win in redrawn(redraw(prizes=(1, 3), excluded=(13, 71)))] == [1, 3]


def test_in_a_redraw_the_numbers_that_keep_a_prize_take_no_part():
    everybody = tuple(range(1, 19))
    kept = {8, 57}
    of = commitment(prizes=("p",) * 20)
    earlier = [Win(19, 8, "o0"), Win(20, 57, "o2"), *(Win(prize, 1, "o0") for prize in everybody)]

    wins = draw.winners_of(of, TICKETS, ROOT, held(redraw(prizes=everybody, excluded=(1,))), [earlier])

    assert {win.number for win in wins} == NUMBERS - kept - {1} | {None}


def test_in_a_redraw_a_number_that_was_excluded_takes_no_part():
    of = commitment(prizes=("p",) * 20)
    earlier = [Win(prize, 50, "o2") for prize in range(1, 21)]
    again = redraw(prizes=tuple(range(1, 21)), excluded=(50,))

    wins = draw.winners_of(of, TICKETS, ROOT, held(again), [earlier])

    assert {win.number for win in wins} == NUMBERS - {50} | {None}


@pytest.mark.parametrize("excluded", [(), (71,), (34, 71), (34, 34)])
def test_a_redraw_leaves_out_the_earlier_winners_of_its_prizes_and_nobody_else(excluded):
    with pytest.raises(draw.WrongExclusion, match="are 34$"):
        redrawn(redraw(prizes=(2,), excluded=excluded))


def test_a_number_that_nobody_had_bought_has_not_won():
    house = [Win(1, 45, None), Win(2, 34, "o6"), Win(3, 81, None)]

    assert [win.prize for win in redrawn(redraw(prizes=(1, 2), excluded=(34,)), house)] == [1, 2]


@pytest.mark.parametrize("prizes", [(), (0,), (4,), (2, 1), (1, 1)])
def test_a_redraw_of_prizes_that_are_not_there_is_refused(prizes):
    with pytest.raises(draw.UnknownPrize, match="1 to 3"):
        redrawn(redraw(prizes=prizes))


def test_a_prize_stands_as_the_last_draw_of_it_gave_it():
    second = redrawn(redraw(prizes=(2,), excluded=(34,)))

    standing = draw.latest_wins([WINNERS[Unsold.SOLD_ONLY], second])

    assert standing == {1: Win(1, 71, "o3"), 2: second[0], 3: Win(3, 13, "o5")}


def test_a_draw_without_evidence_gives_nobody_anything():
    assert draw.winners_of(commitment(), TICKETS, ROOT, Draw(None, None), []) == []


def test_a_list_that_was_frozen_before_the_draw_is_in_time():
    draw.check_frozen(FROZEN_AT, commitment())


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_a_list_that_was_frozen_when_the_randomness_may_be_known_is_refused(late):
    with pytest.raises(draw.FrozenTooLate, match=instants.published(DRAW_AT + late)):
        draw.check_frozen(DRAW_AT + late, commitment())
