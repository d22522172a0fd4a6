"""Counts what happened, per workspace and day."""
