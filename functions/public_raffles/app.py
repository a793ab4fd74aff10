"""Door: the raffles that anybody may see, and the proofs of their draws."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.raffles import draws, raffles
from mostrador.raffles.views import raffles as views
from mostrador.web import answers, door
from mostrador.web.routes import Access

app = door.Door()
handler = app.handler

PROOF = "mostrador.raffles.views.proofs:ProofView"
"""Named, not imported: the proof is answered as text."""
RAFFLES = "/tenant/<slug>/public/raffles"


@app.get(RAFFLES, "public.raffles", Access.PUBLIC, public_for=15)
def listing(slug: door.Slug, query: door.Query[Listing]) -> views.PublicRafflePage:
    page = raffles.public_listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.PublicRafflePage(items=page.items, next=page.next)


@app.get(f"{RAFFLES}/<raffle_id>", "public.raffle", Access.PUBLIC, public_for=15)
def get(slug: door.Slug, raffle_id: door.Id) -> views.PublicRaffleView:
    return views.PublicRaffleView.model_validate(raffles.get_published(slug, raffle_id, now=clock.now()))


@app.get(f"{RAFFLES}/<raffle_id>/proof", "public.proof", Access.PUBLIC, answer=PROOF, public_for=60)
def proof(slug: door.Slug, raffle_id: door.Id) -> Response[str]:
    return answers.text(draws.proof(slug, raffle_id, now=clock.now()))
