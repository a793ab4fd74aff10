"""The portal, which only the stand-in has: it registers accounts and clients, and edits calendars as a person would."""

from collections import Counter
from typing import Final

from mostrador.table import writes
from stand_ins.google import access, calendars, consent, events, records, times
from stand_ins.google.answers import Denied
from stand_ins.google.events import Writer
from stand_ins.google.records import Account, Calendar, Client, Event
from stand_ins.http import JSONObject

NOBODY: Final = "none"
_LONGEST: Final = 200


def register_client(client_id: str, sent: JSONObject) -> dict[str, object]:
    """``{"client_secret", "redirect_uris"}``. Raises Denied."""
    secret, uris = sent.get("client_secret"), sent.get("redirect_uris")
    if not isinstance(secret, str) or not isinstance(uris, list) or not _is_name(client_id):
        raise Denied("invalid", "a client has a client_secret and redirect_uris")

    def alter(client: Client) -> dict[str, object]:
        client.client_secret, client.redirect_uris = secret, [str(uri) for uri in uris]
        return {"client_id": client_id, "redirect_uris": client.redirect_uris}

    return records.change(Client, client_id, make=lambda: Client(client_id, secret, []), alter=alter)


def register_account(email: str, sent: JSONObject) -> dict[str, object]:
    """An account with its own calendar, in ``timeZone``; a service account has a ``public_key`` (PEM). Raises Denied.

    ``acts_for``: the accounts of a domain that lets this one act for them. A repeat changes the given fields.
    """
    zone, key, others = sent.get("timeZone", consent.ZONE), sent.get("public_key", ""), sent.get("acts_for", [])
    has_texts = isinstance(zone, str) and isinstance(key, str) and _is_name(email)
    if not has_texts or times.time_zone(zone) is None or not isinstance(others, list):
        raise Denied("invalid", "an account has a timeZone, a public_key and acts_for")
    known = consent.know(email, str(zone))

    def alter(account: Account) -> dict[str, object]:
        account.public_key = str(key) or account.public_key
        account.acts_for = [str(other) for other in others] or account.acts_for
        return {"account": email, "calendar": email, "is_service": bool(account.public_key)}

    return records.change(Account, email, make=lambda: known, alter=alter)


def share(calendar_id: str, sent: JSONObject) -> dict[str, object]:
    """``{"account", "role"}``; the role "none" ends the access. Raises Denied."""
    account, role = sent.get("account"), sent.get("role", "writer")
    if not isinstance(account, str) or not account or role not in (*access.ROLES, NOBODY):
        raise Denied("invalid", f"{role} is none of {', '.join(access.ROLES)}, {NOBODY}")

    def share_with(calendar: Calendar) -> dict[str, object]:
        others = {name: known for name, known in calendar.shared.items() if name != account}
        calendar.shared = others if role == NOBODY else others | {account: str(role)}
        records.save(calendar)
        return {"calendar": calendar_id, "shared": calendar.shared}

    return writes.retrying(lambda _: _calendar(calendar_id), share_with)


def revoke(sent: JSONObject) -> dict[str, object]:
    """``{"account"}``: revoke all its tokens, and delete a service account's key. Raises Denied."""
    email = sent.get("account")
    account = records.find(Account, email) if isinstance(email, str) else None
    if account is None:
        raise Denied("notFound")

    def end(known: Account) -> None:
        known.end(records.EVERYBODY)
        known.public_key = ""

    records.change(Account, account.email, make=lambda: account, alter=end)
    return {"account": account.email}


def consented(sent: JSONObject) -> dict[str, object]:
    """``{"client_id", "redirect_uri", "scope", "account", ...}``: the address behind the page. Raises Denied."""
    return {"location": consent.direct(sent)}


def stored(calendar_id: str) -> dict[str, object]:
    """Every event, with deleted ones, and how often each operation wrote it. Raises Denied."""
    calendar = _calendar(calendar_id)
    stored_events = records.listed(Event, calendar_id)
    totals: Counter[str] = Counter()
    for event in stored_events:
        totals.update(event.writes)
    items = [{"event": events.shown(event, calendar), "writes": event.writes} for event in stored_events]
    return {"items": items, "writes": dict(totals), "changes": calendar.changes}


def empty(calendar_id: str) -> dict[str, object]:
    """Remove every event and its history; earlier sync tokens are no longer good. Raises Denied."""

    def empty_it(calendar: Calendar) -> dict[str, object]:
        events_in_it = records.listed(Event, calendar_id)
        records.remove(events_in_it)
        calendar.incarnation = calendars.new_incarnation()
        records.save(calendar)
        return {"removed": len(events_in_it)}

    return writes.retrying(lambda _: _calendar(calendar_id), empty_it)


def add(calendar_id: str, sent: JSONObject) -> dict[str, object]:
    """A person, by default the owner (``account``), adds an event. Raises Denied."""
    event = events.insert(calendar_id, sent, _person(calendar_id, sent))
    return events.shown(event, _calendar(calendar_id))


def alter(calendar_id: str, event_id: str, sent: JSONObject) -> dict[str, object]:
    """A person moves or renames an event. Raises Denied."""
    changed = events.patch(calendar_id, event_id, sent, _person(calendar_id, sent))
    return events.shown(changed, _calendar(calendar_id))


def delete(calendar_id: str, event_id: str) -> dict[str, object]:
    """A person deletes an event. Raises Denied."""
    events.delete(calendar_id, event_id, _person(calendar_id, {}))
    return {"id": event_id}


def _person(calendar_id: str, sent: JSONObject) -> Writer:
    return Writer(str(sent.get("account") or _calendar(calendar_id).owner), is_person=True)


def _calendar(calendar_id: str) -> Calendar:
    calendar = records.find(Calendar, calendar_id)
    if calendar is None:
        raise Denied("notFound")
    return calendar


def _is_name(written: str) -> bool:
    return 0 < len(written) <= _LONGEST and written.isprintable()
