"""Reading what people write by hand (YAML, TOML, GeoJSON), with every mistake's file, line and remedy."""

from chengshu.foundation.declared.checking import checked
from chengshu.foundation.declared.reading import Document, read_document
from chengshu.foundation.declared.words import Declaration, DeclaredText

__all__ = ["Declaration", "DeclaredText", "Document", "checked", "read_document"]
