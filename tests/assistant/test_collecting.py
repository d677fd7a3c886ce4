"""The search for cycles rests while much is built, and goes on afterwards whatever happened."""

import gc

import pytest

from talkwright.assistant.collecting import collection_paused


def test_it_rests_inside_and_goes_on_afterwards() -> None:
    assert gc.isenabled()
    with collection_paused():
        with collection_paused():
            assert not gc.isenabled()
        assert not gc.isenabled(), "the outer block has not ended"
    assert gc.isenabled()


def test_it_goes_on_after_a_fault() -> None:
    with pytest.raises(ZeroDivisionError), collection_paused():
        _ = 1 // 0
    assert gc.isenabled()


def test_where_nobody_searches_nobody_begins_to() -> None:
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
