"""Door: the signed-in person, with or without a tenant."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people import me
from mostrador.people.rules.permissions import Role
from mostrador.people.views import members as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)


@app.get("/me")
def show() -> views.MeView:
    caller = door.person(app)
    is_superuser = caller.role is Role.SUPERUSER
    return me.show(caller.user, name=caller.name, is_superuser=is_superuser, now=clock.now())


@app.post("/me/invitations/<slug>/accept")
def accept(slug: door.Slug) -> views.MembershipView:
    return me.accept(door.person(app).user, slug, now=clock.now())


@app.delete("/me/invitations/<slug>")
def decline(slug: door.Slug) -> Response[None]:
    me.decline(door.person(app).user, slug, now=clock.now())
    return door.gone()


@app.delete("/me/memberships/<slug>")
def leave(slug: door.Slug) -> Response[None]:
    me.leave(door.person(app).user, slug, now=clock.now())
    return door.gone()
