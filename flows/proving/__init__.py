"""Proofs on the flows: on every path of every flow, and on talks that synthetic customers have with them."""
