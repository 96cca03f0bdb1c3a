"""Words on screen, in the three languages of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("en", "zh-Hans", "zh-Hant")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in English, 简体中文 and 繁體中文; an absent one falls back to a present one."""

    en: str = ""
    zh_hans: str = ""
    zh_hant: str = ""

    @classmethod
    def of(cls, value: str | Mapping[str, str] | Text) -> Text:
        """Read the declared form: one string for all languages, or a mapping by language tag."""
        if isinstance(value, Text):
            return value
        if isinstance(value, str):
            return cls(value, value, value)
        return cls(value.get("en", ""), value.get("zh-Hans", ""), value.get("zh-Hant", ""))

    def say(self, language: str) -> str:
        """The text in ``language`` (a tag of LANGUAGES), else in the nearest language there is."""
        orders = {
            "en": (self.en, self.zh_hans, self.zh_hant),
            "zh-Hans": (self.zh_hans, self.zh_hant, self.en),
            "zh-Hant": (self.zh_hant, self.zh_hans, self.en),
        }
        return next((text for text in orders.get(language, orders["en"]) if text), "")

    def as_dict(self) -> dict[str, str]:
        """By language tag, as it stands in files and APIs."""
        return {"en": self.en, "zh-Hans": self.zh_hans, "zh-Hant": self.zh_hant}

    def fill(self, **values: object) -> Text:
        """The text with ``{name}`` places filled in every language."""
        return Text(self.en.format(**values), self.zh_hans.format(**values), self.zh_hant.format(**values))
