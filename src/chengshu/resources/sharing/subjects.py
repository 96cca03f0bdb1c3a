"""Which columns tell who a row is about."""

from __future__ import annotations

from chengshu.resources.ledger import Resource

IDENTIFYING = frozenset(
    [
        "identity_number",
        "uscc",
        "mobile",
        "bank_card",
        "plate",
        "passport",
        "hk_macao_permit",
        "taiwan_permit",
        "email",
    ]
)


def subject_of(resource: Resource) -> tuple[str, str]:
    """The column that names the person a row is about, and its category; ("", "") where none does.

    It is declared as ``extra.subject``; else it is the first field that holds identity numbers.
    """
    by_name = {field.name: field for field in resource.fields}
    declared = resource.extra.get("subject", "")
    if declared in by_name:
        return declared, by_name[declared].category or "identity_number"
    for field in resource.fields:
        if field.category == "identity_number":
            return field.name, field.category
    return "", ""
