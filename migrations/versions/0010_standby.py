"""routes that stand by for others, what was handed to them, when a route was last reached; what a
carrier was asked

Revision: 0010
After: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('carrier_queries',
    sa.Column('message_id', ID, autoincrement=False, nullable=False),
    sa.Column('asked', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_carrier_queries_message_id_messages')),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_carrier_queries'))
    )
    with op.batch_alter_table('routes', schema=None) as batch_op:
        batch_op.add_column(sa.Column('standby_id', ID, nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_routes_standby_id_routes'), 'routes', ['standby_id'], ['id'])

    with op.batch_alter_table('route_status', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reached_at', sa.BigInteger(), nullable=True))

    with op.batch_alter_table('campaign_routes', schema=None) as batch_op:
        batch_op.add_column(sa.Column('standby_id', ID, nullable=True))
        batch_op.add_column(sa.Column('handed_over', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('handed_over_at', sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_campaign_routes_standby_id_routes'), 'routes', ['standby_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('campaign_routes', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_campaign_routes_standby_id_routes'), type_='foreignkey')
        batch_op.drop_column('handed_over_at')
        batch_op.drop_column('handed_over')
        batch_op.drop_column('standby_id')

    with op.batch_alter_table('route_status', schema=None) as batch_op:
        batch_op.drop_column('reached_at')

    with op.batch_alter_table('routes', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_routes_standby_id_routes'), type_='foreignkey')
        batch_op.drop_column('standby_id')

    op.drop_table('carrier_queries')
