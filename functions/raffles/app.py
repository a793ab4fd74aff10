"""Door: raffles, from the draft to the close of their sale."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.raffles import drafts, raffles
from mostrador.raffles.views import raffles as views
from mostrador.raffles.views.draws import Opening
from mostrador.raffles.views.raffles import RaffleChanges as Changes
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/raffles"
ONE = f"{BASE}/<raffle_id>"
OneRaffle = Response[views.RaffleView]


@app.get(BASE)
def listing(slug: door.Slug, query: Annotated[views.RaffleListing, Query()]) -> views.RafflePage:
    door.caller(app, slug, Action.READ_RAFFLES)
    page = raffles.listing(slug, status=query.status, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.RafflePage(items=page.items, next=page.next)


@app.post(BASE)
def create(slug: door.Slug, form: views.NewRaffle, key: door.IdempotencyKey = None) -> OneRaffle:
    caller = door.caller(app, slug, Action.CHANGE_RAFFLES)
    return door.created(drafts.create(slug, form, actor_name=caller.name, key=key, now=clock.now()), views.RaffleView)


@app.get(ONE)
def get(slug: door.Slug, raffle_id: door.Id) -> OneRaffle:
    door.caller(app, slug, Action.READ_RAFFLES)
    return door.shown(raffles.get(slug, raffle_id, now=clock.now()), views.RaffleView)


@app.put(ONE)
def replace(slug: door.Slug, raffle_id: door.Id, form: views.NewRaffle, seen: door.IfMatch = None) -> OneRaffle:
    door.caller(app, slug, Action.CHANGE_RAFFLES)
    return door.shown(drafts.change(slug, raffle_id, form, seen=seen, now=clock.now()), views.RaffleView)


@app.patch(ONE)
def change(slug: door.Slug, raffle_id: door.Id, form: Changes, seen: door.IfMatch = None) -> OneRaffle:
    door.caller(app, slug, Action.CHANGE_RAFFLES)
    return door.shown(drafts.change(slug, raffle_id, form, seen=seen, now=clock.now()), views.RaffleView)


@app.delete(ONE)
def delete(slug: door.Slug, raffle_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_RAFFLES)
    drafts.delete(slug, raffle_id, seen=seen, now=clock.now())
    return door.gone()


@app.post(f"{ONE}/open")
def open_sale(slug: door.Slug, raffle_id: door.Id, form: Opening) -> OneRaffle:
    door.caller(app, slug, Action.DRAW_RAFFLES)
    return door.shown(raffles.open_sale(slug, raffle_id, form, now=clock.now()), views.RaffleView)


@app.post(f"{ONE}/close")
def close(slug: door.Slug, raffle_id: door.Id) -> OneRaffle:
    door.caller(app, slug, Action.DRAW_RAFFLES)
    return door.shown(raffles.close(slug, raffle_id, now=clock.now()), views.RaffleView)


@app.post(f"{ONE}/cancel")
def cancel(slug: door.Slug, raffle_id: door.Id, form: views.RaffleCancellation) -> OneRaffle:
    door.caller(app, slug, Action.DRAW_RAFFLES)
    return door.shown(raffles.cancel(slug, raffle_id, reason=form.reason, now=clock.now()), views.RaffleView)
