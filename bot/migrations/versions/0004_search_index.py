"""The full-text index holds words as queries ask for them. The program fills it when it is opened."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("delete from paper_fts")
        return
    op.execute("drop table paper_fts")
    # `ascii` folds nothing but A-Z, and takes everything beyond ASCII for a part of a word. The text is kept, so that
    # a paper's old words can be taken out whatever made them.
    op.execute(
        "create virtual table paper_fts using fts5(title, abstract, facts, tokenize=\"ascii tokenchars '.+#~=/_'\")"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.execute("drop table paper_fts")
        op.execute("create virtual table paper_fts using fts5(title, abstract, content='', detail=column)")
