"""reports by SMS: confirmed numbers, the texts, their answers; tokens of programs and their calls;
layouts of files of figures

Revision: 0015
After: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('own_numbers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confirmed_at', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('confirmed_by_id', ID, nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_own_numbers_confirmed_by_id_users'), 'users', ['confirmed_by_id'], ['id'])

    op.create_table('sms_reports',
    sa.Column('id', ID, nullable=False),
    sa.Column('route_id', ID, nullable=False),
    sa.Column('number_id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.ForeignKeyConstraint(['number_id'], ['numbers.id'], name=op.f('fk_sms_reports_number_id_numbers')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_sms_reports_person_id_users')),
    sa.ForeignKeyConstraint(['route_id'], ['routes.id'], name=op.f('fk_sms_reports_route_id_routes')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sms_reports'))
    )
    with op.batch_alter_table('sms_reports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sms_reports_number_id_received_at'), ['number_id', 'received_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_sms_reports_state_id'), ['state', 'id'], unique=False)

    op.create_table('report_strangers',
    sa.Column('route_id', ID, autoincrement=False, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('texts', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['route_id'], ['routes.id'], name=op.f('fk_report_strangers_route_id_routes')),
    sa.PrimaryKeyConstraint('route_id', 'day', name=op.f('pk_report_strangers'))
    )
    with op.batch_alter_table('test_sends', schema=None) as batch_op:
        batch_op.add_column(sa.Column('answers_id', ID, nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_test_sends_answers_id'), ['answers_id'])
        batch_op.create_foreign_key(batch_op.f('fk_test_sends_answers_id_sms_reports'), 'sms_reports', ['answers_id'], ['id'])

    op.create_table('api_tokens',
    sa.Column('id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('created_by_id', ID, nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_api_tokens_created_by_id_users')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_api_tokens_person_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_tokens_token_hash'))
    )
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_tokens_person_id'), ['person_id'], unique=False)

    op.create_table('api_calls',
    sa.Column('id', ID, nullable=False),
    sa.Column('token_id', ID, nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('import_id', ID, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['uptake_imports.id'], name=op.f('fk_api_calls_import_id_uptake_imports')),
    sa.ForeignKeyConstraint(['token_id'], ['api_tokens.id'], name=op.f('fk_api_calls_token_id_api_tokens')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_calls')),
    sa.UniqueConstraint('token_id', 'key', name=op.f('uq_api_calls_token_id_key'))
    )
    op.create_table('figure_layouts',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('columns', sa.Text(), nullable=False),
    sa.Column('mapping', sa.Text(), nullable=False),
    sa.Column('saved_by_id', ID, nullable=False),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_figure_layouts_organisation_id_organisations')),
    sa.ForeignKeyConstraint(['saved_by_id'], ['users.id'], name=op.f('fk_figure_layouts_saved_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_figure_layouts')),
    sa.UniqueConstraint('organisation_id', 'name', name=op.f('uq_figure_layouts_organisation_id_name'))
    )


def downgrade() -> None:
    op.drop_table('figure_layouts')
    op.drop_table('api_calls')
    op.drop_table('api_tokens')
    with op.batch_alter_table('test_sends', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_test_sends_answers_id_sms_reports'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_test_sends_answers_id'), type_='unique')
        batch_op.drop_column('answers_id')

    op.drop_table('report_strangers')
    op.drop_table('sms_reports')
    with op.batch_alter_table('own_numbers', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_own_numbers_confirmed_by_id_users'), type_='foreignkey')
        batch_op.drop_column('confirmed_by_id')
        batch_op.drop_column('confirmed_at')
