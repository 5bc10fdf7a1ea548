"""Orders after they are placed: where they are, changing and returning them, and the money."""
