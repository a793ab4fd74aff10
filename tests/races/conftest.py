"""What races prove is who wins, not how soon: dozens of clients share a process, where each has a Lambda of its own."""

import pytest

from mostrador import fields
from mostrador.table import writes


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Whoever is overtaken tries as long as it takes, within two minutes rather than five seconds."""
    _, _, longest = writes.attempts.__defaults__
    monkeypatch.setattr(writes.attempts, "__defaults__", (120.0, 1000, longest))


@pytest.fixture(autouse=True, scope="session")
def built_models():
    """Build every request and view now: threads that build one at the same time get a ValidationError from it."""
    families = [fields.Request, fields.View]
    while families:
        family = families.pop()
        family.model_rebuild()
        families += family.__subclasses__()
