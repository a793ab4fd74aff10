"""Door: the signed-in person, with or without a tenant."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people import me
from mostrador.people.rules.permissions import Role
from mostrador.people.views import members as views
from mostrador.web import answers, door
from mostrador.web.routes import Access

app = door.Door()
handler = app.handler


@app.get("/me", "me.show", Access.SIGNED_IN)
def show() -> views.MeView:
    caller = app.caller
    is_superuser = caller.role is Role.SUPERUSER
    return me.show(
        caller.user, name=caller.name, is_superuser=is_superuser, needs_mfa=caller.needs_mfa, now=clock.now()
    )


@app.post("/me/invitations/<slug>/accept", "me.accept", Access.SIGNED_IN)
def accept(slug: door.Slug) -> views.MembershipView:
    return me.accept(app.caller.user, slug, now=clock.now())


@app.delete("/me/invitations/<slug>", "me.decline", Access.SIGNED_IN)
def decline(slug: door.Slug) -> Response[None]:
    me.decline(app.caller.user, slug, now=clock.now())
    return answers.gone()


@app.delete("/me/memberships/<slug>", "me.leave", Access.SIGNED_IN)
def leave(slug: door.Slug) -> Response[None]:
    me.leave(app.caller.user, slug, now=clock.now())
    return answers.gone()
