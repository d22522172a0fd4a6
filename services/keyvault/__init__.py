"""Connections: a workspace's own keys for outside services, given once and never shown again."""
