"""Items as DynamoDB's API has them: ``{"sk": {"S": "TENANT"}, "version": {"N": "3"}}``.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from collections.abc import Mapping
from typing import Any

WireValue = Mapping[str, Any]
"""The type's letters -> the value: text for S and N, bytes for B, lists and maps of typed values for L and M."""
WireItem = Mapping[str, WireValue]
"""Attribute name -> typed value."""
