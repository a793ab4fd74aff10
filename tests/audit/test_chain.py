"""Lines of the audit log are linked, each once, whatever is repeated, mixed up or at the same moment."""

from datetime import timedelta

import pytest

from mostrador import clock
from mostrador.audit import chain
from mostrador.audit.rules import chain as rules
from mostrador.audit.rules.chain import line_of
from mostrador.table import attempts, base, keys, reads, writes
from tests.support import faults


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(attempts, "pause", lambda *_: None)


@pytest.fixture
def lines(salon):
    """Twelve lines, each with the instant at which the stream saw it."""
    for number in range(10):
        change(number)
    return {line: clock.now() for line in stored_lines()}


def change(number):
    tenant = reads.get_item(keys.tenant("salon"))
    tenant.name = f"Salón {number}"
    with writes.transaction() as tx:
        tx.save(tenant)


def stored_lines(tenant="salon"):
    return [line_of(row) for row in stretch(keys.audit_partition(tenant))]


def stretch(partition):
    return reads.stretch(partition, after=reads.LOWEST, upto=reads.HIGHEST, most=1000)


def links(tenant="salon"):
    """In the order of the chain."""
    found = reads.everything(keys.chain_partition(tenant), keys.LINK_PREFIX)
    return sorted(found, key=lambda link: link.sequence)


def head(tenant="salon"):
    found = reads.get_item(keys.chain_head(tenant))
    return (found.sequence, found.digest) if found else None


def is_whole(tenant="salon"):
    previous = rules.genesis(tenant)
    for number, link in enumerate(links(tenant), 1):
        sk = link.sk.removeprefix(keys.LINK_PREFIX)
        if (link.sequence, link.previous) != (number, previous):
            return False
        if link.digest != rules.seal(previous, sk, link.line, link.seen_at or ""):
            return False
        previous = link.digest
    return head(tenant) == (len(links(tenant)), previous)


def test_lines_are_linked_in_the_order_given(lines):
    assert chain.link("salon", lines) == len(lines) == 12

    assert is_whole()
    assert [link.line for link in links()] == [line.digest for line in lines]


def test_a_batch_costs_one_read_and_one_write(lines):
    with faults.answering("BatchGetItem") as read, faults.answering("TransactWriteItems") as written:
        chain.link("salon", lines)

    assert (len(read), len(written)) == (1, 1)


def test_a_repeat_changes_nothing(lines):
    chain.link("salon", lines)
    before = stretch(keys.chain_partition("salon"))

    assert chain.link("salon", lines) == 0
    assert chain.link("salon", dict(reversed(lines.items()))) == 0

    assert stretch(keys.chain_partition("salon")) == before


def test_of_a_batch_that_is_partly_known_the_rest_is_linked(lines):
    given = list(lines.items())
    chain.link("salon", dict(given[2:5]))

    assert chain.link("salon", lines) == 9

    assert is_whole()


def test_a_lost_race_reads_again_and_links_behind_the_winner(lines):
    given = list(lines.items())

    def somebody_is_quicker(**_):
        client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", somebody_is_quicker)
        chain.link("salon", dict(given[4:8]))

    client = base.client()
    client.meta.events.register_first("before-call.dynamodb.TransactWriteItems", somebody_is_quicker)
    chain.link("salon", dict(given[:6]))

    assert is_whole()
    assert [link.line for link in links()] == [line.digest for line, _ in [*given[4:8], *given[:4]]]


def test_a_write_whose_answer_got_lost_is_not_done_twice(lines):
    with faults.crashing(1, "after"), pytest.raises(Exception, match="Failed to write transaction"):
        chain.link("salon", lines)

    assert chain.link("salon", lines) == 0
    assert is_whole()


def test_more_lines_than_a_transaction_holds_take_several(lines, monkeypatch):
    monkeypatch.setattr(chain, "MOST", 5)

    with faults.answering("TransactWriteItems") as written:
        assert chain.link("salon", lines) == 12

    assert len(written) == 3
    assert is_whole()


def test_a_full_transaction_fits_into_dynamodbs_limits():
    assert chain.MOST + 1 <= 100


def test_a_line_that_comes_again_with_other_content_stays_as_it_came_first(lines):
    first = next(iter(lines))
    forged = rules.Line(first.sk, first.at, "forged")

    chain.link("salon", {first: clock.now(), forged: clock.now()})
    chain.link("salon", {forged: clock.now()})

    assert [link.line for link in links()] == [first.digest]


def test_links_leave_no_line_in_the_log_so_nothing_follows_itself(lines):
    before = stored_lines()

    chain.link("salon", lines)

    assert stored_lines() == before


def test_catching_up_links_what_the_stream_did_not_bring_and_says_so(lines):
    given = list(lines.items())
    chain.link("salon", dict(given[:4] + given[6:]))
    now = clock.now()

    assert chain.catch_up("salon", since=now - timedelta(days=1), until=now + timedelta(minutes=1)) == 2
    assert chain.catch_up("salon", since=now - timedelta(days=1), until=now + timedelta(minutes=1)) == 0

    assert is_whole()
    assert [link.sequence for link in links() if link.seen_at is None] == [11, 12]


def test_catching_up_leaves_what_lies_outside_of_its_time(lines):
    now = clock.now()

    assert chain.catch_up("salon", since=now - timedelta(days=1), until=now - timedelta(hours=1)) == 0
    assert chain.catch_up("salon", since=now + timedelta(hours=1), until=now + timedelta(hours=2)) == 0


def test_each_tenant_has_a_chain_of_its_own(lines, clinic):
    theirs = {line: clock.now() for line in stored_lines("clinic")}
    chain.link("salon", lines)

    chain.link("clinic", theirs)

    assert is_whole("salon")
    assert is_whole("clinic")
    assert head("clinic")[0] == len(theirs)
