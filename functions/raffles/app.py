"""Door: raffles, from the draft to the close of their sale."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.raffles import drafts, raffles
from mostrador.raffles.views import raffles as views
from mostrador.raffles.views.draws import Opening
from mostrador.raffles.views.raffles import RaffleChanges
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

RAFFLES = "/tenant/<slug>/api/raffles"
RAFFLE = f"{RAFFLES}/<raffle_id>"
RaffleResponse = Response[views.RaffleView]


@app.get(RAFFLES, "raffles.list", Action.READ_RAFFLES)
def listing(slug: door.Slug, query: door.Query[views.RaffleListing]) -> views.RafflePage:
    page = raffles.listing(slug, query, now=clock.now())
    return views.RafflePage(items=page.items, next=page.next)


@app.post(RAFFLES, "raffles.create", Action.CHANGE_RAFFLES, status=201, location=RAFFLE)
def create(slug: door.Slug, form: views.NewRaffle, key: door.IdempotencyKey = None) -> RaffleResponse:
    return answers.created(
        drafts.create(slug, form, actor_name=app.caller.name, key=key, now=clock.now()), views.RaffleView
    )


@app.get(RAFFLE, "raffles.get", Action.READ_RAFFLES)
def get(slug: door.Slug, raffle_id: door.Id) -> RaffleResponse:
    return answers.shown(raffles.get(slug, raffle_id, now=clock.now()), views.RaffleView)


@app.put(RAFFLE, "raffles.replace", Action.CHANGE_RAFFLES)
def replace(slug: door.Slug, raffle_id: door.Id, form: views.NewRaffle, seen: door.IfMatch = None) -> RaffleResponse:
    return answers.shown(drafts.change(slug, raffle_id, form, seen=seen, now=clock.now()), views.RaffleView)


@app.patch(RAFFLE, "raffles.change", Action.CHANGE_RAFFLES)
def change(slug: door.Slug, raffle_id: door.Id, form: RaffleChanges, seen: door.IfMatch = None) -> RaffleResponse:
    return answers.shown(drafts.change(slug, raffle_id, form, seen=seen, now=clock.now()), views.RaffleView)


@app.delete(RAFFLE, "raffles.delete", Action.CHANGE_RAFFLES)
def delete(slug: door.Slug, raffle_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    drafts.delete(slug, raffle_id, seen=seen, now=clock.now())
    return answers.gone()


@app.post(f"{RAFFLE}/open", "raffles.open", Action.DRAW_RAFFLES)
def open_sale(slug: door.Slug, raffle_id: door.Id, form: Opening) -> RaffleResponse:
    return answers.shown(raffles.open_sale(slug, raffle_id, form, now=clock.now()), views.RaffleView)


@app.post(f"{RAFFLE}/close", "raffles.close", Action.DRAW_RAFFLES)
def close(slug: door.Slug, raffle_id: door.Id) -> RaffleResponse:
    return answers.shown(raffles.close(slug, raffle_id, now=clock.now()), views.RaffleView)


@app.post(f"{RAFFLE}/cancel", "raffles.cancel", Action.DRAW_RAFFLES)
def cancel(slug: door.Slug, raffle_id: door.Id, form: views.RaffleCancellation) -> RaffleResponse:
    return answers.shown(raffles.cancel(slug, raffle_id, reason=form.reason, now=clock.now()), views.RaffleView)
