"""figures stand in the index they are found by, where the database can hold them there

Revision: 0024
After: 0023
"""

from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

NAME = 'uq_uptake_reports_app_id_area_id_day_edition'
KEY = 'UNIQUE (app_id, area_id, day, edition)'


def upgrade() -> None:
    _make_anew(f'{KEY} INCLUDE (installs)')


def downgrade() -> None:
    _make_anew(KEY)


def _make_anew(key: str) -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f'ALTER TABLE uptake_reports DROP CONSTRAINT {NAME}, ADD CONSTRAINT {NAME} {key}')
