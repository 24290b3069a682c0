"""what teams did from door to door, by commune and day

Revision: 0019
After: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('field_visits',
    sa.Column('id', ID, nullable=False),
    sa.Column('area_id', ID, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('households', sa.Integer(), nullable=False),
    sa.Column('helped', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('entered_at', sa.BigInteger(), nullable=False),
    sa.Column('entered_by_id', ID, nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_field_visits_area_id_areas')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['users.id'], name=op.f('fk_field_visits_entered_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_visits')),
    sa.UniqueConstraint('area_id', 'day', 'edition', name=op.f('uq_field_visits_area_id_day_edition'))
    )


def downgrade() -> None:
    op.drop_table('field_visits')
