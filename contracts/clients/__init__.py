"""The questions services ask each other and wait for, each a protocol, local or remote by composition.

The owner of an answer implements the protocol; `keyreel/` hands it to those who ask. Asking costs a round trip when
the owner is another process, so facts travel as events and only what must be true *now* is asked.
The fourth question, whether a session still holds, is asked by the kernel on every request: `kernel.auth.Sessions`.
"""
