"""Short names for the column types that migrations use."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

TEXT = sa.String()
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
