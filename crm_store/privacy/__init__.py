"""What a customer may ask of us: a copy of all that is known of them, and to be forgotten.

`registry` says of every table how its rows belong to a customer and what an erasure does
with each column; whoever adds a table or a column says so there, and a test asks.
"""
