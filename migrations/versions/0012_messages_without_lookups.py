"""messages: two foreign keys of six, and room on their pages for what changes

Revision: 0012
After: 0011
"""

from alembic import op
from sqlalchemy import text

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

GONE = {'campaign_id': 'campaigns', 'number_id': 'numbers', 'area_id': 'areas', 'route_id': 'routes'}
ROOM = {'messages': 50, 'attempts': 80}


def upgrade() -> None:
    with op.batch_alter_table('messages', schema=None) as batch_op:
        for column, table in GONE.items():
            batch_op.drop_constraint(f'fk_messages_{column}_{table}', type_='foreignkey')
    for table, percent in _room():
        op.execute(text(f'ALTER TABLE {table} SET (fillfactor = {percent})'))


def downgrade() -> None:
    for table, _percent in _room():
        op.execute(text(f'ALTER TABLE {table} RESET (fillfactor)'))
    with op.batch_alter_table('messages', schema=None) as batch_op:
        for column, table in GONE.items():
            batch_op.create_foreign_key(f'fk_messages_{column}_{table}', table, [column], ['id'])


def _room() -> list[tuple[str, int]]:
    """Only PostgreSQL keeps rows on pages it can leave room on."""
    return [] if op.get_bind().dialect.name == 'sqlite' else list(ROOM.items())
