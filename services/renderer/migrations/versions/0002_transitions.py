"""Which segments are transitions, so that scenes drawn anew can be counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.add_column("segments", sa.Column("joins", sa.Boolean, nullable=False, server_default="false"))
