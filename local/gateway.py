"""What API Gateway serves and may call, made of the doors; the template includes each.

The ``Metadata`` of the template's API has the authorizer and the gateway's own answers.
"""

import re
from typing import Any, Final

from local import routes, template
from mostrador import settings
from mostrador.web.routes import Route

AUTHORIZER: Final = "TenantAuthorizer"
USAGE_KEY: Final = "api_key"
_VARIABLE: Final = re.compile(r"{(\w+)}")
_INVOKE: Final = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${%s.Arn}/invocations"
)
_GETS: Final = ("GET", "HEAD")

JSONObject = dict[str, Any]


def definition(*, is_counted: bool = True) -> JSONObject:
    """The API as OpenAPI 3.0 with API Gateway's extensions. HEAD is served wherever GET is, OPTIONS everywhere.

    ``is_counted``: requests count under the key that the authorizer names. `sam local` refuses two security schemes on
    one method, and MiniStack wants the key in a header: both take a definition without.
    """
    metadata = _metadata()
    paths: JSONObject = {}
    for function, route in routes.of_doors():
        for path in filter(None, (route.path, route.old_path)):
            for method in _GETS if route.method == "GET" else (route.method,):
                operation = _operation(function, path) | {"security": _security(route, is_counted)}
                paths.setdefault(path, {})[method.lower()] = operation
    for methods in paths.values():
        methods["options"] = _options(methods)
    return _document(paths) | {
        "components": {"securitySchemes": _schemes(metadata["Authorizer"])},
        "x-amazon-apigateway-gateway-responses": {
            kind: _response(answer) for kind, answer in metadata["GatewayResponses"].items()
        },
    }


def stand_ins() -> JSONObject:
    """The stand-ins' API, which needs no authorizer."""
    paths: JSONObject = {}
    for function, method, path in routes.of_stand_ins():
        paths.setdefault(path, {})[method.lower()] = _operation(function, path)
    return _document(paths)


def resources() -> JSONObject:
    """The resources that the template includes: who may be called by the gateway, and the keys of RequestRates."""
    doors = {function for function, _ in routes.of_doors()} | {_metadata()["Authorizer"]["Function"]}
    called = {function: _permission(function, "Api") for function in doors}
    called |= {
        function: _permission(function, "StandInsApi") | {"Condition": "HasStandIns"}
        for function, _, _ in routes.of_stand_ins()
    }
    made = {f"{function}CalledByApi": permission for function, permission in sorted(called.items())}
    for number in range(settings.USAGE_KEYS):
        made |= _usage_key(f"{number:02d}")
    return made


def _permission(function: str, api: str) -> JSONObject:
    """One for all methods and paths: each permission of its own would be a resource more for each route."""
    source = f"arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/*"
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": function},
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": source},
        },
    }


def _usage_key(number: str) -> JSONObject:
    """A key, and that the plan counts what it names; settings.usage_keys has the same values."""
    name = f"RequestRate{number}"
    value = {"Enabled": True, "Value": {"Fn::Sub": f"mostrador${{Stage}}requests{number}"}}
    counted = {"KeyId": {"Ref": name}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "RequestRates"}}
    return {
        name: {"Type": "AWS::ApiGateway::ApiKey", "Properties": value},
        f"{name}Counted": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": counted},
    }


def _metadata() -> JSONObject:
    """The authorizer and the gateway's own answers, as the template has them."""
    metadata: JSONObject = template.load()["Resources"]["Api"]["Metadata"]
    return metadata


def _document(paths: JSONObject) -> JSONObject:
    return {"openapi": "3.0.1", "info": {"title": {"Ref": "AWS::StackName"}, "version": "1"}, "paths": paths}


def _operation(function: str, path: str) -> JSONObject:
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": _INVOKE % function}}
    variables = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _VARIABLE.findall(path)
    ]
    named = {"parameters": variables} if variables else {}
    return named | {"responses": {}, "x-amazon-apigateway-integration": integration}


def _options(methods: JSONObject) -> JSONObject:
    """The gateway's own 204 with ``Allow``: no function is called."""
    allowed = ", ".join(sorted(method.upper() for method in (*methods, "options")))
    header = {"method.response.header.Allow": f"'{allowed}'"}
    answer = {"statusCode": "204", "responseParameters": header}
    return {
        "responses": {"204": {"description": "", "headers": {"Allow": {"schema": {"type": "string"}}}}},
        "security": [],
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "responses": {"default": answer},
        },
    }


def _security(route: Route, is_counted: bool) -> list[dict[str, list[str]]]:
    if route.is_open:
        return []
    return [{AUTHORIZER: [], USAGE_KEY: []}] if is_counted else [{AUTHORIZER: []}]


def _schemes(authorizer: JSONObject) -> JSONObject:
    """The authorizer, and the usage plan's key, which the authorizer names and nobody sends."""
    return {
        AUTHORIZER: {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "token",
                "authorizerUri": {"Fn::Sub": _INVOKE % authorizer["Function"]},
                "authorizerResultTtlInSeconds": authorizer["ReauthorizeEvery"],
                "identityValidationExpression": authorizer["ValidationExpression"],
            },
        },
        USAGE_KEY: {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }


def _response(answer: JSONObject) -> JSONObject:
    """An answer of the gateway's own, from SAM's words to OpenAPI's."""
    headers = answer["ResponseParameters"]["Headers"]
    status = {"statusCode": str(answer["StatusCode"])} if "StatusCode" in answer else {}
    return status | {
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()},
        "responseTemplates": answer["ResponseTemplates"],
    }
