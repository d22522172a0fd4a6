"""Strangers' files: recognised, measured and normalised in the sandbox, once."""
