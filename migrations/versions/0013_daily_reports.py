"""daily reports: editions, letterheads, forms

Revision: 0013
After: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('report_forms',
    sa.Column('id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('filename', sa.String(length=200), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('uploaded_at', sa.BigInteger(), nullable=False),
    sa.Column('uploaded_by_id', BIG, nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_report_forms_organisation_id_organisations')),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['users.id'], name=op.f('fk_report_forms_uploaded_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_forms'))
    )
    op.create_table('letterheads',
    sa.Column('organisation_id', BIG, autoincrement=False, nullable=False),
    sa.Column('superior', sa.Text(), nullable=False),
    sa.Column('agency', sa.String(length=160), nullable=False),
    sa.Column('symbol', sa.String(length=160), nullable=False),
    sa.Column('place', sa.String(length=160), nullable=False),
    sa.Column('addressed', sa.Text(), nullable=False),
    sa.Column('recipients', sa.Text(), nullable=False),
    sa.Column('signer_title', sa.String(length=160), nullable=False),
    sa.Column('signer', sa.String(length=160), nullable=False),
    sa.Column('form_id', BIG, nullable=True),
    sa.ForeignKeyConstraint(['form_id'], ['report_forms.id'], name=op.f('fk_letterheads_form_id_report_forms')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_letterheads_organisation_id_organisations')),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('pk_letterheads'))
    )
    op.create_table('daily_reports',
    sa.Column('id', BIG, nullable=False),
    sa.Column('area_id', BIG, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('organisation_id', BIG, nullable=True),
    sa.Column('form_id', BIG, nullable=True),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('issued_at', sa.BigInteger(), nullable=False),
    sa.Column('issued_by_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_daily_reports_area_id_areas')),
    sa.ForeignKeyConstraint(['form_id'], ['report_forms.id'], name=op.f('fk_daily_reports_form_id_report_forms')),
    sa.ForeignKeyConstraint(['issued_by_id'], ['users.id'], name=op.f('fk_daily_reports_issued_by_id_users')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_daily_reports_organisation_id_organisations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_daily_reports')),
    sa.UniqueConstraint('area_id', 'day', 'edition', name=op.f('uq_daily_reports_area_id_day_edition'))
    )


def downgrade() -> None:
    op.drop_table('daily_reports')
    op.drop_table('letterheads')
    op.drop_table('report_forms')
