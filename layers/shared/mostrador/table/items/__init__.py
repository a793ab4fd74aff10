"""One class per entity, in one module per domain.

Lists hold items of several domains, so the four modules below are always loaded: PynamoDB must know a class to read it.
"""

from mostrador.table.items import audit, people, scheduling, tenants

__all__ = ["audit", "people", "scheduling", "tenants"]
