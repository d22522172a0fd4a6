"""Keeps what people upload and what is made for them: files, the library of videos, the addresses to watch them at."""
