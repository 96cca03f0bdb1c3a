"""The engines that need nothing but Python: SQLite for state, DuckDB for history."""
