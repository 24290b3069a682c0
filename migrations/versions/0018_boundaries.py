"""boundaries of areas: uploads and outlines

Revision: 0018
After: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('boundary_uploads',
    sa.Column('id', ID, nullable=False),
    sa.Column('area_id', ID, nullable=True),
    sa.Column('area_list', sa.Integer(), nullable=False),
    sa.Column('level', sa.String(length=24), nullable=False),
    sa.Column('filename', sa.String(length=120), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('features', sa.Integer(), nullable=False),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.Column('rejected', sa.Text(), nullable=False),
    sa.Column('uploaded_at', sa.BigInteger(), nullable=False),
    sa.Column('uploaded_by_id', ID, nullable=False),
    sa.Column('withdrawn_at', sa.BigInteger(), nullable=True),
    sa.Column('withdrawn_by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_boundary_uploads_area_id_areas')),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['users.id'], name=op.f('fk_boundary_uploads_uploaded_by_id_users')),
    sa.ForeignKeyConstraint(['withdrawn_by_id'], ['users.id'], name=op.f('fk_boundary_uploads_withdrawn_by_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_boundary_uploads'))
    )
    op.create_table('outlines',
    sa.Column('area_id', ID, nullable=False),
    sa.Column('upload_id', ID, nullable=False),
    sa.Column('rings', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['areas.id'], name=op.f('fk_outlines_area_id_areas'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['upload_id'], ['boundary_uploads.id'], name=op.f('fk_outlines_upload_id_boundary_uploads')),
    sa.PrimaryKeyConstraint('area_id', 'upload_id', name=op.f('pk_outlines'))
    )


def downgrade() -> None:
    op.drop_table('outlines')
    op.drop_table('boundary_uploads')
