"""Texts in Japanese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["ja", "en"]


@dataclass(frozen=True)
class Text:
    """One text in both languages."""

    ja: str
    en: str

    def of(self, language: Language) -> str:
        """Return the text in a language."""
        return self.ja if language == "ja" else self.en

    @property
    def blank(self) -> bool:
        """Whether it says nothing in one of the languages."""
        return not self.ja.strip() or not self.en.strip()
