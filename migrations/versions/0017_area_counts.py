"""counts of an area's people and smartphone users over time, what was known being the first of each;
what areas became

Revision: 0017
After: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('area_counts',
    sa.Column('id', ID, nullable=False),
    sa.Column('area_id', ID, nullable=False),
    sa.Column('denominator', sa.String(length=24), nullable=False),
    sa.Column('value', sa.Integer(), nullable=True),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('letter', sa.String(length=60), nullable=False),
    sa.Column('counted_on', sa.Date(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('entered_at', sa.BigInteger(), nullable=True),
    sa.Column('entered_by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_area_counts_area_id_areas'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['entered_by_id'], ['users.id'], name=op.f('fk_area_counts_entered_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area_counts'))
    )
    with op.batch_alter_table('area_counts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_area_counts_denominator_valid_from'), ['denominator', 'valid_from'], unique=False)
        batch_op.create_index(batch_op.f('ix_area_counts_area_id'), ['area_id'], unique=False)

    with op.batch_alter_table('areas', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ended_on', sa.Date(), nullable=True))

    op.create_table('area_changes',
    sa.Column('id', ID, nullable=False),
    sa.Column('old_id', ID, nullable=False),
    sa.Column('new_id', ID, nullable=False),
    sa.Column('share', sa.Integer(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('entered_at', sa.BigInteger(), nullable=False),
    sa.Column('entered_by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['entered_by_id'], ['users.id'], name=op.f('fk_area_changes_entered_by_id_users')),
    sa.ForeignKeyConstraint(['new_id'], ['areas.id'], name=op.f('fk_area_changes_new_id_areas')),
    sa.ForeignKeyConstraint(['old_id'], ['areas.id'], name=op.f('fk_area_changes_old_id_areas')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area_changes')),
    sa.UniqueConstraint('new_id', 'old_id', name=op.f('uq_area_changes_new_id_old_id'))
    )
    with op.batch_alter_table('area_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_area_changes_old_id'), ['old_id'], unique=False)

    # When and by whom they were entered nobody knows any more.
    into = "INSERT INTO area_counts (area_id, denominator, value, source, letter, counted_on, valid_from)"
    op.execute(f"{into} SELECT id, 'population', population, COALESCE(population_source, ''), '',"
               " population_on, population_on FROM areas WHERE population IS NOT NULL ORDER BY id")
    op.execute(f"{into} SELECT id, 'smartphone_users', smartphone_users, '', '', NULL, NULL"
               " FROM areas WHERE smartphone_users IS NOT NULL ORDER BY id")


def downgrade() -> None:
    op.drop_table('area_changes')
    op.drop_table('area_counts')
    with op.batch_alter_table('areas', schema=None) as batch_op:
        batch_op.drop_column('ended_on')
