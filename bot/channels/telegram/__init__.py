"""Telegram, through its Bot API; `doc.md` has the facts."""
