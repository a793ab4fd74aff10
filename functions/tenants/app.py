"""Door: a tenant's own settings, and the superusers' list of tenants."""

from datetime import timedelta
from typing import Final

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.background import relocation
from mostrador.people import onboarding
from mostrador.people.rules.permissions import Action
from mostrador.tenancy import plan_usage, tenants
from mostrador.tenancy.views import tenants as views
from mostrador.tenancy.views.relocation import Relocation, RelocationView
from mostrador.web import answers, door
from mostrador.web.routes import Access

BUDGET: Final = timedelta(seconds=20)
"""For the moves of a relocation; the rest is left to a repeat."""
app = door.Door()
handler = app.handler

OWN = "/tenant/<slug>/api/tenant"
ALL = "/admin/tenants"
OneTenant = Response[views.TenantView]


@app.get(OWN, "tenant.get", Action.READ_TENANT)
def own(slug: door.Slug) -> OneTenant:
    return answers.shown(tenants.active(tenants.find(slug, now=clock.now()), slug), views.TenantView)


@app.patch(OWN, "tenant.change", Action.CHANGE_TENANT)
def change_own(slug: door.Slug, form: views.TenantChanges, seen: door.IfMatch = None) -> OneTenant:
    tenants.current(slug, now=clock.now())
    return answers.shown(tenants.change(slug, form, seen=seen, now=clock.now()), views.TenantView)


@app.get(f"{OWN}/usage", "tenant.usage", Action.READ_USAGE)
def own_usage(slug: door.Slug) -> views.UsageView:
    return plan_usage.of_month(slug, now=clock.now())


@app.get(ALL, "tenants.list", Access.OPERATOR)
def listing(query: door.Query[views.TenantListing]) -> views.TenantPage:
    page = tenants.listing(size=query.limit, cursor=query.cursor, q=query.q, now=clock.now())
    return views.TenantPage(items=page.items, next=page.next)


@app.post(ALL, "tenants.create", Access.OPERATOR, status=201, location=f"{ALL}/<slug>")
def create(form: views.Onboarding, key: door.IdempotencyKey = None) -> OneTenant:
    app.enter(form.slug)
    return answers.created(onboarding.create(form, key=key, now=clock.now()), views.TenantView)


@app.get(f"{ALL}/<slug>", "tenants.get", Access.OPERATOR)
def get(slug: door.Slug) -> OneTenant:
    return answers.shown(tenants.find(slug, now=clock.now()), views.TenantView)


@app.patch(f"{ALL}/<slug>", "tenants.change", Access.OPERATOR)
def change(slug: door.Slug, form: views.TenantOperationChanges, seen: door.IfMatch = None) -> OneTenant:
    return answers.shown(tenants.change(slug, form, seen=seen, now=clock.now()), views.TenantView)


@app.post(f"{ALL}/<slug>/relocate", "tenants.relocate", Access.OPERATOR)
def relocate(slug: door.Slug, form: Relocation) -> RelocationView:
    until = clock.now() + BUDGET
    return relocation.relocate(slug, form, actor_name=app.caller.name, clock=clock.now, until=until)


@app.post(f"{ALL}/<slug>/suspend", "tenants.suspend", Access.OPERATOR)
def suspend(slug: door.Slug) -> OneTenant:
    return answers.shown(tenants.suspend(slug, now=clock.now()), views.TenantView)


@app.post(f"{ALL}/<slug>/resume", "tenants.resume", Access.OPERATOR)
def resume(slug: door.Slug) -> OneTenant:
    return answers.shown(tenants.resume(slug, now=clock.now()), views.TenantView)


@app.get("/openapi.json", "reference.document", Access.PUBLIC, public_for=300)
def document() -> Response[str]:
    return answers.document()
