"""Customers: looking one up, and everything that the shop knows of them on one page."""
