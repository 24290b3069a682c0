"""lotteries: which district or commune is messaged in which wave, and a campaign's turn

Revision: 0020
After: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('lotteries',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('app_id', ID, nullable=False),
    sa.Column('level', sa.String(length=24), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('seed', sa.String(length=200), nullable=False),
    sa.Column('witnesses', sa.String(length=300), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('drawn_at', sa.BigInteger(), nullable=False),
    sa.Column('drawn_by_id', ID, nullable=False),
    sa.Column('abandoned_at', sa.BigInteger(), nullable=True),
    sa.Column('abandoned_by_id', ID, nullable=True),
    sa.Column('abandoned_reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['abandoned_by_id'], ['users.id'], name=op.f('fk_lotteries_abandoned_by_id_users')),
    sa.ForeignKeyConstraint(['app_id'], ['apps.id'], name=op.f('fk_lotteries_app_id_apps')),
    sa.ForeignKeyConstraint(['drawn_by_id'], ['users.id'], name=op.f('fk_lotteries_drawn_by_id_users')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_lotteries_organisation_id_organisations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lotteries'))
    )
    with op.batch_alter_table('lotteries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lotteries_app_id'), ['app_id'], unique=False)

    op.create_table('lottery_areas',
    sa.Column('lottery_id', ID, nullable=False),
    sa.Column('area_id', ID, nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_lottery_areas_area_id_areas')),
    sa.ForeignKeyConstraint(['lottery_id'], ['lotteries.id'], name=op.f('fk_lottery_areas_lottery_id_lotteries')),
    sa.PrimaryKeyConstraint('lottery_id', 'area_id', name=op.f('pk_lottery_areas'))
    )
    op.create_table('lottery_waves',
    sa.Column('lottery_id', ID, nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('begins_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['lottery_id'], ['lotteries.id'], name=op.f('fk_lottery_waves_lottery_id_lotteries')),
    sa.PrimaryKeyConstraint('lottery_id', 'number', name=op.f('pk_lottery_waves'))
    )
    op.create_table('lottery_units',
    sa.Column('lottery_id', ID, nullable=False),
    sa.Column('area_id', ID, nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('wave', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_lottery_units_area_id_areas')),
    sa.ForeignKeyConstraint(['lottery_id'], ['lotteries.id'], name=op.f('fk_lottery_units_lottery_id_lotteries')),
    sa.PrimaryKeyConstraint('lottery_id', 'area_id', name=op.f('pk_lottery_units'))
    )
    with op.batch_alter_table('campaigns', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lottery_id', ID, nullable=True))
        batch_op.add_column(sa.Column('lottery_wave', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_campaigns_lottery_id'), ['lottery_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_campaigns_lottery_id_lotteries'), 'lotteries', ['lottery_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('campaigns', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_campaigns_lottery_id_lotteries'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_campaigns_lottery_id'))
        batch_op.drop_column('lottery_wave')
        batch_op.drop_column('lottery_id')

    op.drop_table('lottery_units')
    op.drop_table('lottery_waves')
    op.drop_table('lottery_areas')
    with op.batch_alter_table('lotteries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lotteries_app_id'))

    op.drop_table('lotteries')
