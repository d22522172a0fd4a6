"""The sound track: mixed, brought to loudness, encoded."""
