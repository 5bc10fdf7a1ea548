"""The chat on the shop's own pages and on a page of its own."""
