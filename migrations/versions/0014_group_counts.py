"""how many people a target's group has, and how many of them have the app

Revision: 0014
After: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('group_counts',
    sa.Column('id', ID, nullable=False),
    sa.Column('target_id', ID, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('installed', sa.Integer(), nullable=True),
    sa.Column('source', sa.String(length=120), nullable=False),
    sa.Column('counted_at', sa.BigInteger(), nullable=False),
    sa.Column('counted_by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['counted_by_id'], ['users.id'], name=op.f('fk_group_counts_counted_by_id_users')),
    sa.ForeignKeyConstraint(['target_id'], ['targets.id'], name=op.f('fk_group_counts_target_id_targets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_counts'))
    )
    with op.batch_alter_table('group_counts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_counts_target_id'), ['target_id'], unique=False)


def downgrade() -> None:
    op.drop_table('group_counts')
