"""A chat in the terminal of the machine that the bot runs on; `doc.md` has the facts."""
