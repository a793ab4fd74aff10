"""The parts of template.yaml that only show on AWS: the signing key's life, the sender of mails."""

from tests.support import template

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


def test_a_new_day_of_rotation_changes_every_function_so_that_the_keys_are_read_again():
    shared = template.load()["Globals"]["Function"]["Environment"]["Variables"]

    assert shared["SIGNING_KEY_ROTATED"] == {"Ref": "SigningKeyRotated"}


def test_a_deploy_sets_the_sender_of_mails_by_parameters():
    condition, ses, none = RESOURCES["UserPool"]["Properties"]["EmailConfiguration"]["Fn::If"]

    assert (condition, none) == ("HasMail", {"Ref": "AWS::NoValue"})
    assert (ses["EmailSendingAccount"], ses["SourceArn"]) == ("DEVELOPER", {"Ref": "MailIdentity"})
    assert ses["From"]["Fn::If"][1] == {"Ref": "MailFrom"}
