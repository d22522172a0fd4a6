"""Frames in YUV planes: pictures, transitions, sprites; and the reference they are held to."""
