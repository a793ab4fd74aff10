"""The single table, and the only importer of PynamoDB and botocore."""

from botocore.exceptions import BotoCoreError
from pynamodb.exceptions import PynamoDBException as TableFailure
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

__all__ = ["Action", "Condition", "TableFailure", "code_of", "is_overload"]

_OVERLOAD = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "InternalServerError"}
)


def code_of(error: TableFailure) -> str:
    """DynamoDB's own code for a failure, empty when no answer came.

    PynamoDB's ``cause_response_code`` raises where botocore lost the connection and so has no response.
    """
    response = getattr(error.cause, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or "")


def is_overload(error: TableFailure) -> bool:
    """Whether trying again later may help: throttled, or DynamoDB did not answer."""
    return code_of(error) in _OVERLOAD or isinstance(error.cause, BotoCoreError)
