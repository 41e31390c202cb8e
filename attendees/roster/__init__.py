"""A meeting's attendee list and the files it comes from: read, plan, apply, export."""
