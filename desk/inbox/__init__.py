"""The talk with customers: who waits, what is mine, one conversation."""
