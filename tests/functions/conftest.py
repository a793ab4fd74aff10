"""The doors read the clock; here it stands still, so that a test holds on any day."""

import pytest

from mostrador import clock


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)
