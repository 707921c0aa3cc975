"""What Gradio 6.31 does at every start and nobody here needs: half of the time to a first reply."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import wrapt


def import_thriftily() -> None:
    """Call it before Gradio is imported."""
    # Gradio asks matplotlib at every event with what it draws, which to find out imports all of it.
    os.environ.setdefault("MPLBACKEND", "agg")
    wrapt.when_imported("gradio.component_meta")(_write_no_stubs)


def _write_no_stubs(module: ModuleType) -> None:
    """Gradio parses the source of each component, to write stubs for editors beside it."""
    module.create_or_modify_pyi = lambda *_: None  # type: ignore[attr-defined]


@contextmanager
def building_one_app() -> Iterator[None]:
    """Within it Gradio makes no FastAPI app, of some eighty routes, each time that a page is finished."""
    from gradio.routes import App

    create = App.create_app
    App.create_app = staticmethod(lambda *_, **__: None)
    try:
        yield
    finally:
        App.create_app = staticmethod(create)
