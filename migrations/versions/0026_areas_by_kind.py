"""areas are found by their kind: the schools of a district

Revision: 0026
After: 0025
"""

from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_areas_kind', 'areas', ['kind'])


def downgrade() -> None:
    op.drop_index('ix_areas_kind', 'areas')
