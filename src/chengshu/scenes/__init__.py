"""場景: vitals, response, services, economy, parks."""
