"""NGSI-LD as it is written: contexts compiled once, payloads read and rendered."""
