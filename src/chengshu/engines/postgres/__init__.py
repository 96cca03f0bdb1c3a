"""Engines on PostgreSQL (extra ``postgres``)."""

from chengshu.engines.postgres.database import PostgresDatabase

__all__ = ["PostgresDatabase"]
