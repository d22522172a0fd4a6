"""Implementations of the kernel's ports. Only the composition root imports them."""
