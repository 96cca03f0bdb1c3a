"""Context sources: their registrations, subscriptions to these, and who is asked for what."""
