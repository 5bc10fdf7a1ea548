"""From the bot to a person."""
