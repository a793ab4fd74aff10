"""The routes of Google's Calendar API v3, its OAuth and consent page, and of a portal that orders their faults.

https://developers.google.com/workspace/calendar/api/v3/reference
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from mostrador import context
from mostrador.errors import Busy
from mostrador.table import keys
from stand_ins.google import access, answers, calendars, consent, events, faults, lists, oauth, portal, queries, records
from stand_ins.google.access import Caller
from stand_ins.google.answers import JSON, Denied, GrantDenied, json_answer
from stand_ins.google.events import Writer
from stand_ins.google.queries import Values
from stand_ins.google.records import Calendar, Event
from stand_ins.http import Answer

__all__ = ["ROUTES", "Answer", "answer"]

_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Request:
    """``named`` are the variables of the path; the names of ``headers`` are in small letters."""

    named: Mapping[str, str]
    query: Values
    headers: Mapping[str, str]
    body: bytes

    @property
    def calendar_id(self) -> str:
        return self.named.get("calendar_id", "")

    @property
    def event_id(self) -> str:
        return self.named["event_id"]

    @property
    def sent(self) -> dict[str, object]:
        return answers.parsed(self.body)

    @property
    def parameters(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self.query.items() if values}


Respond = Callable[[Request], Answer]


def answer(method: str, path: str, query: Values, headers: Mapping[str, str], body: bytes) -> Answer:
    """Google's answer; ``path`` is below its base, as it was sent: ``/calendar/v3/calendars/a%40b/events``."""
    parts = path.strip("/").split("/")
    lowered = {name.lower(): value for name, value in headers.items()}
    for (at, pattern), respond in ROUTES.items():
        named = _named(pattern.strip("/").split("/"), parts) if at == method else None
        if named is not None:
            with context.working(keys.stand_in(records.NAME), context.SYSTEM):
                return _answered(respond, Request(named, query, lowered, body))
    return answers.refused(Denied("notFound"))


def _named(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    """The variables of the path, decoded; None where the path is another."""
    if len(pattern) != len(parts):
        return None
    pairs = list(zip(pattern, parts, strict=True))
    if any(name != part for name, part in pairs if not name.startswith("{")):
        return None
    return {name[1:-1]: unquote(part) for name, part in pairs if name.startswith("{")}


def _answered(respond: Respond, request: Request) -> Answer:
    try:
        return respond(request)
    except Denied as error:
        return answers.refused(error)
    except Busy:
        return answers.refused(Denied("backendError", status=_UNAVAILABLE))


def _granting(respond: Respond) -> Respond:
    """An answer of the token endpoint, with refusals in its form."""

    def granted(request: Request) -> Answer:
        try:
            return respond(request)
        except (GrantDenied, Denied) as error:
            return answers.grant_refused(error)

    return granted


def _call(operation: str, scopes: frozenset[str], act: Callable[[Request, Caller], Answer]) -> Respond:
    """A call of the calendar API by the owner of the access token, with the faults that the portal ordered."""

    def called(request: Request) -> Answer:
        caller = access.caller(request.headers)
        access.check_scope(caller, scopes)
        return faults.meet(
            lambda: act(request, caller),
            operation=operation,
            calendar=access.calendar_id(caller, request.calendar_id),
            is_sync="syncToken" in request.query,
        )

    return called


def _write(operation: str, act: Callable[[Request, str, Writer], Event]) -> Respond:
    """A call that writes an event and returns it."""

    def wrote(request: Request, caller: Caller) -> Answer:
        calendar, writer = _writable(request, caller)
        event = act(request, calendar.calendar_id, writer)
        return json_answer(events.shown(event, calendar), etag=events.etag_of(event))

    return _call(operation, access.WRITE_EVENTS, wrote)


def _writable(request: Request, caller: Caller) -> tuple[Calendar, Writer]:
    calendar = access.calendar(caller, request.calendar_id, least="writer")
    return calendar, Writer(caller.account, may_invite=not caller.is_service)


def _insert(request: Request, calendar_id: str, writer: Writer) -> Event:
    return events.insert(calendar_id, request.sent, writer)


def _import(request: Request, calendar_id: str, writer: Writer) -> Event:
    return events.import_(calendar_id, request.sent, writer)


def _update(request: Request, calendar_id: str, writer: Writer) -> Event:
    return events.update(calendar_id, request.event_id, request.sent, writer, if_match=request.headers.get("if-match"))


def _patch(request: Request, calendar_id: str, writer: Writer) -> Event:
    return events.patch(calendar_id, request.event_id, request.sent, writer, if_match=request.headers.get("if-match"))


def _delete(request: Request, caller: Caller) -> Answer:
    calendar, writer = _writable(request, caller)
    events.delete(calendar.calendar_id, request.event_id, writer, if_match=request.headers.get("if-match"))
    return Answer(204, JSON, b"")


def _get(request: Request, caller: Caller) -> Answer:
    calendar = access.calendar(caller, request.calendar_id, least="reader")
    event = events.get(calendar.calendar_id, request.event_id)
    etag = events.etag_of(event)
    if request.headers.get("if-none-match") == etag:
        return Answer(304, JSON, b"", {"ETag": etag})
    return json_answer(events.shown(event, calendar, queries.zone(request.parameters.get("timeZone", ""))), etag=etag)


def _list(request: Request, caller: Caller) -> Answer:
    calendar = access.calendar(caller, request.calendar_id, least="reader")
    return json_answer(lists.page(calendar, access.role_in(calendar, caller.account) or "", request.query))


def _new_calendar(request: Request, caller: Caller) -> Answer:
    return json_answer(calendars.insert(caller, request.sent))


def _get_calendar(request: Request, caller: Caller) -> Answer:
    return json_answer(calendars.shown(access.calendar(caller, request.calendar_id, least="reader")))


def _list_calendars(_: Request, caller: Caller) -> Answer:
    return json_answer(calendars.listed(caller))


def _free_busy(request: Request, caller: Caller) -> Answer:
    return json_answer(calendars.free_busy(caller, request.sent))


def _token(request: Request) -> Answer:
    return oauth.token(oauth.form_of(request.body), request.headers)


def _revoke(request: Request) -> Answer:
    return oauth.revoke(request.parameters | oauth.form_of(request.body))


def _decide(request: Request) -> Answer:
    return consent.decide(request.parameters, oauth.form_of(request.body))


def _forget(_: Request) -> Answer:
    faults.forget()
    return json_answer({})


_EVENTS: Final = "/calendar/v3/calendars/{calendar_id}/events"
_EVENT: Final = f"{_EVENTS}/{{event_id}}"
_KEPT: Final = "/portal/calendars/{calendar_id}"

ROUTES: Final[Mapping[tuple[str, str], Respond]] = {
    ("GET", _EVENTS): _call("list", access.READ_EVENTS, _list),
    ("POST", _EVENTS): _write("insert", _insert),
    ("POST", f"{_EVENTS}/import"): _write("import", _import),
    ("GET", _EVENT): _call("get", access.READ_EVENTS, _get),
    ("PUT", _EVENT): _write("update", _update),
    ("PATCH", _EVENT): _write("patch", _patch),
    ("DELETE", _EVENT): _call("delete", access.WRITE_EVENTS, _delete),
    ("POST", "/calendar/v3/calendars"): _call("new_calendar", access.MAKE_CALENDARS, _new_calendar),
    ("GET", "/calendar/v3/calendars/{calendar_id}"): _call("get_calendar", access.READ_CALENDARS, _get_calendar),
    ("GET", "/calendar/v3/users/me/calendarList"): _call("list_calendars", access.READ_LIST, _list_calendars),
    ("POST", "/calendar/v3/freeBusy"): _call("freebusy", access.READ_FREE_BUSY, _free_busy),
    ("POST", "/token"): _granting(_token),
    ("POST", "/revoke"): _granting(_revoke),
    ("GET", "/o/oauth2/v2/auth"): lambda request: consent.page(request.parameters),
    ("POST", "/o/oauth2/v2/auth"): _decide,
    ("PUT", "/portal/clients/{client_id}"): lambda request: json_answer(
        portal.register_client(request.named["client_id"], request.sent)
    ),
    ("PUT", "/portal/accounts/{email}"): lambda request: json_answer(
        portal.register_account(request.named["email"], request.sent)
    ),
    ("POST", "/portal/faults"): lambda request: json_answer(faults.expect(request.sent)),
    ("DELETE", "/portal/faults"): _forget,
    ("POST", "/portal/consent"): lambda request: json_answer(portal.consented(request.sent)),
    ("POST", "/portal/revoke"): lambda request: json_answer(portal.revoke(request.sent)),
    ("DELETE", _KEPT): lambda request: json_answer(portal.empty(request.calendar_id)),
    ("POST", f"{_KEPT}/shares"): lambda request: json_answer(portal.share(request.calendar_id, request.sent)),
    ("GET", f"{_KEPT}/events"): lambda request: json_answer(portal.stored(request.calendar_id)),
    ("POST", f"{_KEPT}/events"): lambda request: json_answer(portal.add(request.calendar_id, request.sent)),
    ("PATCH", f"{_KEPT}/events/{{event_id}}"): lambda request: json_answer(
        portal.alter(request.calendar_id, request.event_id, request.sent)
    ),
    ("DELETE", f"{_KEPT}/events/{{event_id}}"): lambda request: json_answer(
        portal.delete(request.calendar_id, request.event_id)
    ),
}
