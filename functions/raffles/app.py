"""Door: raffles, from the draft to the close of their sale."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.raffles import drafts, raffles
from mostrador.raffles.views import raffles as views
from mostrador.raffles.views.draws import Opening
from mostrador.raffles.views.raffles import RaffleChanges
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

RAFFLES = "/tenant/<slug>/api/raffles"
RAFFLE = f"{RAFFLES}/<raffle_id>"
RaffleResponse = Response[views.RaffleView]


@app.get(RAFFLES)
def listing(slug: door.Slug, query: door.Query[views.RaffleListing]) -> views.RafflePage:
    door.caller(app, slug, Action.READ_RAFFLES)
    page = raffles.listing(slug, query, now=clock.now())
    return views.RafflePage(items=page.items, next=page.next)


@app.post(RAFFLES)
def create(slug: door.Slug, form: views.NewRaffle, key: door.IdempotencyKey = None) -> RaffleResponse:
    caller = door.caller(app, slug, Action.CHANGE_RAFFLES)
    return door.created(drafts.create(slug, form, actor_name=caller.name, key=key, now=clock.now()), views.RaffleView)


@app.get(RAFFLE)
def get(slug: door.Slug, raffle_id: door.Id) -> RaffleResponse:
    door.caller(app, slug, Action.READ_RAFFLES)
    return door.shown(raffles.get(slug, raffle_id, now=clock.now()), views.RaffleView)


@app.put(RAFFLE)
def replace(slug: door.Slug, raffle_id: door.Id, form: views.NewRaffle, seen: door.IfMatch = None) -> RaffleResponse:
    door.caller(app, slug, Action.CHANGE_RAFFLES)
    return door.shown(drafts.change(slug, raffle_id, form, seen=seen, now=clock.now()), views.RaffleView)


@app.patch(RAFFLE)
def change(slug: door.Slug, raffle_id: door.Id, form: RaffleChanges, seen: door.IfMatch = None) -> RaffleResponse:
    door.caller(app, slug, Action.CHANGE_RAFFLES)
    return door.shown(drafts.change(slug, raffle_id, form, seen=seen, now=clock.now()), views.RaffleView)


@app.delete(RAFFLE)
def delete(slug: door.Slug, raffle_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_RAFFLES)
    drafts.delete(slug, raffle_id, seen=seen, now=clock.now())
    return door.gone()


@app.post(f"{RAFFLE}/open")
def open_sale(slug: door.Slug, raffle_id: door.Id, form: Opening) -> RaffleResponse:
    door.caller(app, slug, Action.DRAW_RAFFLES)
    return door.shown(raffles.open_sale(slug, raffle_id, form, now=clock.now()), views.RaffleView)


@app.post(f"{RAFFLE}/close")
def close(slug: door.Slug, raffle_id: door.Id) -> RaffleResponse:
    door.caller(app, slug, Action.DRAW_RAFFLES)
    return door.shown(raffles.close(slug, raffle_id, now=clock.now()), views.RaffleView)


@app.post(f"{RAFFLE}/cancel")
def cancel(slug: door.Slug, raffle_id: door.Id, form: views.RaffleCancellation) -> RaffleResponse:
    door.caller(app, slug, Action.DRAW_RAFFLES)
    return door.shown(raffles.cancel(slug, raffle_id, reason=form.reason, now=clock.now()), views.RaffleView)
