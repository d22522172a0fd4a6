"""Tells people what happened: live in the app, kept in a list, by mail."""
