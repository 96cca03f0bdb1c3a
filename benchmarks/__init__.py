"""Figures, each beside a baseline of the same run: ``python -m benchmarks [NAME [OPTIONS]]``."""
