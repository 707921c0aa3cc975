"""From the options and the files of earlier stages to a site."""

from talklikeme.blindtest.pool import Pool
from talklikeme.evaluation.report import read_report
from talklikeme.facts import Nature, read_friends
from talklikeme.journal import Journal
from talklikeme.openers import USUAL
from talklikeme.options import AppOptions
from talklikeme.pages.access import shows_all
from talklikeme.pages.chat import Chat
from talklikeme.pages.site import Site
from talklikeme.thumbs import THUMBS_FILE


def open_site(options: AppOptions, nature: Nature, password: str) -> Site:
    """All that these options let others see; raises RunError if the pool is broken."""
    is_owners = shows_all(options)
    chat = Chat(
        rhythm=nature.rhythm if options.rhythm else None,
        openers=nature.openers or USUAL,
        friends=list(read_friends(options.model_folder)) if is_owners else (),
        likeness=_read_likeness(options),
        thumbs=Journal(options.out / THUMBS_FILE),
    )
    pool = Pool.open(options.blind_test_pool) if options.blind_test_pool else None
    return Site(
        chat,
        pool,
        reviews=is_owners,
        out=options if is_owners else None,
        password=password,
    )


def _read_likeness(options: AppOptions) -> tuple[float, float] | None:
    """How surely the judge of style takes its replies for mine, and mine."""
    lines = read_report(options.model_folder).get("evaluation", {}).get("lines", {})
    its, mine = (
        ((lines.get(name) or {}).get("style") or {}).get("probability")
        for name in ("this model", "me")
    )
    return (float(its), float(mine)) if its is not None and mine is not None else None
