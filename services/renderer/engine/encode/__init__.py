"""Encoders, segments, and putting finished segments into one file."""
