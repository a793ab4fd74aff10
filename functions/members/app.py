"""Door: who is in the team of a tenant, and who is invited."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import clock, invitations, teams, web
from mostrador.rules.permissions import Action
from mostrador.views import members as views
from mostrador.views.common import Listing

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/members"
ONE = f"{BASE}/<user>"
OneMember = Response[views.MemberView]


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[Listing, Query()]) -> views.MemberPage:
    web.caller(app, slug, Action.READ_MEMBERS)
    page = teams.listing(slug, now=clock.now(), size=query.limit, cursor=query.cursor)
    return views.MemberPage(items=page.items, next=page.next)


@app.post(BASE)
def invite(slug: web.Slug, form: views.NewMember) -> OneMember:
    caller = web.caller(app, slug, Action.CHANGE_MEMBERS)
    return web.created(invitations.create(slug, form, by=caller.name, now=clock.now()), views.MemberView)


@app.get(ONE)
def get(slug: web.Slug, user: web.UserId) -> OneMember:
    web.caller(app, slug, Action.READ_MEMBERS)
    return web.shown(teams.get(slug, user, now=clock.now()), views.MemberView)


@app.patch(ONE)
def change(slug: web.Slug, user: web.UserId, form: views.MemberChanges, seen: web.IfMatch = None) -> OneMember:
    web.caller(app, slug, Action.CHANGE_MEMBERS)
    return web.shown(teams.change(slug, user, form, seen=seen, now=clock.now()), views.MemberView)


@app.delete(ONE)
def remove(slug: web.Slug, user: web.UserId, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.CHANGE_MEMBERS)
    teams.remove(slug, user, seen=seen, now=clock.now())
    return web.gone()
