"""Work spread over processes, with one progress bar that moves while the work goes on."""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Generic, TypeVar

from tqdm import tqdm

Tell = Callable[[int], Any]  # takes how much more is done, in the bar's unit
Job = TypeVar("Job")
Result = TypeVar("Result")

_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Work(Generic[Job, Result]):
    """What is done with each job, and how it is shown; `weight` says which jobs take longest."""

    do: Callable[[Job, Tell], Result]
    label: str
    unit: str
    weight: Callable[[Job], int] | None = None


def run_jobs(
    work: Work[Job, Result], jobs: Sequence[Job], processes: int, total: int
) -> Iterator[Result]:
    """The results in the order of the jobs, whichever was done first.

    The bar has rate and time left; it shows on a terminal only, and only what takes longer than a
    person waits.
    """
    is_large = work.unit == "B"
    with tqdm(
        total=total, desc=work.label, unit=work.unit, unit_scale=is_large,
        delay=2, leave=False, disable=None,
    ) as bar:  # fmt: skip
        if processes == 1 or len(jobs) < 2:
            for job in jobs:
                yield work.do(job, bar.update)
        else:
            yield from _run_side_by_side(work, jobs, processes, bar)


def _run_side_by_side(
    work: Work[Job, Result], jobs: Sequence[Job], processes: int, bar: Any
) -> Iterator[Result]:
    context = get_context("forkserver")
    told = context.Value("q", 0)
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(told,)) as pool:
        futures: dict[int, Future[Result]] = {}
        for number in _longest_first(work, jobs):
            futures[number] = pool.submit(_do, work.do, jobs[number])
        try:
            for number in range(len(jobs)):
                future = futures.pop(number)
                while not wait([future], timeout=_LOOK_SECONDS).done:
                    bar.update(told.value - bar.n)
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _longest_first(work: Work[Job, Result], jobs: Sequence[Job]) -> list[int]:
    """Else the longest may come last, and one process works while the others wait."""
    numbers = list(range(len(jobs)))
    if weight := work.weight:
        numbers.sort(key=lambda number: -weight(jobs[number]))
    return numbers


_told: "Synchronized[int] | None" = None  # of a worker process


def _begin(told: "Synchronized[int]") -> None:
    global _told
    _told = told
    ease_collection()


def _tell(amount: int) -> None:
    assert _told is not None
    with _told.get_lock():
        _told.value += amount


def _do(do: Callable[[Job, Tell], Result], job: Job) -> Result:
    return do(job, _tell)


def ease_collection() -> None:
    """Look for garbage less often: messages are many, hold no cycles, and cost a quarter of the time."""
    gc.freeze()
    gc.set_threshold(1_000_000, 50, 100)
