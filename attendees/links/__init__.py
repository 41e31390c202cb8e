"""What a link between two meetings does to the people of both lists."""
