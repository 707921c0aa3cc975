"""HTML out of templates that lie beside the code; whatever is filled in is text, not markup."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def open_templates(package: str) -> Environment:
    """The templates in a package's folder; a value that a template names and nobody gives is an error."""
    return Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
