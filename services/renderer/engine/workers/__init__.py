"""Render workers: sandboxed processes, how they are asked and watched."""
