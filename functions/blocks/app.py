"""Door: blocked times, and new places for the appointments in them."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import affected, blocks, proposals, reassigning
from mostrador.scheduling.views import blocks as views
from mostrador.scheduling.views import reassigning as move_views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/blocks"
ONE = f"{BASE}/<block_id>"


@app.get(BASE, "blocks.list", Action.READ_APPOINTMENTS)
def listing(slug: door.Slug, query: door.Query[views.BlockListing]) -> views.BlockPage:
    page = blocks.listing(slug, query, now=clock.now())
    return views.BlockPage(items=page.items, next=page.next)


@app.post(BASE, "blocks.create", Action.BOOK, status=201, location=ONE)
def create(slug: door.Slug, form: views.NewBlock, key: door.IdempotencyKey = None) -> Response[views.NewBlockView]:
    made = blocks.create(slug, form, actor_name=app.caller.name, key=key, now=clock.now())
    return answers.created(made, views.NewBlockView)


@app.get(ONE, "blocks.get", Action.READ_APPOINTMENTS)
def get(slug: door.Slug, block_id: door.Id) -> Response[views.BlockView]:
    return answers.shown(blocks.get(slug, block_id, now=clock.now()), views.BlockView)


@app.patch(ONE, "blocks.change", Action.BOOK)
def change(
    slug: door.Slug, block_id: door.Id, form: views.BlockChanges, seen: door.IfMatch = None
) -> Response[views.BlockView]:
    return answers.shown(blocks.change(slug, block_id, form, seen=seen, now=clock.now()), views.BlockView)


@app.delete(ONE, "blocks.delete", Action.BOOK)
def delete(slug: door.Slug, block_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    blocks.delete(slug, block_id, seen=seen, now=clock.now())
    return answers.gone()


@app.get(f"{ONE}/affected", "blocks.affected", Action.READ_APPOINTMENTS)
def list_affected(slug: door.Slug, block_id: door.Id) -> views.AffectedList:
    now = clock.now()
    return views.AffectedList(items=affected.of_block(slug, blocks.get(slug, block_id, now=now), now=now))


@app.post(f"{ONE}/proposals", "blocks.propose", Action.BOOK)
def propose(
    slug: door.Slug, block_id: door.Id, form: move_views.ProposalQuery | None = None
) -> move_views.ProposalsView:
    days = (form or move_views.ProposalQuery()).days
    return move_views.ProposalsView.model_validate(proposals.propose(slug, block_id, days=days, now=clock.now()))


@app.post(f"{ONE}/reassign", "blocks.reassign", Action.BOOK)
def reassign(slug: door.Slug, block_id: door.Id, form: move_views.ChosenMoves) -> move_views.MoveResults:
    made = reassigning.reassign(slug, block_id, form.moves, actor_name=app.caller.name, clock=clock.now)
    return move_views.MoveResults(results=[_row(outcome) for outcome in made])


def _row(outcome: reassigning.Outcome) -> move_views.MoveResult:
    shown = {"appointment_id": outcome.appointment_id, "result": outcome.result, "appointment": outcome.appointment}
    return move_views.MoveResult.model_validate({**shown, "problem": app.told(outcome.error)})
