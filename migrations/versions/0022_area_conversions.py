"""conversions of areas: each file that said what areas became, kept whole, so that one can be taken
back; what was recorded already stands as a conversion for each time it was

Revision: 0022
After: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0020'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('area_conversions',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('old_list', sa.Integer(), nullable=False),
    sa.Column('new_list', sa.Integer(), nullable=False),
    sa.Column('entered_at', sa.BigInteger(), nullable=False),
    sa.Column('entered_by_id', ID, nullable=True),
    sa.Column('taken_back_at', sa.BigInteger(), nullable=True),
    sa.Column('taken_back_by_id', ID, nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['entered_by_id'], ['users.id'], name=op.f('fk_area_conversions_entered_by_id_users')),
    sa.ForeignKeyConstraint(['taken_back_by_id'], ['users.id'], name=op.f('fk_area_conversions_taken_back_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area_conversions'))
    )
    op.create_table('area_conversion_rows',
    sa.Column('id', ID, nullable=False),
    sa.Column('conversion_id', ID, nullable=False),
    sa.Column('old_id', ID, nullable=False),
    sa.Column('new_id', ID, nullable=False),
    sa.Column('share', sa.Integer(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['conversion_id'], ['area_conversions.id'], name=op.f('fk_area_conversion_rows_conversion_id_area_conversions')),
    sa.ForeignKeyConstraint(['new_id'], ['areas.id'], name=op.f('fk_area_conversion_rows_new_id_areas')),
    sa.ForeignKeyConstraint(['old_id'], ['areas.id'], name=op.f('fk_area_conversion_rows_old_id_areas')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area_conversion_rows'))
    )
    with op.batch_alter_table('area_conversion_rows', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_area_conversion_rows_conversion_id'), ['conversion_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_area_conversion_rows_new_id_old_id'), ['new_id', 'old_id'], unique=False)

    # What one file said was entered at one moment; how it was called stands in the audit trail only.
    op.execute("INSERT INTO area_conversions (name, old_list, new_list, entered_at, entered_by_id, reason)"
               " SELECT '', MIN(o.area_list), MIN(n.area_list), c.entered_at, c.entered_by_id, ''"
               " FROM area_changes c JOIN areas o ON o.id = c.old_id JOIN areas n ON n.id = c.new_id"
               " GROUP BY c.entered_at, c.entered_by_id ORDER BY c.entered_at")
    op.execute("INSERT INTO area_conversion_rows (conversion_id, old_id, new_id, share, day, source)"
               " SELECT v.id, c.old_id, c.new_id, c.share, c.day, c.source"
               " FROM area_changes c JOIN area_conversions v ON v.entered_at = c.entered_at"
               " AND COALESCE(v.entered_by_id, 0) = COALESCE(c.entered_by_id, 0) ORDER BY c.id")


def downgrade() -> None:
    op.drop_table('area_conversion_rows')
    op.drop_table('area_conversions')
