"""The shared kernel: no business nouns, used by every service."""
