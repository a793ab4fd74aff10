"""Sends the cases and the examples, and counts what came of each operation."""

import random
import threading
import uuid
from collections import Counter, defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import requests

from local import reference_texts
from tests.fuzz import callers, cases, fillings, states, verdicts
from tests.fuzz.cases import AnyCase, AnyOperation
from tests.fuzz.verdicts import Violation
from tests.fuzz.world import Values, World
from tests.journeys.visitors import Visitor

WORKERS = 4
KEY = "Idempotency-Key"
ALONE = ("me.", "members.", "tenants.", "integrations.", "calendars.")
ROUND = 24
"""Cases of an operation that are made at a time."""
FRESH = 0.3
"""The share of right cases that get a state made for them alone."""
MOST_FRESH = 12
"""States made for one operation: each takes some requests."""


@dataclass
class Outcome:
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    violations: list[Violation] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Why a request could not be sent or judged."""

    @property
    def cases(self) -> int:
        return sum(counts.total() for counts in self.statuses.values())


class Runner:
    def __init__(self, world: World, document: dict[str, Any], number: int = 1) -> None:
        self.world, self.number = world, number
        self.operations = cases.operations(strict(document), world.stack.api_url)
        self.outcome = Outcome()
        self._words = reference_texts.load()
        self._fresh: Counter[str] = Counter()
        self._last: dict[str, Values] = {}
        self._one_by_one = threading.Lock()
        self._lock, self._local = threading.Lock(), threading.local()

    def run(self, per_operation: int) -> Outcome:
        """So many cases of each operation, beside its examples. More cases are made while others are answered."""
        with ThreadPoolExecutor(WORKERS) as pool:
            sent = [pool.submit(self._example, name, example) for name, example in self._examples()]
            for first in range(0, per_operation, ROUND):
                sent += self._round(pool, first, min(ROUND, per_operation - first))
        self.outcome.broken = [repr(error)[:1000] for error in (one.exception() for one in sent) if error]
        return self.outcome

    def _round(self, pool: ThreadPoolExecutor, first: int, count: int) -> list[Future[None]]:
        """Some cases of each operation, in disorder."""
        number = self.number + 1000 * first
        todo = [(name, case) for name, one in self.operations.items() for case in cases.made(one, count, number)]
        random.Random(number).shuffle(todo)  # noqa: S311
        return [pool.submit(self._case, name, case, number + place) for place, (name, case) in enumerate(todo)]

    def _examples(self) -> list[tuple[str, str]]:
        return [(name, one) for name in self.operations for one in self._words.operation(name).examples or [""]]

    def _alone(self, name: str) -> AbstractContextManager[Any]:
        """One at a time for what changes a person or a connection, of which there is one."""
        return self._one_by_one if name.startswith(ALONE) else nullcontext()

    def _example(self, name: str, example: str) -> None:
        with self._alone(name):
            self._send_example(name, example)

    def _send_example(self, name: str, example: str) -> None:
        """Send an example as the document shows it, with real things in its placeholders."""
        operation, words = self.operations[name], self._words.operation(name)
        values = self._state(name)
        slug = values["slug"]
        given: Values = {"path_parameters": {one: values[one] for one in _variables(operation)}}
        if words.query:
            given["query"] = reference_texts.filled(words.query, values)
        if example:
            given |= {
                "body": reference_texts.filled(words.examples[example].value, values),
                "media_type": "application/json",
            }
        if any(one["name"] == KEY for one in operation.definition.raw.get("parameters", ())):
            given["headers"] = {KEY: uuid.uuid4().hex}
        case = operation.Case(**given)
        self._send(name, case, callers.surely(self.world, operation.definition.raw, slug))

    def _state(self, name: str) -> Values:
        """Fresh values, and the last ones are kept: what an operation has spoiled serves it alone."""
        made = self._words.placeholders | states.values(self.world, name)
        with self._lock:
            self._last[name] = made
        return made

    def _case(self, name: str, case: AnyCase, number: int) -> None:
        with self._alone(name):
            self._send_case(name, case, number)

    def _send_case(self, name: str, case: AnyCase, number: int) -> None:
        dice = random.Random(number)  # noqa: S311
        values = self._values(name, dice)
        fillings.fill(case, values, dice)
        raw = self.operations[name].definition.raw
        slug = (case.path_parameters or {}).get("slug", "")
        self._send(name, case, callers.chosen(self.world, raw, slug, dice))

    def _values(self, name: str, dice: random.Random) -> Values:
        with self._lock:
            wants = name in states.STATES and self._fresh[name] < MOST_FRESH and dice.random() < FRESH
            self._fresh[name] += wants
        if not wants and name in self._last:
            return self._last[name]
        try:
            return self._state(name)
        except AssertionError:  # the state is not to be had now, such as at the limit of invitations
            return self._words.placeholders | self.world.values | states.slug_of(self.world, name)

    def _send(self, name: str, case: AnyCase, visitor: Visitor) -> None:
        headers = {"X-Forwarded-For": f"203.0.113.{random.randint(1, 250)}"}  # noqa: S311
        if visitor.token:
            headers["Authorization"] = f"Bearer {visitor.token}"
        answer = case.call(session=self._session(), headers=headers, timeout=180)
        found = list(verdicts.of(name, case, answer))
        with self._lock:
            self.outcome.statuses[name][answer.status_code] += 1
            self.outcome.violations += found

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session


def _variables(operation: AnyOperation) -> list[str]:
    return [one["name"] for one in operation.definition.raw.get("parameters", ()) if one["in"] == "path"]


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """The document without who may call, which the runner chooses, and without ``default``, which allows any status."""
    paths = {
        path: {method: _strict(operation) for method, operation in found.items()}
        for path, found in document["paths"].items()
    }
    components = {name: one for name, one in document["components"].items() if name != "securitySchemes"}
    return {name: one for name, one in document.items() if name != "security"} | {
        "paths": paths,
        "components": components,
    }


def _strict(operation: dict[str, Any]) -> dict[str, Any]:
    responses = {status: one for status, one in operation["responses"].items() if status != "default"}
    return {name: one for name, one in operation.items() if name != "security"} | {"responses": responses}
