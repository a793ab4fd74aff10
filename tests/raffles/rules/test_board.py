"""The picture: two bits a number, against a list that a child could read."""

import json
from base64 import b64decode
from collections import Counter
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.raffles.rules import board
from mostrador.raffles.rules.board import NumberState
from mostrador.raffles.views.board import BoardView
from tests.support.boards import pictured

STATES = st.lists(st.sampled_from(NumberState), min_size=1, max_size=60)
FIRST = st.integers(0, 50)


@given(STATES, FIRST)
def test_every_number_has_the_state_that_it_was_given(states, first):
    picture = pictured(states, first)

    assert [picture.state(first + place) for place in range(len(states))] == states


@given(STATES, FIRST)
def test_the_counts_are_those_of_the_numbers(states, first):
    counted = Counter(states)

    assert pictured(states, first).counts == {state: counted[state] for state in NumberState}


@given(STATES, FIRST)
def test_the_free_numbers_are_those_that_are_neither_reserved_nor_sold(states, first):
    wanted = [first + place for place, state in enumerate(states) if state is NumberState.FREE]

    assert pictured(states, first).free() == wanted


@given(STATES, st.dictionaries(st.integers(0, 59), st.sampled_from(NumberState)))
def test_marking_some_places_leaves_the_others_as_they_are(states, changes):
    changes = {place: state for place, state in changes.items() if place < len(states)}
    after = [changes.get(place, state) for place, state in enumerate(states)]

    assert board.with_states(pictured(states).bits, changes) == pictured(after).bits


@given(STATES)
def test_the_description_in_the_api_is_how_to_read_the_bits(states):
    told = json.loads(BoardView.model_validate(pictured(states)).model_dump_json())

    octets, legend = b64decode(told["bits"]), told["legend"]
    read = [legend[octets[place // 4] >> place % 4 * 2 & 3] for place in range(len(states))]
    assert read == states


@given(st.integers(0, 5), st.integers(1, 40), st.data())
def test_chunks_that_are_not_there_are_free_and_the_others_in_their_place(first, size, data):
    numbers = range(first, first + size)
    states = data.draw(st.lists(st.sampled_from(NumberState), min_size=size, max_size=size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(board, "CHUNK", 8)
        there = data.draw(st.sets(st.sampled_from([chunk for chunk, _ in board.chunked(numbers)])))
        parts = {chunk: [states[number - first] for number in of] for chunk, of in board.chunked(numbers)}

        joined = board.joined({chunk: pictured(parts[chunk]).bits for chunk in there}, numbers)

    free = {chunk: [NumberState.FREE] * len(part) for chunk, part in parts.items() if chunk not in there}
    assert joined == pictured([state for part in (parts | free).values() for state in part]).bits


@given(st.sets(st.integers(1, 100_000)))
def test_a_number_is_looked_for_in_the_chunk_that_has_it(numbers):
    chunks = dict(board.chunked(range(1, 100_001)))

    for chunk, some in board.by_chunk(numbers, 1).items():
        assert all(number in chunks[chunk] for number in some)


def test_ten_thousand_numbers_are_one_chunk_wherever_they_begin():
    assert [len(list(board.chunked(range(first, first + 10_000)))) for first in (0, 1, 4_321)] == [1, 1, 1]


@pytest.mark.parametrize(("what", "most"), [("counts", 0.005), ("free", 0.05)])
def test_a_hundred_thousand_numbers_are_read_in_milliseconds(what, most):
    dice = Random(7)  # noqa: S311 - dice of a test
    picture = pictured(dice.choices(list(NumberState), k=100_000))

    began = process_time()
    _ = picture.counts if what == "counts" else picture.free()

    assert process_time() - began < most
