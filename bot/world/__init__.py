"""The virtual world behind `shuke simulate`: its lines, what happens on them, and how that is told."""
