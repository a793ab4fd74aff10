"""Raffles of a tenant whose zone a superuser corrects."""

from datetime import datetime, timedelta

import pytest

from mostrador import clock
from mostrador.raffles import raffles as raffle_rooms
from tests.support import raffles
from tests.support.http import superuser

BOGOTA = {"time_zone": "America/Bogota", "country": "CO"}


@pytest.fixture(autouse=True)
def _today(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def call(**form):
    answer = superuser.call("POST", "/admin/tenants/salon/relocate", form)
    assert answer.status == 200, answer.text
    return answer.json


def test_an_open_raffle_keeps_its_instants_and_a_draft_its_time_on_the_clock(salon, now):
    opened, draft = raffles.opened(now), raffles.drafted(now, title="Otra")
    closes, draws = opened.sale_closes_at, draft.draw_at
    later = timedelta(hours=2)  # the clock of Bogota is two hours behind

    told = {one["id"]: one for one in call(**BOGOTA)["raffles"]}
    assert (told[opened.id]["keeps"], told[draft.id]["keeps"]) == ("INSTANT", "WALL_TIME")
    assert datetime.fromisoformat(told[draft.id]["draw_at"]) == draws + later
    assert raffle_rooms.get("salon", draft.id, now=now).draw_at == draws

    call(**BOGOTA, apply=True)
    call(**BOGOTA, apply=True)

    stays, moved = (raffle_rooms.get("salon", one.id, now=now) for one in (opened, draft))
    assert (stays.sale_closes_at, stays.draw_at, stays.time_zone) == (closes, opened.draw_at, "America/Asuncion")
    assert stays.commitment == opened.commitment
    assert (moved.draw_at, moved.time_zone) == (draws + later, "America/Bogota")
