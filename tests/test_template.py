"""The parts of template.yaml that only show on AWS: the signing key's life, the sender of mails."""

import json

import pytest

from local import handlers, routes
from mostrador.fields import Listing
from tests.support import conditions, template

RESOURCES = template.load()["Resources"]


def test_the_signing_key_outlives_the_stack_as_the_table_does():
    key, table = RESOURCES["SigningKey"], RESOURCES["Table"]

    assert key["DeletionPolicy"] == table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert key["UpdateReplacePolicy"] == table["UpdateReplacePolicy"] == "Retain"


def test_every_function_with_the_signing_key_has_the_former_one_after_a_rotation():
    variables = [
        one["Properties"]["Environment"]["Variables"]
        for one in template.resources("AWS::Serverless::Function").values()
    ]
    former = [one["SIGNING_KEY_FORMER"] for one in variables if "SIGNING_KEY" in one]

    assert len(former) > 20
    assert all("SIGNING_KEY" in one for one in variables if "SIGNING_KEY_FORMER" in one)
    for value in former:
        condition, rotated, otherwise = value["Fn::If"]
        assert (condition, otherwise) == ("IsKeyRotated", "")
        assert rotated["Fn::Sub"].endswith(":SecretString::AWSPREVIOUS}}")  # no JSON key; a stage that exists only then


def test_every_function_that_lists_in_pages_has_the_key_that_signs_their_cursors():
    paged = {
        served.function
        for served in routes.of_doors()
        if (query := handlers.of_route(served.route).query) and issubclass(query, Listing)
    }

    assert "BlocksFunction" in paged
    for name in paged:
        assert "SIGNING_KEY" in RESOURCES[name]["Properties"]["Environment"]["Variables"], name


def test_a_new_day_of_rotation_changes_every_function_so_that_the_keys_are_read_again():
    shared = template.load()["Globals"]["Function"]["Environment"]["Variables"]

    assert shared["SIGNING_KEY_ROTATED"] == {"Ref": "SigningKeyRotated"}


def test_an_email_counts_once_it_is_verified_and_no_client_writes_it():
    pool, client = RESOURCES["UserPool"]["Properties"], RESOURCES["UserPoolClient"]["Properties"]

    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert client["WriteAttributes"] == ["name"]  # an empty list would mean every attribute
    assert {"email", "email_verified"} <= set(client["ReadAttributes"])


def test_everybody_may_have_a_second_factor_and_superusers_need_one_unless_a_stage_is_for_trying():
    template_ = template.load()
    pool, authorizer = RESOURCES["UserPool"]["Properties"], RESOURCES["AuthorizerFunction"]["Properties"]

    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])
    assert template_["Parameters"]["SuperuserMfa"]["Default"] == "on"
    assert authorizer["Environment"]["Variables"]["SUPERUSER_MFA"] == {"Ref": "SuperuserMfa"}
    assert "DeviceConfiguration" not in pool  # a remembered device would skip the code


@pytest.mark.parametrize(
    ("stage", "mfa", "is_refused"),
    [
        ("prod", "off", True),
        ("produccion", "off", True),
        ("live", "off", True),
        ("prod", "on", False),
        ("dev", "off", False),
    ],
)
def test_a_stage_that_is_no_playground_refuses_what_is_only_for_trying(stage, mfa, is_refused):
    refusals = conditions.refusals(Stage=stage, SuperuserMfa=mfa)

    assert bool(refusals) is is_refused


def test_a_deploy_sets_the_sender_of_mails_by_parameters():
    condition, ses, none = RESOURCES["UserPool"]["Properties"]["EmailConfiguration"]["Fn::If"]

    assert (condition, none) == ("HasMail", {"Ref": "AWS::NoValue"})
    assert (ses["EmailSendingAccount"], ses["SourceArn"]) == ("DEVELOPER", {"Ref": "MailIdentity"})
    assert ses["From"]["Fn::If"][1] == {"Ref": "MailFrom"}


def test_the_access_log_says_from_where_and_keeps_no_token():
    api = RESOURCES["Api"]["Properties"]

    kept = api["AccessLogSetting"]["Format"]

    assert json.loads(kept)["address"] == "$context.identity.sourceIp"
    assert "$context.path" not in kept  # it holds the tokens of links
