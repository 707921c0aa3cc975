"""What Gradio 6.31 does at every start and nobody here needs: half of the time to a first reply."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import ModuleType

import wrapt


def import_thriftily() -> None:
    """Call it before Gradio is imported."""
    wrapt.when_imported("gradio.utils")(_leave_matplotlib_alone)
    wrapt.when_imported("gradio.component_meta")(_write_no_stubs)


def _leave_matplotlib_alone(module: ModuleType) -> None:
    """At every event Gradio says what matplotlib shall draw with, and imports it for that; no page uses it."""
    module.MatplotlibBackendMananger = nullcontext  # type: ignore[attr-defined]


def _write_no_stubs(module: ModuleType) -> None:
    """Gradio parses the source of each component, to write stubs for editors beside it."""
    module.create_or_modify_pyi = lambda *_: None  # type: ignore[attr-defined]


@contextmanager
def making_no_app() -> Iterator[None]:
    """Within it Gradio makes no FastAPI app, of some eighty routes, whenever a page or the queue is ready.

    Whoever mounts the blocks makes the one that is served.
    """
    from gradio.routes import App

    create = App.create_app
    App.create_app = staticmethod(lambda *_, **__: None)
    try:
        yield
    finally:
        App.create_app = staticmethod(create)
