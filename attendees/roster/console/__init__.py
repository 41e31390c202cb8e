"""Pages of the console on which a meeting's roster is seen, edited, imported and exported."""
