"""The composition root: puts the parts together, on the command line and, later, behind HTTP."""
