"""Ids, time, areas, units, levels, reasons, errors: no I/O, imports nothing of ours."""
