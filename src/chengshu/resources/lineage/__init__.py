"""Lineage: which column came from which, by which step, and what would stop if one went."""

from chengshu.resources.lineage.commands import Lineage
from chengshu.resources.lineage.queries import Impact, LineageQueries
from chengshu.resources.lineage.sql import Job, steps_of_sql

__all__ = ["Impact", "Job", "Lineage", "LineageQueries", "steps_of_sql"]
