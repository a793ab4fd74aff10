"""Door: raffles, from the draft to the close of their sale."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, raffle_drafts, raffles, web
from mostrador.rules.permissions import Action
from mostrador.views import raffles as views
from mostrador.views.draws import Opening
from mostrador.views.raffles import RaffleChanges as Changes

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/raffles"
ONE = f"{BASE}/<raffle_id>"
OneRaffle = Response[views.RaffleView]


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.RaffleListing, Query()]) -> views.RafflePage:
    web.caller(app, slug, Action.READ_RAFFLES)
    page = raffles.listing(slug, status=query.status, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.RafflePage(items=page.items, next=page.next)


@app.post(BASE)
def create(slug: web.Slug, form: views.NewRaffle, key: web.IdempotencyKey = None) -> OneRaffle:
    caller = web.caller(app, slug, Action.CHANGE_RAFFLES)
    return web.created(raffle_drafts.create(slug, form, by=caller.name, key=key, now=clock.now()), views.RaffleView)


@app.get(ONE)
def get(slug: web.Slug, raffle_id: web.Id) -> OneRaffle:
    web.caller(app, slug, Action.READ_RAFFLES)
    return web.shown(raffles.get(slug, raffle_id, now=clock.now()), views.RaffleView)


@app.put(ONE)
def replace(slug: web.Slug, raffle_id: web.Id, form: views.NewRaffle, seen: web.IfMatch = None) -> OneRaffle:
    web.caller(app, slug, Action.CHANGE_RAFFLES)
    return web.shown(raffle_drafts.change(slug, raffle_id, form, seen=seen, now=clock.now()), views.RaffleView)


@app.patch(ONE)
def change(slug: web.Slug, raffle_id: web.Id, form: Changes, seen: web.IfMatch = None) -> OneRaffle:
    web.caller(app, slug, Action.CHANGE_RAFFLES)
    return web.shown(raffle_drafts.change(slug, raffle_id, form, seen=seen, now=clock.now()), views.RaffleView)


@app.delete(ONE)
def delete(slug: web.Slug, raffle_id: web.Id, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_RAFFLES)
    raffle_drafts.delete(slug, raffle_id, seen=seen, now=clock.now())
    return web.gone()


@app.post(f"{ONE}/open")
def open_sale(slug: web.Slug, raffle_id: web.Id, form: Opening) -> OneRaffle:
    web.caller(app, slug, Action.DRAW_RAFFLES)
    return web.shown(raffles.open_sale(slug, raffle_id, form, now=clock.now()), views.RaffleView)


@app.post(f"{ONE}/close")
def close(slug: web.Slug, raffle_id: web.Id) -> OneRaffle:
    web.caller(app, slug, Action.DRAW_RAFFLES)
    return web.shown(raffles.close(slug, raffle_id, now=clock.now()), views.RaffleView)


@app.post(f"{ONE}/cancel")
def cancel(slug: web.Slug, raffle_id: web.Id, form: views.RaffleCancellation) -> OneRaffle:
    web.caller(app, slug, Action.DRAW_RAFFLES)
    return web.shown(raffles.cancel(slug, raffle_id, reason=form.reason, now=clock.now()), views.RaffleView)
