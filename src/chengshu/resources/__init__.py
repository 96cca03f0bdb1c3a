"""要素: ledger, grading, quality, sharing, exchange, rights, knowledge."""
