"""Door: the board of a raffle, which is the picture of all its numbers, and lists of the numbers."""

from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.raffles import board
from mostrador.raffles.rules.board import Board
from mostrador.raffles.views import board as views
from mostrador.web import door
from mostrador.web.request_bodies import JSON

app = door.resolver()
handler = door.handler(app)

RAFFLE = "/tenant/<slug>/api/raffles/<raffle_id>"
FRESH_FOR: Final = 2
"""Seconds for which a browser may keep the answer: fewer than the board may lag behind."""
ANSWERS: Final[Any] = {200: {"description": "The board", "content": {JSON: {"model": views.BoardView}}}}


@app.get(f"{RAFFLE}/board", responses=ANSWERS)
def show(slug: door.Slug, raffle_id: door.Id) -> Response[str]:
    door.caller(app, slug, Action.READ_RAFFLES)
    return _shown(board.show(slug, raffle_id, now=clock.now()))


@app.get("/tenant/<slug>/public/raffles/<raffle_id>/board", responses=ANSWERS)
def show_publicly(slug: door.Slug, raffle_id: door.Id) -> Response[str]:
    door.visitor(app, slug)
    return _shown(board.show(slug, raffle_id, is_public=True, now=clock.now()))


@app.get(f"{RAFFLE}/numbers")
def listing(slug: door.Slug, raffle_id: door.Id, query: door.Query[views.NumberListing]) -> views.NumberPage:
    door.caller(app, slug, Action.READ_RAFFLES)
    page = board.listing(slug, raffle_id, query, now=clock.now())
    return views.NumberPage(items=page.items, next=page.next)


@app.post(f"{RAFFLE}/board/rebuild")
def rebuild(slug: door.Slug, raffle_id: door.Id) -> views.BoardView:
    door.caller(app, slug, Action.CHANGE_RAFFLES)
    return views.BoardView.model_validate(board.rebuild(slug, raffle_id, now=clock.now()))


def _shown(shown: Board) -> Response[str]:
    return door.cached(app, views.BoardView.model_validate(shown).model_dump_json(), JSON, FRESH_FOR)
