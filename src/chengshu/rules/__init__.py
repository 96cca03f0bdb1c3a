"""The one rule language of the hub: FEEL expressions and DMN decision models. Pure: no I/O, no clock of its own."""
