"""Draws the made-up city of Tingpu, from one seed, into cities/demo."""
