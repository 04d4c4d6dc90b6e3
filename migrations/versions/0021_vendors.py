"""Vendors, what is known of tools and their assessments; which accounts use which tools; research and where it is cited.

Revision ID: 0021
Revises: 0020
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_PROPOSED = sa.text("state = 'proposed'")
_COUNTS = sa.text("state <> 'proposed' AND superseded_at IS NULL")


def _resource(table: str) -> list[sa.Column[Any] | sa.PrimaryKeyConstraint]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    _vendors()
    op.create_table(
        "account_tool",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        _refers("account_tool", "account_id", "account"),
        _refers("account_tool", "tool_id", "publishing_tool"),
        sa.PrimaryKeyConstraint("account_id", "tool_id", name=op.f("pk_account_tool")),
    )
    op.create_index(op.f("ix_account_tool_tool_id"), "account_tool", ["tool_id"])
    _research()


def _vendors() -> None:
    op.create_table(
        "vendor",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("contract_ends_on", sa.Date(), nullable=True),
        *_resource("vendor"),
        sa.UniqueConstraint("key", name=op.f("uq_vendor_key")),
    )
    op.create_table(
        "tool_profile",
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        _refers("tool_profile", "tool_id", "publishing_tool"),
        _refers("tool_profile", "vendor_id", "vendor"),
        sa.PrimaryKeyConstraint("tool_id", name=op.f("pk_tool_profile")),
    )
    op.create_index(op.f("ix_tool_profile_vendor_id"), "tool_profile", ["vendor_id"])
    op.create_table(
        "assessment",
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("valid_until", _INSTANT, nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("superseded_at", _INSTANT, nullable=True),
        *_resource("assessment"),
        _refers("assessment", "tool_id", "publishing_tool"),
        _refers("assessment", "proposed_by", "employee"),
        _refers("assessment", "decided_by", "employee"),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'refused')", name=op.f("ck_assessment_state")),
    )
    op.create_index(op.f("ix_assessment_tool_id"), "assessment", ["tool_id"])
    for name, where in (("uq_assessment_proposed", _PROPOSED), ("uq_assessment_counts", _COUNTS)):
        op.create_index(
            name, "assessment", ["tool_id"], unique=True, sqlite_where=where, postgresql_where=where
        )  # fmt: skip


def _research() -> None:
    op.create_table(
        "finding",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdraw_reason", sa.Text(), nullable=True),
        *_resource("finding"),
        _refers("finding", "recorded_by", "employee"),
        _refers("finding", "withdrawn_by", "employee"),
    )
    op.create_table(
        "finding_tag",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        _refers("finding_tag", "finding_id", "finding"),
        sa.PrimaryKeyConstraint("finding_id", "kind", "value", name=op.f("pk_finding_tag")),
        sa.CheckConstraint("kind IN ('business_unit', 'network', 'function')", name=op.f("ck_finding_tag_kind")),
    )
    op.create_index("ix_finding_tag_value", "finding_tag", ["kind", "value"])
    op.create_table(
        "citation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("cited_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        _refers("citation", "finding_id", "finding"),
        _refers("citation", "cited_by", "employee"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citation")),
        sa.UniqueConstraint("finding_id", "subject_kind", "subject_id", name="uq_citation_once"),
        sa.CheckConstraint(
            "subject_kind IN ('assessment', 'governance_setting', 'policy_version', 'strategy')",
            name=op.f("ck_citation_subject_kind"),
        ),
    )
    op.create_index("ix_citation_subject", "citation", ["subject_kind", "subject_id"])


def downgrade() -> None:
    for table in ("citation", "finding_tag", "finding", "account_tool", "assessment", "tool_profile", "vendor"):
        op.drop_table(table)
