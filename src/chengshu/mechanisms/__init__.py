"""機制: operations, assessment, standards."""
