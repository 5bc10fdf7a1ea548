"""The `shuke` commands, a module for each matter; `bot/cli.py` joins them."""
