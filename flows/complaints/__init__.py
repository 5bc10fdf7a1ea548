"""Complaints: from the first angry word to a numbered case."""
