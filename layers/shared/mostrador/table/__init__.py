"""The single table, and the only importer of PynamoDB and botocore."""

from botocore.exceptions import BotoCoreError
from pynamodb.exceptions import PynamoDBException as TableFailure

__all__ = ["TableFailure", "is_overload"]

_OVERLOAD = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "InternalServerError"}
)


def is_overload(error: TableFailure) -> bool:
    """Whether trying again later may help: throttled, or DynamoDB did not answer."""
    return error.cause_response_code in _OVERLOAD or isinstance(error.cause, BotoCoreError)
