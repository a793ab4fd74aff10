"""What only the stand-in has: accounts and clients to be, how Google misbehaves, and what a person does by hand."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from stand_ins.google import access, calendars, consent, events, records, times
from stand_ins.google.answers import Denied
from stand_ins.google.events import Writer
from stand_ins.google.records import Account, Calendar, Client, Event

Told = dict[str, Any]
NOBODY: Final = "none"
_LONGEST: Final = 200


def register_client(client_id: str, sent: Mapping[str, Any]) -> Told:
    """``{"client_secret", "redirect_uris"}``. Raises Denied."""
    secret, uris = sent.get("client_secret"), sent.get("redirect_uris")
    if not isinstance(secret, str) or not isinstance(uris, list) or not _is_name(client_id):
        raise Denied("invalid", "a client has a client_secret and redirect_uris")

    def alter(client: Client) -> Told:
        client.client_secret, client.redirect_uris = secret, [str(one) for one in uris]
        return {"client_id": client_id, "redirect_uris": client.redirect_uris}

    return records.change(Client, client_id, make=lambda: Client(client_id, secret, []), alter=alter)


def register_account(email: str, sent: Mapping[str, Any]) -> Told:
    """An account with its own calendar, in ``timeZone``; a service account has a ``public_key`` (PEM). Raises Denied.

    ``acts_for``: the accounts of a domain that lets this one act for them. Again: what is given changes.
    """
    zone, key, others = sent.get("timeZone", consent.ZONE), sent.get("public_key", ""), sent.get("acts_for", [])
    if times.time_zone(zone) is None or not isinstance(key, str) or not isinstance(others, list) or not _is_name(email):
        raise Denied("invalid", "an account has a timeZone, a public_key and acts_for")
    known = consent.know(email, zone)

    def alter(account: Account) -> Told:
        account.public_key = key or account.public_key
        account.acts_for = [str(one) for one in others] or account.acts_for
        return {"account": email, "calendar": email, "is_service": bool(account.public_key)}

    return records.change(Account, email, make=lambda: known, alter=alter)


def share(calendar_id: str, sent: Mapping[str, Any]) -> Told:
    """``{"account", "role"}``, the role "none" ends it. Raises Denied."""
    account, role = sent.get("account"), sent.get("role", "writer")
    if not isinstance(account, str) or not account or role not in (*access.ROLES, NOBODY):
        raise Denied("invalid", f"{role} is none of {', '.join(access.ROLES)}, {NOBODY}")

    def act() -> Told:
        calendar = _calendar(calendar_id)
        others = {name: known for name, known in calendar.shared.items() if name != account}
        calendar.shared = others if role == NOBODY else others | {account: role}
        records.save(calendar)
        return {"calendar": calendar_id, "shared": calendar.shared}

    return records.again(act)


def revoke(sent: Mapping[str, Any]) -> Told:
    """``{"account"}``: no token of its is good any more, and a service account's key is forgotten. Raises Denied."""
    email = sent.get("account")
    account = records.find(Account, email) if isinstance(email, str) else None
    if account is None:
        raise Denied("notFound")

    def end(known: Account) -> None:
        known.end(records.EVERYBODY)
        known.public_key = ""

    records.change(Account, account.email, make=lambda: account, alter=end)
    return {"account": account.email}


def consented(sent: Mapping[str, Any]) -> Told:
    """``{"client_id", "redirect_uri", "scope", "account", ...}``: where the page would send. Raises Denied."""
    return {"location": consent.direct(sent)}


def stored(calendar_id: str) -> Told:
    """Every event, deleted ones too, and how often each was written by which operation. Raises Denied."""
    calendar = _calendar(calendar_id)
    found = records.listed(Event, calendar_id)
    totals: Counter[str] = Counter()
    for one in found:
        totals.update(one.writes)
    items = [{"event": events.shown(one, calendar), "writes": one.writes} for one in found]
    return {"items": items, "writes": dict(totals), "changes": calendar.changes}


def empty(calendar_id: str) -> Told:
    """As if no event had ever been in it: every sync token of before is dead. Raises Denied."""

    def act() -> Told:
        calendar = _calendar(calendar_id)
        gone = records.listed(Event, calendar_id)
        records.remove(gone)
        calendar.incarnation = calendars.new_incarnation()
        records.save(calendar)
        return {"removed": len(gone)}

    return records.again(act)


def add(calendar_id: str, sent: Mapping[str, Any]) -> Told:
    """Somebody adds an event; ``account`` says who. Raises Denied."""
    made = events.insert(calendar_id, sent, _person(calendar_id, sent))
    return events.shown(made, _calendar(calendar_id))


def alter(calendar_id: str, event_id: str, sent: Mapping[str, Any]) -> Told:
    """Somebody moves or renames an event. Raises Denied."""
    changed = events.patch(calendar_id, event_id, sent, _person(calendar_id, sent))
    return events.shown(changed, _calendar(calendar_id))


def delete(calendar_id: str, event_id: str) -> Told:
    """Somebody deletes an event. Raises Denied."""
    events.delete(calendar_id, event_id, _person(calendar_id, {}))
    return {"id": event_id}


def _person(calendar_id: str, sent: Mapping[str, Any]) -> Writer:
    return Writer(str(sent.get("account") or _calendar(calendar_id).owner), is_person=True)


def _calendar(calendar_id: str) -> Calendar:
    found = records.find(Calendar, calendar_id)
    if found is None:
        raise Denied("notFound")
    return found


def _is_name(written: str) -> bool:
    return 0 < len(written) <= _LONGEST and written.isprintable()
