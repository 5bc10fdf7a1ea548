"""The HTTP API for the shop's own systems, `/api/v1`, beside its hook, `/hooks/shop`.

A call goes `calling.py` (whose key, which scopes, made before?) → one of
`customers.py`, `orders.py`, `points.py`, `coupons.py`, `tickets.py`, `events.py` → a unit of
work on the store. `bodies.py` says what may come, `refusals.py` how no is said,
`app.py` puts it together.
"""
