"""Door: the draws of a raffle, their proof, the delivery of prizes, the export for the authority."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import StringConstraints

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.raffles import draws, prizes, redraws
from mostrador.raffles.views import draws as views
from mostrador.raffles.views.raffles import RaffleView
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

RAFFLE = "/tenant/<slug>/api/raffles/<raffle_id>"
RaffleResponse = Response[RaffleView]
PROOF = "mostrador.raffles.views.proofs:ProofView"
"""Named, not imported: the proof is answered as text."""
Place = Annotated[Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?$")], Path(title="Puesto del premio")]


@app.post(f"{RAFFLE}/draw", "raffles.draw", Action.DRAW_RAFFLES)
def draw(slug: door.Slug, raffle_id: door.Id, form: views.Evidence | None = None) -> RaffleResponse:
    drawn = draws.draw(slug, raffle_id, form or views.Evidence(), now=clock.now())
    return answers.shown(drawn, RaffleView)


@app.post(f"{RAFFLE}/redraw", "raffles.redraw", Action.DRAW_RAFFLES)
def redraw(slug: door.Slug, raffle_id: door.Id, form: views.Redrawing) -> RaffleResponse:
    return answers.shown(redraws.announce(slug, raffle_id, form, now=clock.now()), RaffleView)


@app.get(f"{RAFFLE}/proof", "raffles.proof", Action.READ_RAFFLES, answer=PROOF, private_for=60)
def proof(slug: door.Slug, raffle_id: door.Id) -> Response[str]:
    return answers.text(draws.proof(slug, raffle_id, now=clock.now()))


@app.post(f"{RAFFLE}/prizes/<place>/delivery", "raffles.deliver_prize", Action.DRAW_RAFFLES)
def deliver(slug: door.Slug, raffle_id: door.Id, place: Place, form: views.Delivery) -> RaffleResponse:
    delivered = prizes.deliver(slug, raffle_id, int(place), form, actor_name=app.caller.name, now=clock.now())
    return answers.shown(delivered, RaffleView)


@app.get(f"{RAFFLE}/export", "raffles.export", Action.DRAW_RAFFLES)
def export(slug: door.Slug, raffle_id: door.Id, query: door.Query[views.ExportQuery]) -> views.ExportPage:
    page = prizes.export(slug, raffle_id, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.ExportPage(items=page.items, next=page.next)
