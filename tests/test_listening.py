"""How much of a reply the context tells: all of it to an oracle, nothing to who hears nothing."""

import math
from dataclasses import replace

import pytest

from talklikeme.evaluation.bits import score_exchanges
from talklikeme.evaluation.exchanges import count_bytes
from talklikeme.evaluation.listening import measure_listening, swap_contexts
from tests.test_evaluation import Oracle, UniformBytes, exchanges


def test_an_oracle_saves_what_another_context_costs() -> None:
    given = exchanges()
    found = measure_listening(Oracle(), given, score_exchanges(Oracle(), given))
    assert found is not None
    size = sum(count_bytes(exchange.reply) for exchange in given)
    assert found.value == pytest.approx(len(given) * 1000 / math.log(2) / size)
    assert found.low <= found.value <= found.high


def test_who_hears_nothing_saves_nothing() -> None:
    given = exchanges()
    found = measure_listening(UniformBytes(), given, score_exchanges(UniformBytes(), given))
    assert found is not None
    assert found.value == 0


def test_the_other_context_is_of_another_session() -> None:
    given = exchanges(7)
    sessions = {id(exchange.context): exchange.session for exchange in given}
    swapped = swap_contexts(given)
    assert swapped is not None
    for own, other in zip(given, swapped, strict=True):
        assert other.reply == own.reply
        assert sessions[id(other.context)] != own.session


def test_one_session_alone_has_no_other_context() -> None:
    given = [replace(exchange, session="only") for exchange in exchanges()]
    assert measure_listening(Oracle(), given, score_exchanges(Oracle(), given)) is None
