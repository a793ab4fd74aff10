"""Door: the audit log, to be read and to be verified; no door changes it."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import audit, clock, web
from mostrador.rules.permissions import Action
from mostrador.views import audit as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/audit"


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.AuditListing, Query()]) -> views.AuditPage:
    web.caller(app, slug, Action.READ_AUDIT)
    page = audit.listing(slug, query, now=clock.now())
    return views.AuditPage(items=page.items, next=page.next)


@app.get(f"{BASE}/verify")
def verify(slug: web.Slug, query: Annotated[views.VerifyQuery, Query()]) -> views.VerdictView:
    web.caller(app, slug, Action.READ_AUDIT)
    return views.VerdictView.model_validate(audit.verify(slug, query, now=clock.now()))
