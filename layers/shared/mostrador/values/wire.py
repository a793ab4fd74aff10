"""Shapes that travel as text: JSON, and items as DynamoDB's API has them.

An item is ``{"sk": {"S": "TENANT"}, "version": {"N": "3"}}``:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

WireValue = Mapping[str, Any]
"""The type's letters -> the value: text for S and N, bytes for B, lists and maps of typed values for L and M."""
WireItem = Mapping[str, WireValue]
"""Attribute name -> typed value."""
JSON = None | bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"]
"""What ``json.loads`` can give."""
