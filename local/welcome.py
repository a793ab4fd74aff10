"""What a newcomer needs once the stack is up: addresses, users, and three commands that work as printed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from local.stack import LocalFailure, Login, Stack

SUNDAY = 6
PATIENCE = 120
"""Seconds for the first request, which starts two functions; a busy machine may need a minute for that."""
SIGN_IN = "AWSCognitoIdentityProviderService.InitiateAuth"


def welcome(stack: Stack, logins: list[Login], site: str) -> str:
    """``site`` is the one address for people: pages, and the API without its stage."""
    clerk = next((login for login in logins if login.tenant and login.role != "viewer"), None)
    lines = [
        "",
        f"Address     {site}",
        f"Reference   {site}/docs",
        f"OpenAPI     {site}/openapi.json",
        f"Gateway     {stack.api_url}",
        *_facts(stack, logins),
        *(_first_steps(stack, clerk, site) if clerk else []),
    ]
    return "\n".join(lines)


def addresses(stack: Stack, logins: list[Login], api_url: str) -> str:
    """For an API that stands alone."""
    return "\n".join(["", f"API         {api_url}", f"OpenAPI     {api_url}/openapi.json", *_facts(stack, logins)])


def _facts(stack: Stack, logins: list[Login]) -> list[str]:
    return [
        f"AWS         {stack.endpoint}  region {stack.region}, access key test, secret key test",
        f"Table       {stack.table_name}",
        f"User pool   {stack.user_pool_id}  client {stack.client_id}",
        "",
        *users(logins),
    ]


def users(logins: list[Login]) -> list[str]:
    width = max((len(login.email) for login in logins), default=0)
    return [f"{login.email:<{width}}  {login.password}  {login.role:<9}  {login.tenant}".rstrip() for login in logins]


def _first_steps(stack: Stack, login: Login, site: str) -> list[str]:
    base = f"{site}/tenant/{login.tenant}/api"
    service, remark = _first_service(stack, login, base)
    day = (datetime.now(UTC) + timedelta(days=2)).date()
    day += timedelta(days=day.weekday() == SUNDAY)  # the example tenants are closed then
    body = json.dumps(_credentials(stack, login))
    return [
        "",
        "Try it: sign in, list the services, ask when there is room.",
        *([remark] if remark else []),
        "",
        f"TOKEN=$(curl -s {stack.endpoint} -H 'X-Amz-Target: {SIGN_IN}' -H 'Content-Type: application/x-amz-json-1.1' "
        f'-d \'{body}\' | sed \'s/.*"AccessToken": *"\\([^"]*\\)".*/\\1/\')',
        f'curl -s {base}/services -H "Authorization: Bearer $TOKEN"',
        f'curl -s "{base}/appointments/availability?service={service}&date={day}" -H "Authorization: Bearer $TOKEN"',
        "",
    ]


def _first_service(stack: Stack, login: Login, base: str) -> tuple[str, str]:
    """The id of a service, and nothing to remark. The stack is up in any case, so a failure here is only told."""
    try:
        services = _get(f"{base}/services", _token(stack, login))["items"]
    except (LocalFailure, httpx.HTTPError, BotoCoreError, ClientError) as error:
        return "<service id>", f"The services could not be listed yet, so put in an id of the list: {error}"
    return (services[0]["id"] if services else "<service id>"), ""


def _credentials(stack: Stack, login: Login) -> dict[str, Any]:
    return {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": stack.client_id,
        "AuthParameters": {"USERNAME": login.email, "PASSWORD": login.password},
    }


def _token(stack: Stack, login: Login) -> str:
    answer = stack.client("cognito-idp").initiate_auth(**_credentials(stack, login))
    return str(answer["AuthenticationResult"]["AccessToken"])


def _get(url: str, token: str) -> Any:
    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE, trust_env=False)
    if answer.is_error:
        raise LocalFailure(f"{url} answered {answer.status_code}: {answer.text[:300]}")
    return answer.json()
