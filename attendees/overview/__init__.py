"""What a host sees of their meetings at a glance."""
