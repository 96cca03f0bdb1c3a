"""Implementations of ports, nothing else."""
