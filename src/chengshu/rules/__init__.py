"""The one rule language of the hub: FEEL expressions and DMN models. No I/O, no clock of its own."""
