"""What was found is kept for a while: entity maps (which entities, from whom) and snapshots (copies)."""
