"""Door: what anybody may know of raffles and check of their draws."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, raffle_draws, raffles, web
from mostrador.views import raffles as views
from mostrador.views.common import Listing

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/public/raffles"


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[Listing, Query()]) -> views.PublicRafflePage:
    web.visitor(app, slug)
    page = raffles.public_listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.PublicRafflePage(items=page.items, next=page.next)


@app.get(f"{BASE}/<raffle_id>")
def get(slug: web.Slug, raffle_id: web.Id) -> views.PublicRaffleView:
    web.visitor(app, slug)
    return views.PublicRaffleView.model_validate(raffles.published(slug, raffle_id, now=clock.now()))


@app.get(f"{BASE}/<raffle_id>/proof")
def proof(slug: web.Slug, raffle_id: web.Id) -> Response[str]:
    web.visitor(app, slug)
    return web.cached(app, raffle_draws.proof(slug, raffle_id, now=clock.now()), web.JSON, 60)
