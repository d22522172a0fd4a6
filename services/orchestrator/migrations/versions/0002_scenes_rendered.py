"""How many scenes of a job's film were drawn anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("scenes_rendered", sa.Integer, nullable=False, server_default="0"))
