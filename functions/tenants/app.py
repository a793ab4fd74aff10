"""Door: a tenant's own settings, and the superusers' list of tenants."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, onboarding, tenants, usage, web
from mostrador.rules.permissions import Action
from mostrador.views import tenants as views
from mostrador.views.common import Listing

app = web.resolver()
handler = web.handler(app)

OWN = "/tenant/<slug>/api/tenant"
ALL = "/admin/tenants"
OneTenant = Response[views.TenantView]


@app.get(OWN)
def own(slug: web.Slug) -> OneTenant:
    web.caller(app, slug, Action.READ_TENANT)
    return web.shown(tenants.active(tenants.find(slug, now=clock.now()), slug), views.TenantView)


@app.patch(OWN)
def change_own(slug: web.Slug, form: views.TenantChanges, seen: web.IfMatch = None) -> OneTenant:
    web.caller(app, slug, Action.CHANGE_TENANT)
    tenants.current(slug, now=clock.now())
    return web.shown(tenants.change(slug, form, seen=seen, now=clock.now()), views.TenantView)


@app.get(f"{OWN}/usage")
def own_usage(slug: web.Slug) -> views.UsageView:
    web.caller(app, slug, Action.READ_USAGE)
    return usage.of_month(slug, now=clock.now())


@app.get(ALL)
def listing(query: Annotated[Listing, Query()]) -> views.TenantPage:
    web.operator(app)
    page = tenants.listing(size=query.limit, cursor=query.cursor, now=clock.now())
    return views.TenantPage(items=page.items, next=page.next)


@app.post(ALL)
def create(form: views.Onboarding, key: web.IdempotencyKey = None) -> OneTenant:
    web.operator(app, form.slug)
    return web.created(onboarding.create(form, key=key, now=clock.now()), views.TenantView)


@app.get(f"{ALL}/<slug>")
def get(slug: web.Slug) -> OneTenant:
    web.operator(app, slug)
    return web.shown(tenants.find(slug, now=clock.now()), views.TenantView)


@app.patch(f"{ALL}/<slug>")
def change(slug: web.Slug, form: views.TenantOperationChanges, seen: web.IfMatch = None) -> OneTenant:
    web.operator(app, slug)
    return web.shown(tenants.change(slug, form, seen=seen, now=clock.now()), views.TenantView)


@app.post(f"{ALL}/<slug>/suspend")
def suspend(slug: web.Slug) -> OneTenant:
    web.operator(app, slug)
    return web.shown(tenants.suspend(slug, now=clock.now()), views.TenantView)


@app.post(f"{ALL}/<slug>/resume")
def resume(slug: web.Slug) -> OneTenant:
    web.operator(app, slug)
    return web.shown(tenants.resume(slug, now=clock.now()), views.TenantView)


@app.get("/openapi.json", include_in_schema=False)
def document() -> Response[str]:
    return web.document()
