"""The audit log is asked what HR's feeds did: its events by action in order, and those of one call or one import.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ASKED = sa.text("request_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_audit_event_action", "audit_event")
    op.create_index("ix_audit_event_action", "audit_event", ["action", "seq"])
    op.create_index(
        "ix_audit_event_request", "audit_event", ["request_id", "seq"], sqlite_where=_ASKED, postgresql_where=_ASKED
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_request", "audit_event")
    op.drop_index("ix_audit_event_action", "audit_event")
    op.create_index("ix_audit_event_action", "audit_event", ["action"])
