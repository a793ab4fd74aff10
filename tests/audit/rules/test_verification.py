"""The chain on plain values: links in whatever order, in whatever portions, and what does not fit."""

import json
import random
from dataclasses import replace

import pytest

from mostrador.audit.rules import chain
from mostrador.audit.rules.chain import Line
from mostrador.audit.rules.verification import MOST_ENDS, LogProblem, Progress, mark_reordered

LENGTH = 8
OLD, FUTURE = "2026-12-01T13:00:00Z", "2026-12-01T13:10:00Z"


def line(number, at="2026-12-01T12:00:{:02}Z", digest=None):
    return Line(f"{at.format(number)}#{number}", at.format(number), digest or f"l{number}")


def links_of(lines, slug="salon"):
    made, previous = [], chain.genesis(slug)
    for number, one in enumerate(lines, 1):
        made.append(chain.link_line(one, sequence=number, previous=previous, seen_at=one.at))
        previous = made[-1].digest
    return made


@pytest.fixture
def lines():
    return [line(number) for number in range(1, LENGTH + 1)]


@pytest.fixture
def links(lines):
    return links_of(lines)


def verified(links, lines, head=None, portions=1):
    """What is found, as (problem, sequence), when links and lines come in so many portions."""
    head = head or links_of([line(number) for number in range(1, LENGTH + 1)])[-1]
    progress, found = Progress.begin("salon", (head.sequence, head.digest), ""), []
    newest = max((link.sk for link in links), default="")
    for portion in range(portions):
        progress = Progress.from_json(json.loads(json.dumps(progress.to_json())))
        some = {one.sk: one for one in lines if sum(map(ord, one.sk)) % portions == portion}
        theirs = [link for link in links if sum(map(ord, link.sk)) % portions == portion]
        found += progress.compare(theirs, some, newest=newest, old=OLD, future=FUTURE)
    found += progress.find_gaps(is_all=True)
    return [(one.problem, one.sequence) for one in mark_reordered(found)], progress


@pytest.mark.parametrize("portions", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", range(5))
def test_an_untouched_log_is_intact_in_whatever_order_and_portions_it_is_read(links, lines, seed, portions):
    random.Random(seed).shuffle(links)  # noqa: S311 - not a secret

    found, progress = verified(links, lines, portions=portions)

    assert found == []
    assert (progress.lines, progress.linked, progress.unlinked, progress.caught_up) == (LENGTH, LENGTH, 0, 0)


def test_an_empty_log_is_intact():
    empty = replace(links_of([line(1)])[0], sequence=0, digest=chain.genesis("salon"))

    assert verified([], [], head=empty)[0] == []


def test_a_removed_line_is_named(links, lines):
    assert verified(links, lines[:2] + lines[3:])[0] == [(LogProblem.REMOVED, 3)]


def test_a_line_removed_with_its_link_is_named_by_its_number(links, lines):
    del links[2:4], lines[2:4]

    assert verified(links, lines)[0] == [(LogProblem.REMOVED, 3), (LogProblem.REMOVED, 4)]


def test_the_last_lines_removed_with_their_links_are_named(links, lines):
    del links[-2:], lines[-2:]

    assert verified(links, lines)[0] == [(LogProblem.REMOVED, LENGTH - 1), (LogProblem.REMOVED, LENGTH)]


def test_everything_removed_but_the_head_is_named():
    assert len(verified([], [])[0]) == LENGTH


def test_a_changed_line_is_named(links, lines):
    lines[2] = replace(lines[2], digest="other")

    assert verified(links, lines)[0] == [(LogProblem.CHANGED, 3)]


def test_a_line_whose_time_was_changed_is_named(links, lines):
    lines[2] = replace(lines[2], at="2026-12-01T11:00:00Z")

    assert verified(links, lines)[0] == [(LogProblem.CHANGED, 3)]


def test_two_lines_that_changed_places_are_reordered(links, lines):
    lines[1], lines[4] = replace(lines[1], digest="l5"), replace(lines[4], digest="l2")

    assert verified(links, lines)[0] == [(LogProblem.REORDERED, 2), (LogProblem.REORDERED, 5)]


def test_a_line_moved_to_another_time_is_reordered(links, lines):
    lines[2] = line(2, at="2026-12-01T12:00:{:02}Z", digest="l3")
    lines[2] = replace(lines[2], sk="2026-12-01T12:00:02Z#moved")
    lines.insert(1, line(2))

    assert verified(links, [*{one.sk: one for one in lines}.values()])[0] == [
        (LogProblem.REORDERED, 3),
        (LogProblem.REORDERED, None),
    ]


def test_a_line_that_the_chain_does_not_know_though_it_knows_later_ones_was_inserted(links, lines):
    lines.append(replace(line(3), sk="2026-12-01T12:00:03Z#forged", digest="forged"))

    assert verified(links, lines)[0] == [(LogProblem.INSERTED, None)]


def test_a_line_from_the_future_was_inserted(links, lines):
    lines.append(Line("2027-01-01T00:00:00Z#x", "2027-01-01T00:00:00Z", "forged"))

    assert verified(links, lines)[0] == [(LogProblem.INSERTED, None)]


def test_a_line_that_was_seen_long_after_the_time_it_tells_was_inserted(lines):
    links = links_of(lines[:-1])
    late = chain.link_line(lines[-1], sequence=LENGTH, previous=links[-1].digest, seen_at="2026-12-01T12:30:00Z")

    assert verified([*links, late], lines, head=late)[0] == [(LogProblem.INSERTED, LENGTH)]


def test_lines_behind_all_that_is_linked_only_wait(links, lines):
    waiting, fresh = line(9), Line(f"{OLD}#new", OLD, "new")

    found, progress = verified(links, [*lines, waiting, fresh])

    assert (found, progress.unlinked) == ([], 1)


def test_what_the_chain_caught_up_with_is_counted(lines):
    links = links_of(lines[:-1])
    caught = chain.link_line(lines[-1], sequence=LENGTH, previous=links[-1].digest, seen_at="")

    found, progress = verified([*links, caught], lines, head=caught)

    assert (found, progress.caught_up) == ([], 1)


@pytest.mark.parametrize("field", ["previous", "line", "seen_at", "digest", "sk"])
def test_a_link_of_which_anything_was_changed_is_broken(links, lines, field):
    links[2] = replace(links[2], **{field: "0"})

    assert (LogProblem.BROKEN, 3) in verified(links, lines)[0]


def test_links_that_changed_numbers_are_broken(links, lines):
    links[2], links[5] = replace(links[2], sequence=6), replace(links[5], sequence=3)

    assert {problem for problem, _ in verified(links, lines)[0]} == {LogProblem.BROKEN}


def test_a_line_and_its_link_forged_together_break_what_comes_after(links, lines):
    lines[2] = replace(lines[2], digest="forged")
    links[2] = chain.link_line(lines[2], sequence=3, previous=links[1].digest, seen_at=lines[2].at)

    assert verified(links, lines)[0] == [(LogProblem.BROKEN, 4)]


def test_a_forged_link_more_with_a_number_that_exists_is_broken(links, lines):
    forged = replace(line(3), sk="2026-12-01T12:00:03Z#forged")
    links.append(chain.link_line(forged, sequence=3, previous=links[1].digest, seen_at=forged.at))
    lines.append(forged)

    for seed in range(5):
        random.Random(seed).shuffle(links)  # noqa: S311 - not a secret
        assert LogProblem.BROKEN in {problem for problem, _ in verified(links, lines)[0]}


def test_a_head_that_is_not_the_last_link_is_named(links, lines):
    forged = replace(links[-1], digest="0" * 64)

    assert verified(links, lines, head=forged)[0] == [(LogProblem.HEAD, LENGTH)]


def test_links_that_came_while_the_log_was_read_are_no_problem(links, lines):
    """The head was read first; of what came after, some may lie behind the place that was read already."""
    assert verified(links, lines, head=links[-3])[0] == []
    assert verified([*links[:-2], links[-1]], [*lines[:-2], lines[-1]], head=links[-3])[0] == []


def test_a_chain_in_pieces_is_given_up(lines):
    many = links_of([line(0, at=f"2026-12-01T12:{number // 60:02}:{number % 60:02}Z") for number in range(200)])
    progress = Progress.begin("salon", (200, many[-1].digest), "")

    list(progress.compare(many[::4], {}, newest="", old=OLD, future=FUTURE))

    assert len(progress.begins) + len(progress.ends) > MOST_ENDS
    assert progress.is_fragmented()
    assert [one.sequence for one in progress.find_gaps(is_all=False)][:6] == [2, 3, 4, 6, 7, 8]
