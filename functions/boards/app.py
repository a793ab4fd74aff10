"""Door: the picture of a raffle's numbers, and lists of them."""

from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import boards, clock, web
from mostrador.rules.board import Board
from mostrador.rules.permissions import Action
from mostrador.views import boards as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/raffles/<raffle_id>"
FRESH_FOR: Final = 2
"""Seconds for which a browser need not ask again: less than the picture may be behind anyway."""
ANSWERS: Final[Any] = {200: {"description": "The picture", "content": {web.JSON: {"model": views.BoardView}}}}


@app.get(f"{BASE}/board", responses=ANSWERS)
def show(slug: web.Slug, raffle_id: web.Id) -> Response[str]:
    web.caller(app, slug, Action.READ_RAFFLES)
    return _shown(boards.show(slug, raffle_id, now=clock.now()))


@app.get("/tenant/<slug>/public/raffles/<raffle_id>/board", responses=ANSWERS)
def show_publicly(slug: web.Slug, raffle_id: web.Id) -> Response[str]:
    web.visitor(app, slug)
    return _shown(boards.show(slug, raffle_id, is_public=True, now=clock.now()))


@app.get(f"{BASE}/numbers")
def listing(slug: web.Slug, raffle_id: web.Id, query: Annotated[views.NumberListing, Query()]) -> views.NumberPage:
    web.caller(app, slug, Action.READ_RAFFLES)
    page = boards.listing(slug, raffle_id, query, now=clock.now())
    return views.NumberPage(items=page.items, next=page.next)


@app.post(f"{BASE}/board/rebuild")
def rebuild(slug: web.Slug, raffle_id: web.Id) -> views.BoardView:
    web.caller(app, slug, Action.CHANGE_RAFFLES)
    return views.BoardView.model_validate(boards.rebuild(slug, raffle_id, now=clock.now()))


def _shown(seen: Board) -> Response[str]:
    return web.cached(app, views.BoardView.model_validate(seen).model_dump_json(), web.JSON, FRESH_FOR)
