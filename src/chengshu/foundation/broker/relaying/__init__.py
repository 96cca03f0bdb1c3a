"""Subscriptions reach context sources: what they notify comes back and is told as if it had happened here."""
