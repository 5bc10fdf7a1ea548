"""Points and membership."""
