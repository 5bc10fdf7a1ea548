"""Orders: where they are."""
