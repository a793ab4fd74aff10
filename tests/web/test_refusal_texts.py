"""Each refusal is said to people: in Spanish without English, with times, money and states as people write them."""

import importlib
import itertools
import pathlib
import pkgutil
import re
import typing
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import core_schema

import mostrador
import stand_ins
from mostrador import errors
from mostrador.fields import Day, Email, Instant
from mostrador.ledger.rules.payment_states import WrongPaymentState
from mostrador.payments.rules.checkout import AppointmentNotPayable, OrderNotPayable
from mostrador.people.rules.permissions import FieldNotAllowed, NotAllowed, Role
from mostrador.raffles.raffles import NotOnSale
from mostrador.scheduling.slots import SlotTaken
from mostrador.values.next_actions import NextAction
from mostrador.values.word_tables import NAMES
from mostrador.values.wording import KINDS, Reader
from mostrador.web import validation_messages
from tests.support import spoken

for package in (mostrador, stand_ins):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)

READER = Reader("es", ZoneInfo("America/Asuncion"), datetime(2026, 11, 30, 12, tzinfo=UTC))
OF_KIND = {
    "time": ["2026-12-06T12:00:00+00:00", "2027-01-01T12:00:00Z"],
    "day": ["2026-12-06"],
    "month": ["2026-12"],
    "count": [1, 100_000],
    "duration": [1, 1433],
    "money": ["80000 PYG"],
    "gateway": [("BuyNotFoundError",), ("Other",)],
    "id": ["96906cbc3729484b9cee24b203a4292b", "2026-12-06", *NAMES["integration"]],
}
"""Plausible facts by kind; of a table each of its codes."""
AS_THEY_ARE = {
    "action": "appointments.book",
    "by": "Eva",
    "charset": "utf-16",
    "committed": "52db9ba70e0c",
    "count": 1,
    "country": "PY",
    "currency": "PYG",
    "current": 3,
    "delivered_to": "Ana López",
    "digits": 2,
    "drawer": "Mostrador",
    "drawers": "Barra, Mostrador",
    "email": "ana@example.com",
    "field": "body.price",
    "first": 1,
    "found": "52db9ba70e0c",
    "given": 2,
    "id": "96906cbc3729484b9cee24b203a4292b",
    "index": 3,
    "kind": "process",
    "known": "limit, cursor",
    "last": 100,
    "least": 12,
    "left": 2,
    "limit": 3,
    "most": 90,
    "name": "Ana López",
    "number": 7,
    "numbers": "007, 008",
    "phone": "+595981123456",
    "prize": 1,
    "prizes": 3,
    "reason": "ReadTimeoutError: it did not answer",
    "round": 1000,
    "service": "Corte",
    "services": "Corte",
    "size": 8,
    "slug": "salon",
    "steps": 3,
    "taken": "PYG",
    "times": 2,
    "tries": 10,
    "trusted": "dbd506d6ef76",
    "unclaimed": "2, 3",
    "value": "12345",
    "wanted": 4,
    "winners": "7, 12",
}
"""Plausible facts that a sentence takes as they are."""


def subclasses(of):
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


REFUSALS = [
    one
    for one in subclasses(errors.ServiceError)
    if hasattr(one, "es") and one.__module__.startswith(("mostrador.", "stand_ins."))
]


def sentences(refusal):
    """Every (Spanish, English) that a refusal may say."""
    pairs = (value for of in refusal.__mro__ for value in vars(of).values() if isinstance(value, tuple))
    variants = [pair for pair in pairs if len(pair) == 2 and all(isinstance(one, str) for one in pair)]
    return [(refusal.es, refusal.en), *variants]


ALL = [(refusal, pair) for refusal in REFUSALS for pair in sentences(refusal)]


def plausible(template):
    """Facts for a sentence, in each combination that may sound different."""
    named = dict(spoken.placeholders(template))
    choices = [OF_KIND.get(kind) or [*NAMES.get(kind, ())] or [AS_THEY_ARE[name]] for name, kind in named.items()]
    for values in itertools.product(*choices):
        yield {"currency": "PYG"} | dict(zip(named, values, strict=True))


def test_there_are_many_refusals():
    assert len(REFUSALS) > 130


@pytest.mark.parametrize(("refusal", "pair"), ALL, ids=[f"{of.__module__}.{of.__name__}" for of, _ in ALL])
def test_a_refusal_is_said_in_spanish_without_codes_and_in_english(refusal, pair):
    spanish, english = pair

    assert {kind for one in pair for _, kind in spoken.placeholders(one)} <= KINDS
    for facts in plausible(spanish + english):
        assert spoken.faults(READER.sentence(spanish, facts)) == []
        said = Reader("en", READER.zone, READER.now).sentence(english, facts)
        assert not spoken.ISO_DATE.search(said)
        assert "{" not in said


@pytest.mark.parametrize(
    ("spanish", "facts", "found"),
    [
        ("el turno comienza a las {at}", {"at": "2026-12-06T09:00:00-03:00"}, ["2026-12-06T09:00:00-03:00"]),
        ("el {day} está lleno", {"day": "2026-12-06"}, ["2026-12-06"]),
        ("la rifa está {current}", {"current": "OPEN"}, ["OPEN", "OPEN"]),
        ("el rol {role} no permite esto", {"role": "staff"}, ["staff"]),
        ("la rifa no se puede abrir: falta {name}", {"name": "terms_url"}, ["terms_url"]),
        ("Google no respondió: {reason}", {"reason": "that is not an event"}, ["that", "is", "not"]),
    ],
)
def test_a_code_or_english_in_spanish_is_caught(spanish, facts, found):
    assert spoken.faults(Reader().sentence(spanish, facts)) == found


def test_a_refusal_whose_facts_are_of_another_kind_is_caught():
    class Wrong(errors.Conflict):
        code = "wrong"
        en = "it begins on {at:time}, {current:order}"
        es = "comienza el {at:time}, {current:order}"

    with pytest.raises(AssertionError, match="at:time"):
        spoken.check(Wrong(at="2026-12-06", current="PAID"))
    with pytest.raises(AssertionError, match="current:order"):
        spoken.check(Wrong(at="2026-12-06T12:00:00Z", current="OPEN"))
    spoken.check(Wrong(at="2026-12-06T12:00:00Z", current="PAID"))


def test_no_fact_hides_behind_a_member_that_every_problem_has():
    own = {"type", "title", "status", "code", "detail", "request_id", "errors"}
    named = {name for _, pair in ALL for template in pair for name, _ in spoken.placeholders(template)}

    assert named.isdisjoint(own)


@pytest.mark.parametrize("kind", typing.get_args(core_schema.ErrorType))
def test_whatever_pydantic_says_is_said_in_spanish(kind):
    error = {"type": kind, "loc": ("body", "x"), "input": "x", "msg": "Input should be right", "ctx": {}}

    assert spoken.faults(validation_messages.problem(error, "es")["detail"]) == []


@pytest.mark.parametrize("kind", validation_messages.SPANISH)
def test_each_fault_of_a_request_is_said_in_spanish(kind):
    facts = {
        name: OF_KIND.get(of, ["monday" if of == "weekday" else "9"])[-1]
        for name, of in spoken.placeholders(validation_messages.SPANISH[kind])
    }
    error = {"type": kind, "loc": ("body", "x"), "input": "x", "msg": "Input should be right", "ctx": facts}

    said = validation_messages.problem(error, "es")["detail"]

    assert spoken.faults(said) == []
    assert said != "no es válido" or kind == "value_error"


def test_each_fault_of_our_own_has_its_spanish():
    package = pathlib.Path(mostrador.__file__).parent
    raised = re.compile(r'PydanticCustomError\(\s*"(\w+)"|_written\("(\w+)"')
    kinds = {"".join(found) for path in package.rglob("*.py") for found in raised.findall(path.read_text())}

    assert "email" in kinds
    assert kinds - validation_messages.SPANISH.keys() == set()


def refused(kind, value):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    (error,) = caught.value.errors()
    return [validation_messages.problem(error, language)["detail"] for language in ("es", "en")]


def test_bounds_of_dates_are_said_as_years():
    assert refused(Day, date(1999, 1, 1)) == [
        "no puede ser anterior al año 2000",
        "should not be before the year 2000",
    ]
    assert refused(Instant, "2100-01-01T00:00:00Z") == [
        "debe ser anterior al año 2100",
        "should be before the year 2100",
    ]


def test_a_wrong_address_is_said_in_the_language_of_the_reader():
    spanish, english = refused(Email, "ana@")

    assert spanish == "no es una dirección de correo"
    assert "must be something after the @-sign" in english


WITHOUT_STEP = {
    # done, over, or known to nobody: the sentence itself is all there is to say
    "AlreadyRefunded", "AlreadyWaiting", "AmountIsFixed", "AnotherChain", "BeaconDoesNotMatch", "CustomerInUse",
    "EventChanged", "EventExists", "EventGone", "GatewayRefused", "NobodyWon", "NotHere", "NotUnclaimed", "NothingDue",
    "PriceClosed", "SaleOver", "SecretDoesNotMatch", "SyncTokenDead", "TooLateToUndo",
    # answers of the stand-in for Bancard, which has its own shape
    "AlreadyPaid", "AlreadyRegistered", "NoLongerPayable", "NotTriedYet", "Unknown",
}  # fmt: skip


def test_each_refusal_suggests_a_step_or_is_known_to_have_none():
    silent = {one.__name__ for one in REFUSALS if one.next_action is None and "suggests" not in chosen_by(one)}

    assert silent == WITHOUT_STEP


def chosen_by(refusal):
    """The methods that a refusal, or a family of its own, overrides."""
    return {name for of in refusal.__mro__ if of not in (errors.ServiceError, object, Exception) for name in vars(of)}


def step(refusal, reader=READER):
    return refusal.suggests(reader)


def test_a_step_looks_at_the_facts():
    slot = {"starts_at": "2026-12-06T12:00:00Z", "reason": "taken", "details": {}}
    sale = {"sale_opens_at": "2026-12-06T12:00:00Z", "sale_closes_at": "2026-12-07T12:00:00Z"}
    over = {"sale_opens_at": "2026-11-01T12:00:00Z", "sale_closes_at": "2026-11-02T12:00:00Z"}
    field = {"field": "body.plan", "value": "PRO", "role": "staff"}

    assert step(SlotTaken(**slot, alternatives=["2026-12-06T13:00:00Z"])) == NextAction.TAKE_ALTERNATIVE
    assert step(SlotTaken(**slot, alternatives=[])) == NextAction.CHOOSE_ANOTHER_TIME
    assert step(NotOnSale(current="OPEN", **sale)) == NextAction.WAIT_UNTIL
    assert step(NotOnSale(current="OPEN", **over)) is step(NotOnSale(current="DRAWN", **sale)) is None
    assert step(NotAllowed(role="staff", action="members.invite")) == NextAction.ASK_ADMIN
    assert step(NotAllowed(role="admin", action="tenants.list")) == NextAction.ASK_OPERATOR
    assert [step(FieldNotAllowed(**field, least=least)) for least in (Role.ADMIN, Role.SUPERUSER, None)] == [
        NextAction.ASK_ADMIN,
        NextAction.ASK_OPERATOR,
        NextAction.LEAVE_OUT,
    ]
    assert step(WrongPaymentState(current="PENDING", wanted="PAID")) == NextAction.PAY
    assert step(WrongPaymentState(current="REFUNDED", wanted="PAID")) == NextAction.READ_AGAIN
    assert step(AppointmentNotPayable(current="EXPIRED")) == NextAction.START_AGAIN
    assert step(OrderNotPayable(current="PAID")) == NextAction.READ_AGAIN
