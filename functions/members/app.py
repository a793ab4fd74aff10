"""Door: the members of a tenant, and invited people."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.fields import Listing
from mostrador.people import invitations, teams
from mostrador.people.rules.permissions import Action
from mostrador.people.views import members as views
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/members"
ONE = f"{BASE}/<user>"
OneMember = Response[views.MemberView]


@app.get(BASE, "members.list", Action.READ_MEMBERS)
def listing(slug: door.Slug, query: door.Query[Listing]) -> views.MemberPage:
    page = teams.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.MemberPage(items=page.items, next=page.next)


@app.post(BASE, "members.invite", Action.CHANGE_MEMBERS, status=201, location=ONE)
def invite(slug: door.Slug, form: views.NewMember) -> OneMember:
    return answers.created(
        invitations.create(slug, form, actor_name=app.caller.name, now=clock.now()), views.MemberView
    )


@app.get(ONE, "members.get", Action.READ_MEMBERS)
def get(slug: door.Slug, user: door.UserId) -> OneMember:
    return answers.shown(teams.get(slug, user, now=clock.now()), views.MemberView)


@app.patch(ONE, "members.change", Action.CHANGE_MEMBERS)
def change(slug: door.Slug, user: door.UserId, form: views.MemberChanges, seen: door.IfMatch = None) -> OneMember:
    return answers.shown(teams.change(slug, user, form, seen=seen, now=clock.now()), views.MemberView)


@app.delete(ONE, "members.remove", Action.CHANGE_MEMBERS)
def remove(slug: door.Slug, user: door.UserId, seen: door.IfMatch = None) -> Response[None]:
    teams.remove(slug, user, seen=seen, now=clock.now())
    return answers.gone()
