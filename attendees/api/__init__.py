"""The JSON API: what the console does, for other systems, by the same rules and the same code."""
