"""Door: the raffles that anybody may see, and the proofs of their draws."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.raffles import draws, raffles
from mostrador.raffles.views import raffles as views
from mostrador.web import door
from mostrador.web.request_bodies import JSON

app = door.resolver()
handler = door.handler(app)

RAFFLES = "/tenant/<slug>/public/raffles"


@app.get(RAFFLES)
def listing(slug: door.Slug, query: door.Query[Listing]) -> views.PublicRafflePage:
    door.visitor(app, slug)
    page = raffles.public_listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.PublicRafflePage(items=page.items, next=page.next)


@app.get(f"{RAFFLES}/<raffle_id>")
def get(slug: door.Slug, raffle_id: door.Id) -> views.PublicRaffleView:
    door.visitor(app, slug)
    return views.PublicRaffleView.model_validate(raffles.get_published(slug, raffle_id, now=clock.now()))


@app.get(f"{RAFFLES}/<raffle_id>/proof")
def proof(slug: door.Slug, raffle_id: door.Id) -> Response[str]:
    door.visitor(app, slug)
    return door.cached(app, draws.proof(slug, raffle_id, now=clock.now()), JSON, 60)
