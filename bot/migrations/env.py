"""Run by Alembic: applies the steps on the connection that `store.engine.migrate` opened and locked."""

from alembic import context

from bot.models import metadata


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The full-text index has tables of its own that no model describes."""
    return kind != "table" or not (name or "").startswith("paper_fts")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    include_name=_is_ours,
)
with context.begin_transaction():
    context.run_migrations()
