"""The HTTP side of auth: routes only; what they do is in the rooms they call."""
