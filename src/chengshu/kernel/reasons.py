"""Every decision is data with a reason: which rule, on which inputs, said in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chengshu.kernel.texts import Text


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided: the rule's id, the inputs it saw, and the sentence for people."""

    rule: str
    text: Text
    inputs: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The form kept in the journal and shown by APIs."""
        return {"rule": self.rule, "inputs": dict(self.inputs), "text": self.text.as_dict()}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Reason:
        """The inverse of :meth:`as_dict`."""
        return cls(value["rule"], Text.of(value["text"]), value.get("inputs", {}))
