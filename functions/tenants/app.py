"""Door: a tenant's own settings, and the superusers' list of tenants."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.people import onboarding
from mostrador.people.rules.permissions import Action
from mostrador.tenancy import plan_usage, tenants
from mostrador.tenancy.views import tenants as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

OWN = "/tenant/<slug>/api/tenant"
ALL = "/admin/tenants"
OneTenant = Response[views.TenantView]


@app.get(OWN)
def own(slug: door.Slug) -> OneTenant:
    door.caller(app, slug, Action.READ_TENANT)
    return door.shown(tenants.active(tenants.find(slug, now=clock.now()), slug), views.TenantView)


@app.patch(OWN)
def change_own(slug: door.Slug, form: views.TenantChanges, seen: door.IfMatch = None) -> OneTenant:
    door.caller(app, slug, Action.CHANGE_TENANT)
    tenants.current(slug, now=clock.now())
    return door.shown(tenants.change(slug, form, seen=seen, now=clock.now()), views.TenantView)


@app.get(f"{OWN}/usage")
def own_usage(slug: door.Slug) -> views.UsageView:
    door.caller(app, slug, Action.READ_USAGE)
    return plan_usage.of_month(slug, now=clock.now())


@app.get(ALL)
def listing(query: door.Query[Listing]) -> views.TenantPage:
    door.operator(app)
    page = tenants.listing(size=query.limit, cursor=query.cursor, now=clock.now())
    return views.TenantPage(items=page.items, next=page.next)


@app.post(ALL)
def create(form: views.Onboarding, key: door.IdempotencyKey = None) -> OneTenant:
    door.operator(app, form.slug)
    return door.created(onboarding.create(form, key=key, now=clock.now()), views.TenantView)


@app.get(f"{ALL}/<slug>")
def get(slug: door.Slug) -> OneTenant:
    door.operator(app, slug)
    return door.shown(tenants.find(slug, now=clock.now()), views.TenantView)


@app.patch(f"{ALL}/<slug>")
def change(slug: door.Slug, form: views.TenantOperationChanges, seen: door.IfMatch = None) -> OneTenant:
    door.operator(app, slug)
    return door.shown(tenants.change(slug, form, seen=seen, now=clock.now()), views.TenantView)


@app.post(f"{ALL}/<slug>/suspend")
def suspend(slug: door.Slug) -> OneTenant:
    door.operator(app, slug)
    return door.shown(tenants.suspend(slug, now=clock.now()), views.TenantView)


@app.post(f"{ALL}/<slug>/resume")
def resume(slug: door.Slug) -> OneTenant:
    door.operator(app, slug)
    return door.shown(tenants.resume(slug, now=clock.now()), views.TenantView)


@app.get("/openapi.json", include_in_schema=False)
def document() -> Response[str]:
    return door.document()
