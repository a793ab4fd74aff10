"""Door: the draws of a raffle, their proof, and what comes after."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import StringConstraints

from mostrador import clock, raffle_draws, raffle_results, web
from mostrador.rules.permissions import Action
from mostrador.views import draws as views
from mostrador.views.raffles import RaffleView

app = web.resolver()
handler = web.handler(app)

ONE = "/tenant/<slug>/api/raffles/<raffle_id>"
OneRaffle = Response[RaffleView]
Place = Annotated[Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?$")], Path(title="Puesto del premio")]


@app.post(f"{ONE}/draw")
def draw(slug: web.Slug, raffle_id: web.Id, form: views.Evidence | None = None) -> OneRaffle:
    web.caller(app, slug, Action.DRAW_RAFFLES)
    drawn = raffle_draws.draw(slug, raffle_id, form or views.Evidence(), now=clock.now())
    return web.shown(drawn, RaffleView)


@app.post(f"{ONE}/redraw")
def redraw(slug: web.Slug, raffle_id: web.Id, form: views.Redrawing) -> OneRaffle:
    web.caller(app, slug, Action.DRAW_RAFFLES)
    return web.shown(raffle_draws.redraw(slug, raffle_id, form, now=clock.now()), RaffleView)


@app.get(f"{ONE}/proof")
def proof(slug: web.Slug, raffle_id: web.Id) -> Response[str]:
    web.caller(app, slug, Action.READ_RAFFLES)
    return web.cached(app, raffle_draws.proof(slug, raffle_id, now=clock.now()), web.JSON, 60)


@app.post(f"{ONE}/prizes/<place>/delivery")
def deliver(slug: web.Slug, raffle_id: web.Id, place: Place, form: views.Delivery) -> OneRaffle:
    caller = web.caller(app, slug, Action.DRAW_RAFFLES)
    delivered = raffle_results.deliver(slug, raffle_id, int(place), form, by=caller.name, now=clock.now())
    return web.shown(delivered, RaffleView)


@app.get(f"{ONE}/export")
def export(slug: web.Slug, raffle_id: web.Id, query: Annotated[views.ExportQuery, Query()]) -> views.ExportPage:
    web.caller(app, slug, Action.DRAW_RAFFLES)
    page = raffle_results.export(slug, raffle_id, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.ExportPage(items=page.items, next=page.next)
