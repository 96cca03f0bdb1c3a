"""Quality of data: what is in it, which rules it breaks and where, and what its provider promised."""
