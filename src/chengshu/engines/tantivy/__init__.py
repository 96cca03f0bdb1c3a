"""Full-text search on tantivy."""

from chengshu.engines.tantivy.index import TantivyIndex

__all__ = ["TantivyIndex"]
