"""The extras of pyproject.toml: software that only some settings need."""


def installing(extra: str) -> str:
    """How to install one: by the bootstrap, or by pip."""
    return f"PAPERWATCH_EXTRAS={extra} ./paperwatch --version (or: pip install 'paperwatch[{extra}]')"
