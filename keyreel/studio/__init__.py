"""The studio as a running system: which adapters it uses, how it starts, how it stops."""
