"""since when an area is asked that was added later than its list

Revision: 0027
After: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('areas', sa.Column('begun_on', sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('areas') as batch_op:
        batch_op.drop_column('begun_on')
