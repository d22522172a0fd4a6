"""The renderer: turns a timeline into a video file."""
