"""The render engine: ingest, plan, compose, encode, join."""
