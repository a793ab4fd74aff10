"""Boards: what the stream says brings the picture to the truth, however it is told; lists of numbers."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mostrador import context
from mostrador.errors import Busy, NotHere
from mostrador.raffles import board
from mostrador.raffles.rules.board import NumberState
from mostrador.raffles.views.board import NumberListing
from mostrador.table import keys, reads, tenant_guard, writes
from mostrador.table.items.raffles import BoardChunk
from tests.support import lines
from tests.support.boards import draft, on_sale, project, set_state

FREE, RESERVED, SOLD = NumberState
TWENTY = range(1, 21)


def seen(raffle, tenant="salon"):
    """The numbers of the picture that are not free."""
    picture = board.read(tenant, raffle)
    every = {number: picture.state(number) for number in range(picture.first_number, picture.last_number + 1)}
    return {number: state for number, state in every.items() if state is not FREE}


def listed(raffle, *, now, tenant="salon", **query):
    return board.listing(tenant, raffle.id, NumberListing.model_validate(query), now=now)


def test_a_raffle_of_which_nothing_was_sold_is_all_free(salon, now):
    picture = board.show("salon", on_sale(now=now, first=0, last=99).id, now=now)

    assert picture.counts == {FREE: 100, RESERVED: 0, SOLD: 0}
    assert (picture.as_of, picture.lag_seconds) == (None, None)


def test_the_picture_shows_what_was_projected_and_since_when(salon, now):
    raffle = on_sale(now=now)
    set_state(raffle, 7, SOLD)
    set_state(raffle, 100, RESERVED)

    project(raffle, 7, 100, now=now, changed_at=now - timedelta(seconds=3))

    picture = board.show("salon", raffle.id, now=now)
    assert seen(raffle) == {7: SOLD, 100: RESERVED}
    assert picture.counts == {FREE: 98, RESERVED: 1, SOLD: 1}
    assert (picture.as_of, picture.lag_seconds) == (now, 3)


def test_a_number_that_is_freed_is_free_again(salon, now):
    raffle = on_sale(now=now)
    set_state(raffle, 7, RESERVED)
    project(raffle, 7, now=now)

    set_state(raffle, 7, FREE)
    project(raffle, 7, now=now)

    assert seen(raffle) == {}


def test_what_is_not_named_stays_as_it_was_shown(salon, now):
    raffle = on_sale(now=now)
    set_state(raffle, 7, SOLD)
    set_state(raffle, 8, SOLD)

    project(raffle, 8, now=now)

    assert seen(raffle) == {8: SOLD}


def test_another_tenants_raffle_keeps_its_own_picture(salon, clinic, now):
    mine, theirs = on_sale(now=now), on_sale(now=now, tenant="clinic")
    set_state(mine, 7, SOLD)
    project(mine, 7, now=now)

    assert seen(theirs, "clinic") == {}
    with pytest.raises(NotHere):
        board.show("clinic", mine.id, now=now)
    with pytest.raises(NotHere):
        board.rebuild("clinic", mine.id, now=now)
    with pytest.raises(NotHere):
        listed(mine, now=now, tenant="clinic")


def test_numbers_of_no_raffle_stop_nobody(salon, now):
    board.project("salon", "0" * 32, [7], changed_at=now, now=now)

    assert reads.get_item(keys.board_chunk("salon", "0" * 32, 0)) is None


def test_projecting_touches_nothing_but_the_tenants_own(salon, clinic, now):
    raffle = on_sale(now=now)
    set_state(raffle, 7, SOLD)

    with context.working("clinic", context.SYSTEM), pytest.raises(tenant_guard.ForeignKey):
        project(raffle, 7, now=now)
    with context.working("salon", context.SYSTEM):
        project(raffle, 7, now=now)

    assert seen(raffle) == {7: SOLD}


def test_the_public_sees_no_draft(salon, now):
    raffle = draft(now=now)

    assert board.show("salon", raffle.id, now=now).counts[FREE] == 100
    with pytest.raises(NotHere):
        board.show("salon", raffle.id, is_public=True, now=now)


def test_a_big_raffle_is_several_small_items(salon, now):
    raffle = on_sale(now=now, first=5, last=25_004)
    for number in (5, 10_004, 10_005, 25_004):
        set_state(raffle, number, SOLD)

    project(raffle, 5, 10_004, 10_005, 25_004, now=now)

    assert seen(raffle) == dict.fromkeys((5, 10_004, 10_005, 25_004), SOLD)
    chunks = [reads.get_item(keys.board_chunk("salon", raffle.id, chunk)) for chunk in range(4)]
    assert [chunk and len(chunk.bits) for chunk in chunks] == [2_500, 2_500, 1_250, None]


@pytest.mark.parametrize(("last", "at_first"), [(9_999, 1), (10_000, 2), (99_999, 2)])
def test_the_picture_takes_one_round_trip(salon, now, last, at_first):
    raffle = on_sale(now=now, first=0, last=last)
    board.show("salon", on_sale(now=now).id, now=now)  # the tenant is remembered from here on

    with lines.trips() as first:
        board.show("salon", raffle.id, now=now)
    with lines.trips() as later:
        board.show("salon", raffle.id, now=now)

    assert (first, later) == (["BatchGetItem"] * at_first, ["BatchGetItem"])


def test_a_draft_is_read_anew_each_time_because_its_numbers_may_change(salon, now):
    raffle = draft(now=now, last=100)
    board.show("salon", raffle.id, now=now)
    raffle.last_number = 50
    with writes.transaction() as tx:
        tx.save(raffle)

    assert board.show("salon", raffle.id, now=now).counts[FREE] == 50


def test_rebuilding_makes_the_picture_anew_from_the_numbers_alone(salon, now):
    raffle = on_sale(now=now, first=0, last=10_099)
    set_state(raffle, 3, SOLD)
    project(raffle, 3, now=now)
    for number, state in ((3, FREE), (4, RESERVED), (10_099, SOLD)):  # of which nobody tells
        set_state(raffle, number, state)

    picture = board.rebuild("salon", raffle.id, now=now + timedelta(hours=1))

    assert seen(raffle) == {4: RESERVED, 10_099: SOLD}
    assert picture.counts == {FREE: 10_098, RESERVED: 1, SOLD: 1}
    assert picture.as_of == now + timedelta(hours=1)


# --- Whoever writes later has looked later --------------------------------------------------------------------------


def between_reading_and_writing(happens):
    """Let something happen once, when the truth was read and the chunk is not yet written."""
    truth, left = board.states, [happens]

    def states(*args):
        told = truth(*args)
        while left:
            left.pop()()
        return told

    return patch.object(board, "states", states)


def sold_meanwhile(raffle, now):
    set_state(raffle, 7, SOLD)
    project(raffle, 7, now=now)


def test_a_projection_that_was_overtaken_looks_again(salon, now):
    raffle = on_sale(now=now)
    set_state(raffle, 7, RESERVED)
    project(raffle, 7, now=now)
    set_state(raffle, 7, FREE)

    with between_reading_and_writing(lambda: sold_meanwhile(raffle, now)):
        project(raffle, 7, now=now)

    assert seen(raffle) == {7: SOLD}


def freed_meanwhile(raffle, now):
    """What the picture, that knows of no sale, says already."""
    set_state(raffle, 7, FREE)
    project(raffle, 7, now=now)


def test_one_that_finds_nothing_to_change_is_not_covered_by_what_was_true_before(salon, now):
    raffle = on_sale(now=now)
    set_state(raffle, 7, SOLD)

    with between_reading_and_writing(lambda: freed_meanwhile(raffle, now)):
        project(raffle, 7, now=now)

    assert seen(raffle) == {}


def test_red_control_where_it_then_writes_nothing_it_is(salon, now, monkeypatch):
    save = BoardChunk.save

    def save_changes(chunk):
        known = chunk.loaded["bits"]["B"] if chunk.loaded else bytes(len(chunk.bits))
        if chunk.bits != known:
            save(chunk)

    monkeypatch.setattr(BoardChunk, "save", save_changes)
    raffle = on_sale(now=now)
    set_state(raffle, 7, SOLD)

    with between_reading_and_writing(lambda: freed_meanwhile(raffle, now)):
        project(raffle, 7, now=now)

    assert seen(raffle) == {7: SOLD}


def test_the_first_two_projections_of_a_chunk_do_not_cover_each_other(salon, now):
    raffle = on_sale(now=now)
    set_state(raffle, 8, SOLD)

    with between_reading_and_writing(lambda: sold_meanwhile(raffle, now)):
        project(raffle, 8, now=now)

    assert seen(raffle) == {7: SOLD, 8: SOLD}


def test_red_control_without_the_version_an_older_look_covers_a_newer_one(salon, now, monkeypatch):
    save = BoardChunk.save
    monkeypatch.setattr(BoardChunk, "save", lambda self: save(self, add_version_condition=False))
    raffle = on_sale(now=now)
    set_state(raffle, 7, RESERVED)
    project(raffle, 7, now=now)
    set_state(raffle, 7, FREE)

    with between_reading_and_writing(lambda: sold_meanwhile(raffle, now)):
        project(raffle, 7, now=now)

    assert seen(raffle) == {}


def test_a_rebuild_does_not_undo_a_projection_that_overtakes_it(salon, now):
    raffle = on_sale(now=now)
    set_state(raffle, 9, SOLD)
    truth, left = board._states_in, [lambda: sold_meanwhile(raffle, now)]

    def states_in(*args):
        told = truth(*args)
        while left:
            left.pop()()
        return told

    with patch.object(board, "_states_in", states_in):
        board.rebuild("salon", raffle.id, now=now)

    assert seen(raffle) == {7: SOLD, 9: SOLD}


def test_who_is_overtaken_again_and_again_is_busy_and_comes_back(salon, now, monkeypatch):
    raffle = on_sale(now=now)
    set_state(raffle, 7, SOLD)
    monkeypatch.setattr(board.writes, "attempts", lambda *_, **__: range(3))

    with patch.object(BoardChunk, "save", side_effect=board._ChunkChanged), pytest.raises(Busy):
        project(raffle, 7, now=now)


# --- Any telling of any story ----------------------------------------------------------------------------------------

CHANGES = st.lists(st.tuples(st.sampled_from([1, 2, 3, 19, 20]), st.sampled_from(NumberState)), min_size=1, max_size=12)


@dataclass(frozen=True)
class Step:
    """A change, or records that are brought: late, twice, out of order, in part. Each is a place in the story.

    As many of the next steps as ``during`` says happen between reading and writing of what is brought.
    """

    change: int | None = None
    records: tuple[int, ...] = ()
    during: int = 0


@st.composite
def tellings(draw):
    """A story, and the steps in which it is lived and told: each record at least once after its change."""
    story, during = draw(CHANGES), st.integers(0, 2)
    steps = []
    for place in range(len(story)):
        steps.append(Step(change=place))
        past = st.lists(st.integers(0, place), max_size=5).map(tuple)
        steps += draw(st.lists(st.builds(Step, records=past, during=during), max_size=2))
    told = {place for step in steps for place in step.records}
    rest = tuple(draw(st.permutations(sorted(set(range(len(story))) - told))))
    cut = draw(st.integers(0, len(rest)))
    return story, [*steps, Step(records=rest[:cut], during=draw(during)), Step(records=rest[cut:])]


def lived_through(telling, now, images=lambda _: None):
    """The picture after a telling, and the truth; ``images`` is told of each batch what its records say."""
    story, steps = telling[0], list(telling[1])
    raffle, truth = on_sale(now=now, first=1, last=20), {}

    def go_on(most):
        while steps and most:
            most -= 1
            live(steps.pop(0))

    def live(step):
        if step.change is not None:
            number, truth[number] = story[step.change][0], story[step.change][1]
            set_state(raffle, number, truth[number])
            return
        images(dict(story[place] for place in step.records))
        with between_reading_and_writing(lambda: go_on(step.during)):
            project(raffle, *(story[place][0] for place in step.records), now=now)

    go_on(len(steps))
    return board.read("salon", raffle), {number: truth.get(number, FREE) for number in TWENTY}


def believing(said):
    """The projection that one would write first: what the records say of the numbers."""
    return lambda _tenant, _raffle_id, numbers: {number: said[number] for number in numbers}


def is_true(picture, truth):
    every = {number: picture.state(number) for number in TWENTY}
    counts = Counter(truth.values())
    return every == truth and picture.counts == {state: counts[state] for state in NumberState}


@given(tellings())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_however_the_records_come_the_picture_is_the_truth_when_all_have_come(salon, now, telling):
    assert is_true(*lived_through(telling, now))


def test_red_control_with_what_the_records_say_instead_it_is_not(salon, now, monkeypatch):
    said = {}
    monkeypatch.setattr(board, "states", believing(said))

    @given(tellings())
    @settings(max_examples=500, phases=[Phase.generate], database=None, derandomize=True)
    def always(telling):
        assert is_true(*lived_through(telling, now, images=said.update))

    with pytest.raises(AssertionError):
        always()


def test_red_control_a_part_of_the_past_told_again_is_enough(salon, now, monkeypatch):
    """Records 1..2 once more from the dead-letter queue, after 3 was applied, which nobody brings again."""
    story = [(7, RESERVED), (7, FREE), (7, SOLD)]
    told = [Step(records=records) for records in ((0, 1, 2), (0,), (1,))]
    telling = story, [*(Step(change=place) for place in range(3)), *told]
    assert is_true(*lived_through(telling, now))
    said = {}
    monkeypatch.setattr(board, "states", believing(said))

    assert not is_true(*lived_through(telling, now, images=said.update))


# --- Lists -----------------------------------------------------------------------------------------------------------


def test_a_list_has_every_number_of_its_window_as_printed_with_who_has_it(salon, now):
    raffle = on_sale(now=now, first=0, last=9_999)
    until = now + timedelta(minutes=15)
    set_state(raffle, 41, SOLD, order_id="a" * 32)
    set_state(raffle, 43, RESERVED, order_id="b" * 32, hold_expires_at=int(until.timestamp()))

    page = listed(raffle, now=now, **{"from": 41, "to": 43})

    assert page.items == [
        board.BoardNumber("0041", SOLD, "a" * 32, None),
        board.BoardNumber("0042", FREE, None, None),
        board.BoardNumber("0043", RESERVED, "b" * 32, until),
    ]
    assert page.next is None


def test_a_hold_that_lapsed_is_free_to_the_second(salon, now):
    raffle = on_sale(now=now)
    set_state(raffle, 7, RESERVED, hold_expires_at=int(now.timestamp()))

    before, at = (
        listed(raffle, now=when, **{"from": 7, "to": 7}).items[0] for when in (now - timedelta(seconds=1), now)
    )

    assert (before.state, at.state, at.order_id) == (RESERVED, FREE, None)


@pytest.mark.parametrize("state", [None, *NumberState])
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_its_pages_have_every_number_once(salon, now, state, limit):
    raffle = on_sale(now=now, first=3, last=40)
    states = dict(zip(range(3, 41), [FREE, RESERVED, SOLD, SOLD] * 10, strict=False))
    for number, of in states.items():
        if of is not FREE:
            set_state(raffle, number, of)

    numbers, cursor = [], None
    while True:
        page = listed(raffle, now=now, limit=limit, cursor=cursor, state=state)
        numbers += [int(one.number) for one in page.items]
        cursor = page.next
        if cursor is None:
            break

    assert numbers == [number for number, of in states.items() if state in (None, of)]


def test_a_page_that_finds_little_stops_looking_and_says_where_to_go_on(salon, now, monkeypatch):
    monkeypatch.setattr(reads, "EXAMINED", 5)
    raffle = on_sale(now=now, first=1, last=100)
    set_state(raffle, 60, SOLD)

    short = listed(raffle, now=now, state="sold")
    rest = listed(raffle, now=now, state="sold", cursor=short.next)

    assert (short.items, [one.number for one in rest.items]) == ([], ["060"])


@pytest.mark.parametrize(("window", "numbers"), [((90, 200), 11), ((0, 3), 3), ((101, 200), 0), ((50, 50), 1)])
def test_a_window_is_cut_to_the_numbers_that_there_are(salon, now, window, numbers):
    raffle = on_sale(now=now, first=1, last=100)

    page = listed(raffle, now=now, **{"from": window[0], "to": window[1], "limit": 100})

    assert (len(page.items), page.next) == (numbers, None)


def test_a_cursor_of_another_list_is_refused(salon, now):
    raffle = on_sale(now=now)
    cursor = listed(raffle, now=now, limit=1).next

    with pytest.raises(reads.BadCursor):
        listed(raffle, now=now, limit=1, state="sold", cursor=cursor)
    with pytest.raises(reads.BadCursor):
        listed(on_sale(now=now), now=now, limit=1, cursor=cursor)


def test_the_key_of_a_number_tells_raffle_and_number():
    assert keys.numbered(keys.raffle_number("salon", "a" * 32, 42)) == ("a" * 32, 42)
