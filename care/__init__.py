"""Proactive care: what is due for whom, whether it may be said, and the clock that asks."""
