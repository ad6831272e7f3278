"""How Alembic runs the migrations: on the engine it was given, in one transaction."""

from alembic import context
from sqlalchemy import Engine

_engine = context.config.attributes["engine"]
if not isinstance(_engine, Engine):
    raise TypeError("the migrations want an engine")
with _engine.connect() as _connection:
    context.configure(connection=_connection)
    with context.begin_transaction():
        context.run_migrations()
