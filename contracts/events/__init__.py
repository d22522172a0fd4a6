"""The event catalogue: facts one service states and others act on, one file a subject.

An event carries ids and facts, never a secret, a person's data or file bytes. The title a client gave a video is the
one free text, and is the tenant's own content.
"""
