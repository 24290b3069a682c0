"""the letter a target comes from, as its file

Revision: 0025
After: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('target_letters',
    sa.Column('id', ID, nullable=False),
    sa.Column('target_id', ID, nullable=False),
    sa.Column('filename', sa.String(length=200), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('uploaded_at', sa.BigInteger(), nullable=False),
    sa.Column('uploaded_by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['target_id'], ['targets.id'], name=op.f('fk_target_letters_target_id_targets')),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['users.id'], name=op.f('fk_target_letters_uploaded_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_target_letters'))
    )
    op.create_index(op.f('ix_target_letters_target_id'), 'target_letters', ['target_id'], unique=False)


def downgrade() -> None:
    op.drop_table('target_letters')
