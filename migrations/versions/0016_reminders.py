"""reminders: who agreed to them, the outbox, how far its rounds have come

Revision: 0016
After: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('reminder_agreements',
    sa.Column('person_id', ID, autoincrement=False, nullable=False),
    sa.Column('way', sa.String(length=24), nullable=False),
    sa.Column('number_id', ID, nullable=True),
    sa.Column('agreed_at', sa.BigInteger(), nullable=False),
    sa.Column('withdrawn_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['number_id'], ['numbers.id'], name=op.f('fk_reminder_agreements_number_id_numbers')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_reminder_agreements_person_id_users')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_reminder_agreements'))
    )
    op.create_table('reminder_rounds',
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('due_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('reached', ID, nullable=False),
    sa.Column('done_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('kind', 'due_at', name=op.f('pk_reminder_rounds'))
    )
    op.create_table('reminders',
    sa.Column('id', ID, nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('area_id', ID, nullable=False),
    sa.Column('what', sa.String(length=24), nullable=False),
    sa.Column('app_ids', sa.Text(), nullable=False),
    sa.Column('way', sa.String(length=24), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('words', sa.String(length=255), nullable=True),
    sa.Column('asked_at', sa.BigInteger(), nullable=False),
    sa.Column('asked_by_id', ID, nullable=True),
    sa.Column('lapses_at', sa.BigInteger(), nullable=False),
    sa.Column('owner', sa.String(length=80), nullable=True),
    sa.Column('taken_at', sa.BigInteger(), nullable=True),
    sa.Column('answered_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_reminders_area_id_areas')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['users.id'], name=op.f('fk_reminders_asked_by_id_users')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_reminders_person_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminders')),
    sa.UniqueConstraint('kind', 'due_at', 'person_id', name=op.f('uq_reminders_kind_due_at_person_id'))
    )
    with op.batch_alter_table('reminders', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reminders_person_id_day'), ['person_id', 'day'], unique=False)
        batch_op.create_index(batch_op.f('ix_reminders_state_id'), ['state', 'id'], unique=False)

    with op.batch_alter_table('test_sends', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reminder_id', ID, nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_test_sends_reminder_id'), ['reminder_id'])
        batch_op.create_foreign_key(batch_op.f('fk_test_sends_reminder_id_reminders'), 'reminders', ['reminder_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('test_sends', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_test_sends_reminder_id_reminders'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_test_sends_reminder_id'), type_='unique')
        batch_op.drop_column('reminder_id')

    op.drop_table('reminders')
    op.drop_table('reminder_rounds')
    op.drop_table('reminder_agreements')
