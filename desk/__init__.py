"""The web console of the people behind the desk: who waits, what was said, what to do next."""
