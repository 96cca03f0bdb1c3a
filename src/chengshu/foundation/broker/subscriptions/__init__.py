"""Subscriptions to the city's entities, and the delivery of notifications: durable, isolated, watchable."""
