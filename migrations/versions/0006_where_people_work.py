"""Where people work, as it is searched: whatever the case.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from app.kernel.text import key_of

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("employee", sa.Column("location_key", sa.String()))
    names = ("location", "location_key")
    person = sa.table("employee", sa.column("id", sa.Uuid), *(sa.column(name) for name in names))
    bind, located = op.get_bind(), person.c.location.is_not(None)
    told = sa.select(person.c.id, person.c.location).where(located).order_by(person.c.id).limit(500)
    fill = sa.update(person).where(person.c.id == sa.bindparam("this")).values(location_key=sa.bindparam("key"))
    part = bind.execute(told).all()
    while part:  # in parts, since there may be many people
        bind.execute(fill, [{"this": one.id, "key": key_of(one.location)} for one in part])
        part = bind.execute(told.where(person.c.id > part[-1].id)).all()


def downgrade() -> None:
    op.drop_column("employee", "location_key")
