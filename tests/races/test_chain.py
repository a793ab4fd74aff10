"""Several outboxes at once, each with the same lines in its own order: one chain, and every line in it once."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from mostrador.audit import chain
from mostrador.audit.rules.chain import Line
from mostrador.table import base, writes
from tests.audit.test_chain import head, is_whole, links

pytestmark = pytest.mark.race
LINES = [
    Line(f"2026-12-01T12:00:{number:02}Z#{number}", f"2026-12-01T12:00:{number:02}Z", f"l{number}")
    for number in range(60)
]
OUTBOXES = 8


def at_once():
    barrier = Barrier(OUTBOXES)

    def work(number):
        mine = random.Random(number).sample(LINES, len(LINES))  # noqa: S311 - not a secret
        barrier.wait()
        return sum(chain.link("salon", dict.fromkeys(mine[first : first + 10])) for first in range(0, len(mine), 10))

    with ThreadPoolExecutor(OUTBOXES) as pool:
        return sum(pool.map(work, range(OUTBOXES)))


def test_outboxes_at_once_make_one_chain(dynoxide):
    base.Item.describe_table()  # the client is made before the threads

    linked = at_once()

    assert linked == len(LINES)
    assert is_whole()
    assert sorted(link.line for link in links()) == sorted(line.digest for line in LINES)


def test_without_the_conditions_the_chain_breaks(dynoxide, monkeypatch):
    """The red control."""
    base.Item.describe_table()
    save = writes.Transaction.save
    monkeypatch.setattr(writes.Transaction, "save", lambda tx, item, **_: save(tx, item))

    at_once()

    assert not is_whole()
    assert head()
