"""messages in doubt as rows, people not reached counted by reason

Revision: 0005
After: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0002'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
STATE = sa.String(length=24)


def upgrade() -> None:
    op.create_table('messages_in_doubt',
    sa.Column('message_id', BIG, autoincrement=False, nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_messages_in_doubt_message_id_messages')),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_messages_in_doubt'))
    )
    op.create_index('ix_messages_in_doubt_order', 'messages_in_doubt', ['campaign_id', 'reason', 'message_id'])
    op.create_table('reason_counts',
    sa.Column('state', STATE, nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('route_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('messages', sa.Integer(), nullable=False),
    sa.Column('segments', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('state', 'campaign_id', 'route_id', 'reason', name=op.f('pk_reason_counts'))
    )
    op.create_table('reason_deltas',
    sa.Column('id', BIG, nullable=False),
    sa.Column('state', STATE, nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('route_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('messages', sa.Integer(), nullable=False),
    sa.Column('segments', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reason_deltas'))
    )
    # What an installation has carried before.
    op.execute(
        "INSERT INTO messages_in_doubt (message_id, campaign_id, reason, since) SELECT id, campaign_id,"
        " COALESCE(reason, ''), changed_at FROM messages WHERE state = 'in_doubt'"
    )
    op.execute(
        "INSERT INTO reason_counts (state, campaign_id, route_id, reason, messages, segments) SELECT"
        " state, campaign_id, route_id, COALESCE(reason, ''), COUNT(*), SUM(segments) FROM messages"
        " WHERE state IN ('undelivered', 'rejected', 'carrier_expired', 'in_doubt', 'cancelled',"
        " 'expired') GROUP BY state, campaign_id, route_id, COALESCE(reason, '')"
    )


def downgrade() -> None:
    op.drop_table('reason_deltas')
    op.drop_table('reason_counts')
    op.drop_table('messages_in_doubt')
