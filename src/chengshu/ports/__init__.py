"""What the hub needs of an engine, as protocols, each with a conformance suite."""
