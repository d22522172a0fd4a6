"""The artwork of the bundled sample media, drawn from code."""
