"""The HTTP API and webhooks, over real HTTP, on both databases."""
