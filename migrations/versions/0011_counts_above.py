"""counts added up by what their areas lie in; subscribers counted by area

Revision: 0011
After: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

ABOVE = ('COALESCE(p.id, f.area_id)', 'COALESCE(g.id, p.id, f.area_id)', '0')


def upgrade() -> None:
    op.create_table('counts_above',
    sa.Column('height', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('route_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('messages', sa.Integer(), nullable=False),
    sa.Column('segments', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('height', 'campaign_id', 'area_id', 'route_id', 'state', name=op.f('pk_counts_above'))
    )
    with op.batch_alter_table('subscribers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subscribers_area_id_organisation_id_group_bits'), ['area_id', 'organisation_id', 'group_bits'], unique=False)

    for height, place in enumerate(ABOVE, start=1):
        op.execute(
            "INSERT INTO counts_above (height, campaign_id, area_id, route_id, state, messages, segments)"
            f" SELECT {height}, f.campaign_id, {place}, f.route_id, f.state, SUM(f.messages), SUM(f.segments)"
            " FROM counts f LEFT JOIN areas a ON a.id = f.area_id LEFT JOIN areas p ON p.id = a.parent_id"
            " LEFT JOIN areas g ON g.id = p.parent_id GROUP BY 2, 3, 4, 5"
        )


def downgrade() -> None:
    with op.batch_alter_table('subscribers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_subscribers_area_id_organisation_id_group_bits'))

    op.drop_table('counts_above')
