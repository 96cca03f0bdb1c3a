"""The broker: the city's entities as the world exchanges them (NGSI-LD), now and through time."""
