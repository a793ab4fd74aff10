"""Door: whoever is signed in, with or without a tenant."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock, me, web
from mostrador.rules.permissions import Role
from mostrador.views import members as views

app = web.resolver()
handler = web.handler(app)


@app.get("/me")
def show() -> views.MeView:
    caller = web.person(app)
    is_superuser = caller.role is Role.SUPERUSER
    return me.show(caller.user, name=caller.name, is_superuser=is_superuser, now=clock.now())


@app.post("/me/invitations/<slug>/accept")
def accept(slug: web.Slug) -> views.MembershipView:
    return me.accept(web.person(app).user, slug, now=clock.now())


@app.delete("/me/invitations/<slug>")
def decline(slug: web.Slug) -> Response[None]:
    me.decline(web.person(app).user, slug, now=clock.now())
    return web.gone()


@app.delete("/me/memberships/<slug>")
def leave(slug: web.Slug) -> Response[None]:
    me.leave(web.person(app).user, slug, now=clock.now())
    return web.gone()
