"""筑基: journal, access, sensing, context, twins, processes."""
