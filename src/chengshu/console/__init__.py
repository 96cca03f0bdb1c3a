"""Pages, partials and islands of the hub's own console; no logic."""
