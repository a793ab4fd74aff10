"""Door: the audit log, to be read and verified. No door changes it."""

from mostrador import clock
from mostrador.audit import log
from mostrador.audit.views import audit as views
from mostrador.people.rules.permissions import Action
from mostrador.web import door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/audit"


@app.get(BASE, "audit.list", Action.READ_AUDIT)
def listing(slug: door.Slug, query: door.Query[views.AuditListing]) -> views.AuditPage:
    page = log.listing(slug, query, now=clock.now())
    return views.AuditPage(items=page.items, next=page.next)


@app.get(f"{BASE}/verify", "audit.verify", Action.READ_AUDIT)
def verify(slug: door.Slug, query: door.Query[views.VerifyQuery]) -> views.VerdictView:
    return views.VerdictView.model_validate(log.verify(slug, query, now=clock.now()))
