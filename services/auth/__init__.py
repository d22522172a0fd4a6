"""Who may come in: workspaces, members, sign-in, factors, tokens and the audit log."""
