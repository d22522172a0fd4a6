"""Help for tests: real backends, the composed studio, one contract suite a port. Never imported by the product."""
