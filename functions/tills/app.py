"""Door: tills at the counter, and corrections of the payments in them."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.ledger import tills
from mostrador.ledger.views import tills as views
from mostrador.ledger.views.payments import MethodCorrection, PaymentView, Voiding
from mostrador.payments import corrections
from mostrador.people.rules.permissions import Action
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

API = "/tenant/<slug>/api"
BASE = f"{API}/tills"
ONE = f"{BASE}/<till_id>"
PAYMENT = f"{API}/payments/<payment_id>"
OneTill = Response[views.TillView]
OnePayment = Response[PaymentView]


@app.get(BASE, "tills.list", Action.READ_TILLS)
def listing(slug: door.Slug, query: door.Query[views.TillListing]) -> views.TillPage:
    page = tills.listing(slug, query, now=clock.now())
    return views.TillPage(items=page.items, next=page.next)


@app.post(BASE, "tills.open", Action.KEEP_TILLS, status=201, location=ONE)
def open_till(slug: door.Slug, form: views.NewTill, key: door.IdempotencyKey = None) -> OneTill:
    opened = tills.open_till(slug, form, actor_name=app.caller.name, key=key, now=clock.now())
    return answers.created(opened, views.TillView)


@app.get(ONE, "tills.get", Action.READ_TILLS)
def get(slug: door.Slug, till_id: door.Id) -> views.TillSheetView:
    return views.TillSheetView.model_validate(tills.sheet(slug, till_id, now=clock.now()))


@app.post(f"{ONE}/movements", "tills.move_cash", Action.KEEP_TILLS)
def move_cash(
    slug: door.Slug, till_id: door.Id, form: views.NewCashMovement, key: door.RequiredKey
) -> views.TillMovementView:
    moved = tills.move_cash(slug, till_id, form, actor_name=app.caller.name, key=key, now=clock.now())
    return views.TillMovementView.model_validate(moved)


@app.post(f"{ONE}/close", "tills.close", Action.KEEP_TILLS)
def close(slug: door.Slug, till_id: door.Id, form: views.TillClosing) -> views.TillSheetView:
    now = clock.now()
    tills.close(slug, till_id, form, actor_name=app.caller.name, now=now)
    return views.TillSheetView.model_validate(tills.sheet(slug, till_id, now=now))


@app.post(f"{PAYMENT}/void", "payments.void", Action.PAY)
def void(slug: door.Slug, payment_id: door.PaymentId, form: Voiding) -> OnePayment:
    voided = corrections.void(slug, payment_id, form, actor_name=app.caller.name, now=clock.now())
    return answers.shown(voided, PaymentView)


@app.post(f"{PAYMENT}/method", "payments.correct_method", Action.CORRECT_PAYMENTS)
def correct_method(slug: door.Slug, payment_id: door.PaymentId, form: MethodCorrection) -> OnePayment:
    corrected = corrections.correct_method(slug, payment_id, form, actor_name=app.caller.name, now=clock.now())
    return answers.shown(corrected, PaymentView)
