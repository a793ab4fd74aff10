"""Door: closures, special hours and blocks of hours."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import blocks, special_days
from mostrador.scheduling.views import blocks as block_views
from mostrador.scheduling.views import special_days as views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/closures"
ONE = f"{BASE}/<closure_id>"
BLOCKS = "/tenant/<slug>/api/blocks"
BLOCK = f"{BLOCKS}/<block_id>"
OneClosure = Response[views.ClosureView]


@app.get(BASE, "closures.list", Action.READ_CLOSURES)
def listing(slug: door.Slug, query: door.Query[views.ClosureQuery]) -> views.ClosurePage:
    first, last = query.span()
    return views.ClosurePage(items=special_days.listing(slug, first=first, last=last, now=clock.now()))


@app.post(BASE, "closures.create", Action.CHANGE_CLOSURES, status=201)
def create(slug: door.Slug, form: views.NewClosure) -> views.ClosurePage:
    return views.ClosurePage(items=special_days.create(slug, form, now=clock.now()))


@app.post(f"{BASE}/holidays", "closures.load_holidays", Action.CHANGE_CLOSURES, status=201)
def load_holidays(slug: door.Slug, form: views.HolidayYear) -> views.ClosurePage:
    return views.ClosurePage(items=special_days.load_holidays(slug, form.year, now=clock.now()))


@app.get(ONE, "closures.get", Action.READ_CLOSURES)
def get(slug: door.Slug, closure_id: door.ClosureId) -> OneClosure:
    return answers.shown(special_days.get(slug, closure_id, now=clock.now()), views.ClosureView)


@app.put(ONE, "closures.replace", Action.CHANGE_CLOSURES)
def replace(
    slug: door.Slug, closure_id: door.ClosureId, form: views.ClosureEdit, seen: door.IfMatch = None
) -> OneClosure:
    return answers.shown(special_days.change(slug, closure_id, form, seen=seen, now=clock.now()), views.ClosureView)


@app.patch(ONE, "closures.change", Action.CHANGE_CLOSURES)
def change(
    slug: door.Slug, closure_id: door.ClosureId, form: views.ClosureChanges, seen: door.IfMatch = None
) -> OneClosure:
    return answers.shown(special_days.change(slug, closure_id, form, seen=seen, now=clock.now()), views.ClosureView)


@app.delete(ONE, "closures.delete", Action.CHANGE_CLOSURES)
def delete(slug: door.Slug, closure_id: door.ClosureId, seen: door.IfMatch = None) -> Response[None]:
    special_days.delete(slug, closure_id, seen=seen, now=clock.now())
    return answers.gone()


@app.get(BLOCKS, "blocks.list", Action.READ_APPOINTMENTS)
def list_blocks(slug: door.Slug, query: door.Query[block_views.BlockListing]) -> block_views.BlockPage:
    page = blocks.listing(slug, query, now=clock.now())
    return block_views.BlockPage(items=page.items, next=page.next)


@app.post(BLOCKS, "blocks.create", Action.BOOK, status=201, location=BLOCK)
def block(
    slug: door.Slug, form: block_views.NewBlock, key: door.IdempotencyKey = None
) -> Response[block_views.NewBlockView]:
    made = blocks.create(slug, form, actor_name=app.caller.name, key=key, now=clock.now())
    return answers.created(made, block_views.NewBlockView)


@app.get(BLOCK, "blocks.get", Action.READ_APPOINTMENTS)
def get_block(slug: door.Slug, block_id: door.Id) -> Response[block_views.BlockView]:
    return answers.shown(blocks.get(slug, block_id, now=clock.now()), block_views.BlockView)


@app.delete(BLOCK, "blocks.delete", Action.BOOK)
def unblock(slug: door.Slug, block_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    blocks.delete(slug, block_id, seen=seen, now=clock.now())
    return answers.gone()
