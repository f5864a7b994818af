"""
Text that may hold anything, made safe for Markdown and for HTML.

Conventions: what comes out is one line.
"""

import re

_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], " ")


def one_line(text: str) -> str:
    """Text without line breaks and control characters."""
    return " ".join(text.translate(_CONTROLS).split())


def escape_markdown(text: str) -> str:
    """Text on one line that means nothing to Markdown, wherever it is put."""
    escaped = re.sub(r"([\\`*_\[\]<>&|#~$])", r"\\\1", one_line(text))
    # A bullet, an underline or a numbered item can only begin at the beginning.
    return re.sub(r"^(\d*)([-+=]|[.)](?!\S))", r"\1\\\2", escaped)


def escape_html(text: str) -> str:
    """Text on one line that means nothing to HTML, between tags or in an attribute."""
    import html  # here, since its table of entities would slow `import loyalkit`

    return html.escape(one_line(text))
