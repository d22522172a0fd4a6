"""Lettering: shipped fonts, shaping, layout, captions and overlays as small rasters."""
