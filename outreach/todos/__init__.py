"""What this room asks of people: one module a subject."""
