"""Acts that mend what the link check has found: each with a preview, and with an undo."""
