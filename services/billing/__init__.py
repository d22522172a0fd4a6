"""Plans, subscriptions and quotas: what a workspace may use, and what it has used."""
