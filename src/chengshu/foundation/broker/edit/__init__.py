"""What can be done to an entity, as plain data, and what comes of it: pure, without store or clock."""

from chengshu.foundation.broker.edit.apply import apply
from chengshu.foundation.broker.edit.commands import (
    AppendAttributes,
    Command,
    CreateEntity,
    DeleteAttribute,
    DeleteEntity,
    Edit,
    MergeEntity,
    NotUpdated,
    Outcome,
    PartialUpdate,
    ReplaceAttribute,
    ReplaceEntity,
    UpdateAttributes,
    Upsert,
    target,
)

__all__ = [
    "AppendAttributes",
    "Command",
    "CreateEntity",
    "DeleteAttribute",
    "DeleteEntity",
    "Edit",
    "MergeEntity",
    "NotUpdated",
    "Outcome",
    "PartialUpdate",
    "ReplaceAttribute",
    "ReplaceEntity",
    "UpdateAttributes",
    "Upsert",
    "apply",
    "target",
]
