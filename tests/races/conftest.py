"""What races prove is who wins, not how soon: dozens of clients share a process, where each has a Lambda of its own."""

import pytest

from mostrador.table import writes


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Whoever is overtaken tries as long as it takes, within two minutes rather than five seconds."""
    _, _, longest = writes.attempts.__defaults__
    monkeypatch.setattr(writes.attempts, "__defaults__", (120.0, 1000, longest))
