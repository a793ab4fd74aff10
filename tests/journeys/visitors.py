"""Those who talk to the API over HTTP: anybody, a program with its key, a person whose session is renewed by itself."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import httpx

from local.stack import PASSWORD, Stack
from mostrador.web.problem_views import Problem

EARLY = 120
"""Seconds before its end from which a token is not used any more."""
LANGUAGE = {"Accept-Language": "en"}


@cache
def aws(stack: Stack, service: str) -> Any:
    """The one client of a service; to make a client takes longer than to use it."""
    return stack.client(service)


class Session:
    """A person's session at the user pool: a token lasts 15 minutes, so it is renewed in time, or when refused."""

    def __init__(self, stack: Stack, email: str, password: str = PASSWORD) -> None:
        self._stack, self._email, self._password = stack, email, password
        self._lock = Lock()
        self._sign_in()

    def token(self) -> str:
        """A token that is good for some minutes still."""
        with self._lock:
            if time.monotonic() > self._renew_at:
                self._renew()
            return self._token

    def renewed(self, refused: str | None = None) -> str:
        """Another token than the one that was refused, which another thread may have renewed already."""
        with self._lock:
            if refused in (None, self._token):
                self._renew()
            return self._token

    def _renew(self) -> None:
        pool = aws(self._stack, "cognito-idp")
        try:
            self._keep(self._asked(pool, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=self._refresh_token))
        except pool.exceptions.NotAuthorizedException:  # somebody signed out
            self._sign_in()

    def _sign_in(self) -> None:
        pool = aws(self._stack, "cognito-idp")
        answer = self._asked(pool, "USER_PASSWORD_AUTH", USERNAME=self._email, PASSWORD=self._password)
        self._refresh_token = answer["RefreshToken"]
        self._keep(answer)

    def _asked(self, pool: Any, flow: str, **parameters: str) -> Any:
        answer = pool.initiate_auth(AuthFlow=flow, ClientId=self._stack.client_id, AuthParameters=parameters)
        return answer["AuthenticationResult"]

    def _keep(self, answer: Mapping[str, Any]) -> None:
        self._token = str(answer["AccessToken"])
        self._renew_at = time.monotonic() + answer["ExpiresIn"] - EARLY


@dataclass(frozen=True)
class Visitor:
    """Somebody who talks to the API: with a session, with a token or key that nobody renews, or with nothing."""

    http: httpx.Client
    access: Session | str | None = None

    @property
    def token(self) -> str | None:
        return self.access.token() if isinstance(self.access, Session) else self.access

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request. A session's token that is refused is renewed, and the request repeated, once."""
        given = {name.replace("_", "-"): value for name, value in headers.items()} | LANGUAGE
        token = self.token
        answer = self._send(method, path, body, given, token)
        if answer.status_code == httpx.codes.UNAUTHORIZED and isinstance(self.access, Session):
            answer = self._send(method, path, body, given, self.access.renewed(token))
        return answer

    def _send(self, method: str, path: str, body: Any, given: dict[str, str], token: str | None) -> httpx.Response:
        signed = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.request(method, path, json=body, headers=given | signed)


def problem(answer: httpx.Response, status: int, code: str) -> Any:
    """The problem that ``answer`` must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    Problem.model_validate_json(answer.text, strict=True)
    found = answer.json()
    assert found["code"] == code
    return found
