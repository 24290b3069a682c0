"""when and over which routes an area's reporters are reminded; one reminder of a kind a day

Revision: 0023
After: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
OLD = 'uq_reminders_kind_due_at_person_id'
NEW = 'uq_reminders_kind_counts_on_person_id'


def upgrade() -> None:
    op.create_table('reminder_settings',
    sa.Column('area_id', ID, autoincrement=False, nullable=False),
    sa.Column('before', sa.Integer(), nullable=False),
    sa.Column('at_hour', sa.Boolean(), nullable=False),
    sa.Column('route_ids', sa.JSON(), nullable=False),
    sa.Column('set_at', sa.BigInteger(), nullable=False),
    sa.Column('set_by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_reminder_settings_area_id_areas')),
    sa.ForeignKeyConstraint(['set_by_id'], ['users.id'], name=op.f('fk_reminder_settings_set_by_id_users')),
    sa.PrimaryKeyConstraint('area_id', name=op.f('pk_reminder_settings'))
    )
    with op.batch_alter_table('reminders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('counts_on', sa.Date(), nullable=True))
    # Of two of a day, as an hour that was changed made them, the first is the one that counts.
    op.execute(
        "UPDATE reminders SET counts_on = day WHERE id IN (SELECT MIN(id) FROM reminders"
        " WHERE state <> 'skipped' GROUP BY kind, day, person_id)"
    )
    with op.batch_alter_table('reminders', schema=None) as batch_op:
        batch_op.drop_constraint(OLD, type_='unique')
        batch_op.create_unique_constraint(NEW, ['kind', 'counts_on', 'person_id'])
    _make_rounds('begins_at')


def downgrade() -> None:
    _make_rounds()
    op.execute(
        "DELETE FROM reminders WHERE state = 'skipped' AND id NOT IN (SELECT MIN(id) FROM reminders"
        " GROUP BY kind, due_at, person_id)"
    )
    with op.batch_alter_table('reminders', schema=None) as batch_op:
        batch_op.drop_constraint(NEW, type_='unique')
        batch_op.create_unique_constraint(OLD, ['kind', 'due_at', 'person_id'])
        batch_op.drop_column('counts_on')
    op.drop_table('reminder_settings')


def _make_rounds(*more: str) -> None:
    """Anew: rows of days that are over say nothing any more, and who was reminded today is not
    again."""
    op.drop_table('reminder_rounds')
    key = ('kind', 'due_at', *more)
    op.create_table('reminder_rounds',
    sa.Column('kind', sa.String(length=24), nullable=False),
    *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in key[1:]),
    sa.Column('reached', ID, nullable=False),
    sa.Column('done_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint(*key, name=op.f('pk_reminder_rounds'))
    )
