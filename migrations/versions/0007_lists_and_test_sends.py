"""lists expire, people who were not messaged lately, test sends

Revision: 0007
After: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0005'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('subscriber_lists', schema=None) as batch_op:
        batch_op.add_column(sa.Column('expires_on', sa.Date(), nullable=True))

    with op.batch_alter_table('subscribers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subscribers_list_id_id'), ['list_id', 'id'], unique=False)

    with op.batch_alter_table('campaigns', schema=None) as batch_op:
        batch_op.add_column(sa.Column('not_messaged_days', sa.Integer(), server_default='0', nullable=False))

    op.create_table('own_numbers',
    sa.Column('person_id', ID, autoincrement=False, nullable=False),
    sa.Column('number_id', ID, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['number_id'], ['numbers.id'], name=op.f('fk_own_numbers_number_id_numbers')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_own_numbers_person_id_users')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_own_numbers'))
    )
    op.create_table('test_sends',
    sa.Column('id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('route_id', ID, nullable=False),
    sa.Column('campaign_id', ID, nullable=True),
    sa.Column('number_id', ID, nullable=False),
    sa.Column('sender', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('segments', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('asked_at', sa.BigInteger(), nullable=False),
    sa.Column('lapses_at', sa.BigInteger(), nullable=False),
    sa.Column('owner', sa.String(length=80), nullable=True),
    sa.Column('taken_at', sa.BigInteger(), nullable=True),
    sa.Column('answered_at', sa.BigInteger(), nullable=True),
    sa.Column('carrier_ids', sa.Text(), nullable=False),
    sa.Column('receipts', sa.Text(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=True),
    sa.Column('words', sa.String(length=255), nullable=True),
    sa.Column('receipt_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_test_sends_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['number_id'], ['numbers.id'], name=op.f('fk_test_sends_number_id_numbers')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_test_sends_person_id_users')),
    sa.ForeignKeyConstraint(['route_id'], ['routes.id'], name=op.f('fk_test_sends_route_id_routes')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_test_sends'))
    )
    with op.batch_alter_table('test_sends', schema=None) as batch_op:
        batch_op.create_index('ix_test_sends_due', ['route_id', 'state', 'asked_at'], unique=False)
        batch_op.create_index('ix_test_sends_person', ['person_id', 'asked_at'], unique=False)


def downgrade() -> None:
    op.drop_table('test_sends')
    op.drop_table('own_numbers')
    with op.batch_alter_table('campaigns', schema=None) as batch_op:
        batch_op.drop_column('not_messaged_days')

    with op.batch_alter_table('subscribers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_subscribers_list_id_id'))

    with op.batch_alter_table('subscriber_lists', schema=None) as batch_op:
        batch_op.drop_column('expires_on')
