"""Door: the board of a raffle, which is the picture of all its numbers, and lists of the numbers."""

from typing import Final

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.raffles import board
from mostrador.raffles.rules.board import Board
from mostrador.raffles.views import board as views
from mostrador.web import answers, door
from mostrador.web.routes import Access

app = door.Door()
handler = app.handler

PUBLIC_BOARD = "/tenant/<slug>/public/raffles/<raffle_id>/board"
RAFFLE = "/tenant/<slug>/api/raffles/<raffle_id>"
FRESH_FOR: Final = 2
"""Seconds for which a browser may keep the answer: fewer than the board may lag behind."""


@app.get(f"{RAFFLE}/board", "raffles.board", Action.READ_RAFFLES, answer=views.BoardView, private_for=FRESH_FOR)
def show(slug: door.Slug, raffle_id: door.Id) -> Response[str]:
    return _shown(board.show(slug, raffle_id, now=clock.now()))


@app.get(
    "/tenant/<slug>/public/raffles/<raffle_id>/board",
    "public.board",
    Access.PUBLIC,
    answer=views.BoardView,
    public_for=FRESH_FOR,
)
def show_publicly(slug: door.Slug, raffle_id: door.Id) -> Response[str]:
    return _shown(board.show(slug, raffle_id, is_public=True, now=clock.now()))


@app.get(f"{RAFFLE}/numbers", "raffles.numbers", Action.READ_RAFFLES)
def listing(slug: door.Slug, raffle_id: door.Id, query: door.Query[views.NumberListing]) -> views.NumberPage:
    page = board.listing(slug, raffle_id, query, now=clock.now())
    return views.NumberPage(items=page.items, next=page.next)


@app.post(f"{RAFFLE}/board/rebuild", "raffles.rebuild_board", Action.CHANGE_RAFFLES)
def rebuild(slug: door.Slug, raffle_id: door.Id) -> views.BoardView:
    return views.BoardView.model_validate(board.rebuild(slug, raffle_id, now=clock.now()))


def _shown(shown: Board) -> Response[str]:
    return answers.text(views.BoardView.model_validate(shown).model_dump_json())
