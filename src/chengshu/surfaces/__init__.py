"""One thin folder per protocol: parse, one domain call, render."""
