"""The relationship memory: customers and everything that passed between them and the shop.

One aggregate a file. The declarative models are the domain; units of work are
plain functions of a connection that run in the store's transactions
(`unit_of_work.py`). Nothing here knows a channel, a flow or a web framework.
"""
