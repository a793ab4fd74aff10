"""Door: the members of a tenant, and invited people."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.people import invitations, teams
from mostrador.people.rules.permissions import Action
from mostrador.people.views import members as views
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/members"
ONE = f"{BASE}/<user>"
OneMember = Response[views.MemberView]


@app.get(BASE)
def listing(slug: door.Slug, query: door.Query[Listing]) -> views.MemberPage:
    door.caller(app, slug, Action.READ_MEMBERS)
    page = teams.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.MemberPage(items=page.items, next=page.next)


@app.post(BASE)
def invite(slug: door.Slug, form: views.NewMember) -> OneMember:
    caller = door.caller(app, slug, Action.CHANGE_MEMBERS)
    return door.created(invitations.create(slug, form, actor_name=caller.name, now=clock.now()), views.MemberView)


@app.get(ONE)
def get(slug: door.Slug, user: door.UserId) -> OneMember:
    door.caller(app, slug, Action.READ_MEMBERS)
    return door.shown(teams.get(slug, user, now=clock.now()), views.MemberView)


@app.patch(ONE)
def change(slug: door.Slug, user: door.UserId, form: views.MemberChanges, seen: door.IfMatch = None) -> OneMember:
    door.caller(app, slug, Action.CHANGE_MEMBERS)
    return door.shown(teams.change(slug, user, form, seen=seen, now=clock.now()), views.MemberView)


@app.delete(ONE)
def remove(slug: door.Slug, user: door.UserId, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.CHANGE_MEMBERS)
    teams.remove(slug, user, seen=seen, now=clock.now())
    return door.gone()
