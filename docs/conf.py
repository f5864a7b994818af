"""How Sphinx builds the documentation, without network."""

from enum import Enum
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

import loyalkit

logger = logging.getLogger(__name__)

project = "loyalkit"
author = "the loyalkit developers"
copyright = f"2026, {author}"
release = version = loyalkit.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_nb"]
# What was measured is part of the page on performance.
exclude_patterns = ["_build", "**/.ipynb_checkpoints", "explanation/measured.md"]
templates_path = ["_templates"]

nitpicky = True
# The network is not asked where other projects document their names.
nitpick_ignore_regex = [(r"py:.*", r"(?!loyalkit).*\..*")]

html_theme = "pydata_sphinx_theme"
html_title = f"loyalkit {release}"
html_theme_options = {"navigation_with_keys": False, "show_prev_next": False}
html_copy_source = False
html_math_renderer = "mathml"

# A page shows what its module gives to the top level.
autosummary_context = {"public": loyalkit.__all__}
# Types are told in words under Parameters; array_like spelt out would fill a screen.
autodoc_typehints = "none"
add_module_names = False

numpydoc_show_class_members = False
numpydoc_validation_checks = {
    "all",  # but not:
    "ES01",  # an extended summary, where the summary says it all
    "EX01",  # examples for every property
    "GL01",  # summaries of one line stand on the line of their quotes
    "GL02",
    "GL08",  # type aliases and constants have no docstring that Python knows of
    "RT02",  # what is returned has a name where the name tells more than its type
    "SA01",  # see also, where there is nothing to see
    "SS05",  # what is named for its result is described by its result
    "YD01",
}
# Labels, and classes made by their class methods, document no parameters at all.
numpydoc_validation_overrides = {
    "PR01": [r"(?s)\A(?!.*Parameters\n)"],
    "SS03": [r"\AAlias for field number"],  # fields of a named tuple
}

myst_enable_extensions = ["deflist", "dollarmath"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True


def show_labels(
    app: Sphinx, what: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """List the members of an enumeration, although they have no docstring."""
    return False if isinstance(member, Enum) else None


def hide_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, args: str, returned: str
) -> tuple[str | None, str | None] | None:
    """Hide what a constant, or a class that its class methods make, would be called with."""
    if what == "data":
        return None, None
    made_by_class_methods = what == "class" and "Parameters\n" not in (obj.__doc__ or "")
    return ("", "") if made_by_class_methods else None


def find_where_it_is_defined(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Lead `NpsCounts` and `loyalkit.NpsCounts` to the page of the module that defines it."""
    python = env.domains.python_domain
    for module in python.modules:
        target = f"{module}.{node['reftarget'].removeprefix('loyalkit.')}"
        if target in python.objects:
            return python.resolve_xref(
                env, node["refdoc"], app.builder, "obj", target, node, content
            )
    return None


def miss_no_name(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of a public name that no page of the reference shows."""
    shown = {name.rpartition(".")[2] for name in env.domains.python_domain.objects}
    for name in sorted({*loyalkit.__all__} - {"__version__"} - shown):
        logger.warning("%s is public, but no page of docs/reference shows it", name)


def write_mathml(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Turn a formula into MathML, which browsers show without a script."""
    block = isinstance(node, nodes.math_block)
    try:
        formula = tex2mathml(node.astext().replace(r"\dots", r"\ldots"), as_block=block)
    except MathError as error:
        logger.warning("%s in %s", error, node.astext(), location=node)
        raise nodes.SkipNode from error
    translator.body.append(f"<p>{formula}</p>" if block else formula)
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the functions above."""
    app.connect("autodoc-skip-member", show_labels)
    app.connect("autodoc-process-signature", hide_signature, priority=400)  # before numpydoc
    app.connect("env-check-consistency", miss_no_name)
    app.connect("missing-reference", find_where_it_is_defined)
    app.add_html_math_renderer("mathml", (write_mathml, None), (write_mathml, None))
