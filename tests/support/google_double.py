"""Google Calendar in memory, at the HTTP boundary: it stands in for ``google_auth.send`` and knows the v3 protocol.

Ids stay taken for ever, etags change with every change, a deleted event is a tombstone, sync tokens are places in the
order of changes; protocols.md, part 2. Without ``invites`` the caller is a service account.
``fails`` breaks a request by its number, before or after it was carried out.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from mostrador.clients import google_oauth
from mostrador.clients.google_oauth import Answer, GoogleUnavailable

API, TOKEN, AUTH, REVOKE = (
    "https://google.test/calendar/v3",
    "https://google.test/token",
    "https://google.test/auth",
    "https://google.test/revoke",
)


def said(reason, domain="global"):
    return {"error": {"errors": [{"domain": domain, "reason": reason, "message": reason}], "message": reason}}


@dataclass
class Google:
    """``calendars``: id -> event id -> event. ``asked`` are the requests, as method and path."""

    calendars: Any = field(default_factory=lambda: {"primary": {}})
    grants: Any = field(default_factory=lambda: {"refresh-1"})
    codes: Any = field(default_factory=dict)
    tokens: Any = field(default_factory=dict)
    asked: Any = field(default_factory=list)
    is_down: bool = False
    refusal: Any = None
    crash: Any = None
    meanwhile: Any = None
    keeps_from: int = 0
    page_size: int = 2500
    count: int = 0
    log: Any = field(default_factory=dict)
    invites: bool = True

    def reset(self):
        """As new."""
        self.__dict__.update(Google().__dict__)

    def send(self, method, url, *, headers, body=None, **_):
        split = urlsplit(url)
        path = unquote(split.path.removeprefix("/calendar/v3"))
        number = len(self.asked)
        self.asked.append((method, path))
        told = body.decode() if body else ""
        if self.is_down:
            raise GoogleUnavailable(reason="ConnectTimeoutError")
        kind = self.crash[1] if self.crash and self.crash[0] == number else None
        if kind == "before":
            raise GoogleUnavailable(reason="ConnectTimeoutError")
        if kind and kind[:3].isdigit():
            return self.wrong(int(kind[:3]), kind[4:])
        if refusal := self.refusal_of(url, told):
            return self.wrong(*refusal)
        if self.meanwhile and path != "/token":
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        answer = self.answer(method, split, path, headers, told)
        if kind == "after":
            raise GoogleUnavailable(reason="ReadTimeoutError")
        if kind == "killed":
            raise Killed
        return answer

    def refusal_of(self, url, told):
        if self.refusal and url.startswith(API):
            return self.refusal
        return (403, "forbiddenForServiceAccounts") if not self.invites and "attendees" in told else None

    def answer(self, method, split, path, headers, told):
        if path == "/token":
            return self.token({name: values[0] for name, values in parse_qs(told).items()})
        if path == "/revoke":
            self.grants.discard(parse_qs(told)["token"][0])
            return Answer(200, {}, {})
        token = headers["Authorization"].removeprefix("Bearer ")
        if self.tokens.get(token) not in self.grants:
            return self.wrong(401, "authError")
        _, _, calendar_id, _, *rest = path.split("/")
        if calendar_id not in self.calendars:
            return self.wrong(404, "notFound")
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        events, body = self.calendars[calendar_id], json.loads(told) if told else None
        if not rest:
            return self.insert(calendar_id, events, body) if method == "POST" else self.changes(calendar_id, query)
        return self.of_event(method, calendar_id, rest[0], body, headers.get("If-Match"))

    def token(self, form):
        granted = form.get("refresh_token")
        if form["grant_type"] == "authorization_code":
            granted = self.codes.pop(form["code"], None)
            if granted is None or google_oauth.challenge(form["code_verifier"]) != granted[1]:
                return Answer(400, {}, {"error": "invalid_grant"})
            granted = granted[0]
            self.grants.add(granted)
        if granted not in self.grants:
            return Answer(400, {}, {"error": "invalid_grant"})
        name = f"access-{len(self.tokens)}"
        self.tokens[name] = granted
        return Answer(
            200, {}, {"access_token": name, "expires_in": 3599, "refresh_token": granted, "token_type": "Bearer"}
        )

    def insert(self, calendar_id, events, body):
        if body["id"] in events:
            return self.wrong(409, "duplicate")
        return Answer(200, {}, self.store(calendar_id, body["id"], dict(body)))

    def of_event(self, method, calendar_id, event_id, body, etag):
        found = self.calendars[calendar_id].get(event_id)
        if found is None:
            return self.wrong(404, "notFound")
        if method == "GET":
            return Answer(200, {}, found)
        if etag and etag != found["etag"]:
            return self.wrong(412, "conditionNotMet")
        if found["status"] == "cancelled":
            return self.wrong(410, "deleted")
        if method == "DELETE":
            self.store(calendar_id, event_id, {"id": event_id, "status": "cancelled"})
            return Answer(204, {}, None)
        kept = found if method == "PATCH" else {"id": event_id}
        return Answer(200, {}, self.store(calendar_id, event_id, {**kept, **body}))

    def store(self, calendar_id, event_id, event):
        self.count += 1
        made = {"status": "confirmed", **event, "etag": f'"{self.count}"', "kind": "calendar#event"}
        self.calendars[calendar_id][event_id] = made
        self.log.setdefault(calendar_id, []).append((self.count, event_id))
        return made

    def changes(self, calendar_id, query):
        events = self.calendars[calendar_id]
        since = int(query.get("syncToken", "0"))
        if "syncToken" in query and since < self.keeps_from:
            return self.wrong(410, "fullSyncRequired")
        changed = {name for at, name in self.log.get(calendar_id, []) if at > since} if since else set(events)
        listed = sorted(changed)
        first = int(query.get("pageToken", "0"))
        page = [events[name] for name in listed[first : first + self.page_size]]
        told = {"kind": "calendar#events", "timeZone": "America/Asuncion", "items": page}
        more = first + self.page_size < len(listed)
        told |= {"nextPageToken": str(first + self.page_size)} if more else {"nextSyncToken": str(self.count)}
        return Answer(200, {}, told)

    def wrong(self, status, reason):
        domain = "usageLimits" if "imit" in reason else "global"
        return Answer(status, {}, said(reason, domain))

    def alive(self, calendar_id="primary"):
        return {name: one for name, one in self.calendars[calendar_id].items() if one["status"] != "cancelled"}

    def foreign(self, event_id, starts, ends, calendar_id="primary", **more):
        """Somebody else's event."""
        times = {"start": {"dateTime": starts}, "end": {"dateTime": ends}}
        return self.store(calendar_id, event_id, {"id": event_id, **times, **more})

    def edit(self, event_id, calendar_id="primary", **fields):
        """What a person does to an event in Google's own pages."""
        return self.store(calendar_id, event_id, {**self.calendars[calendar_id][event_id], **fields})

    def trash(self, event_id, calendar_id="primary"):
        return self.store(calendar_id, event_id, {"id": event_id, "status": "cancelled"})


class Killed(BaseException):
    """The process ends here."""


def starts_at(event):
    return datetime.fromisoformat(event["start"]["dateTime"]).astimezone(UTC)


@contextmanager
def standing_in(monkeypatch):
    google = Google()
    monkeypatch.setattr(google_oauth, "send", google.send)
    yield google
