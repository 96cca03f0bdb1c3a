"""Settings, wiring, command line, drill: the only place that names an engine."""
