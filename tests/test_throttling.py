"""How often who may ask, as template.yaml tells the gateway; docs/decisions/throttling.md says why."""

import re
from collections import Counter

from functions.authorizer import app as authorizer
from local import gateway, routes
from mostrador import settings
from tests.support import template

API = template.load()["Resources"]["Api"]["Properties"]
(PLAN,) = (one["Properties"] for one in template.resources("AWS::ApiGateway::UsagePlan").values())
(FIREWALL,) = (one["Properties"] for one in template.resources("AWS::WAFv2::WebACL").values())
OPEN = [route for _, route in routes.of_doors() if route.is_open]
WRITING_OPENLY = [(route.method, route.path) for route in OPEN if route.method != "GET"]
# Large answers that are made of a whole raffle: its proof, its board, and the receipts that an order shows.
LARGE = [
    f"/tenant/{{slug}}/public/{path}"
    for path in ("raffles/{raffle_id}/proof", "raffles/{raffle_id}/board", "orders/{token}")
]


def named_by_the_authorizer():
    (function,) = (
        one["Properties"]
        for one in template.resources("AWS::Serverless::Function").values()
        if one["Properties"]["CodeUri"] == "functions/authorizer"
    )
    name = function["Environment"]["Variables"]["USAGE_KEY"]["Fn::Sub"]
    return [f"{name}{number:02d}" for number in range(settings.USAGE_KEYS)]


def test_what_the_authorizer_names_is_what_the_plan_counts():
    values = {name: one["Properties"]["Value"]["Fn::Sub"] for name, one in resources("ApiKey").items()}
    counted = [one["Properties"] for one in resources("UsagePlanKey").values()]

    assert {values[one["KeyId"]["Ref"]] for one in counted} == set(values.values()) == set(named_by_the_authorizer())
    assert {one["UsagePlanId"]["Ref"] for one in counted} == set(resources("UsagePlan"))
    assert PLAN["ApiStages"] == [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Api.Stage"}}]


def resources(kind):
    of_kind = f"AWS::ApiGateway::{kind}"
    included = {name: one for name, one in gateway.resources().items() if one["Type"] == of_kind}
    return template.resources(of_kind) | included


def test_a_name_is_one_that_api_gateway_takes():
    shortest = [name.replace("${Stage}", "ab") for name in named_by_the_authorizer()]

    assert all(re.fullmatch("[a-z0-9]{20,128}", name) for name in shortest)
    assert len(set(shortest)) == len(shortest) >= 16


def test_the_authorizer_is_who_says_under_which_name_a_request_counts():
    assert API["ApiKeySourceType"] == "AUTHORIZER"


def test_a_route_counts_by_tenant_where_there_is_an_authorizer_to_say_which():
    served = gateway.definition()["paths"]
    counted = [{gateway.AUTHORIZER: [], gateway.USAGE_KEY: []}]

    for _, route in routes.of_doors():
        assert served[route.path][route.method.lower()]["security"] == ([] if route.is_open else counted), route.path


def test_what_anybody_may_write_or_costs_much_has_a_rate_of_its_own_below_that_of_all():
    read_openly = {route.path for route in OPEN if route.method == "GET"}
    rates = {(one["HttpMethod"], one["ResourcePath"]): one["ThrottlingRateLimit"] for one in API["MethodSettings"]}
    of_all = rates.pop(("*", "/*"))

    reading = [(method, path) for path in LARGE for method in ("GET", "HEAD")]  # HEAD makes the same answer
    assert set(LARGE) <= read_openly
    assert set(rates) == {(method, "/" + path.replace("/", "~1")) for method, path in WRITING_OPENLY + reading}
    assert all(rate < of_all for rate in rates.values())


def test_no_client_can_take_all_that_its_tenant_may_and_no_tenant_all_that_there_is():
    of_client = rule("one-client")
    (of_all,) = (one["ThrottlingRateLimit"] for one in API["MethodSettings"] if one["ResourcePath"] == "/*")

    assert of_client["Limit"] / of_client["EvaluationWindowSec"] < PLAN["Throttle"]["RateLimit"] / 2
    assert PLAN["Throttle"]["RateLimit"] <= of_all / 10


def rule(name):
    (found,) = (one["Statement"]["RateBasedStatement"] for one in FIREWALL["Rules"] if one["Name"] == name)
    return found


def test_the_firewall_answers_429_and_keeps_no_samples_of_tokens():
    for one in FIREWALL["Rules"]:
        answer = one["Action"]["Block"]["CustomResponse"]
        assert (answer["ResponseCode"], answer["ResponseHeaders"]) == (429, [{"Name": "Retry-After", "Value": "60"}])
    views = [one["VisibilityConfig"] for one in (FIREWALL, *FIREWALL["Rules"])]

    assert not any(view["SampledRequestsEnabled"] for view in views)


def caller(*slugs, user="u-1"):
    return authorizer.Caller(user, "", dict.fromkeys(slugs, "staff"))


def test_whoever_belongs_to_one_tenant_counts_as_the_tenant_and_others_for_themselves():
    of_tenant = authorizer._usage_key(caller("salon"))

    assert {authorizer._usage_key(caller("salon", user=f"u-{number}")) for number in range(20)} == {of_tenant}
    assert len({authorizer._usage_key(caller("salon", "clinic", user=f"u-{number}")) for number in range(20)}) > 1
    assert len({authorizer._usage_key(caller(user=f"u-{number}")) for number in range(20)}) > 1


def test_tenants_spread_over_the_names_and_stay_where_they_are(monkeypatch):
    names = tuple(named_by_the_authorizer())
    monkeypatch.setattr(settings, "usage_keys", lambda: names)

    spread = Counter(authorizer._usage_key(caller(f"peluqueria-{number}")) for number in range(1600))

    assert set(spread) == set(names)
    assert max(spread.values()) < 150  # of 100 on average
    assert authorizer._usage_key(caller("salon")) == names[7]
