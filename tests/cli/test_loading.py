"""A command loads its modules without a search for cycles, which goes on afterwards, but not through them."""

import gc

import pytest

from talkwright.cli.loading import loading
from talkwright.cli.main import COMMANDS, command


def test_nobody_searches_while_modules_load_and_what_was_loaded_is_left_out_afterwards() -> None:
    with loading():
        assert not gc.isenabled()
        kept: list[object] = []
        kept.append(kept)
    assert gc.isenabled()
    assert all(each is not kept for each in gc.get_objects())


def test_the_search_goes_on_after_a_module_that_can_not_be_loaded() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_the_search_goes_on_after_a_command_was_found() -> None:
    command("doctor", COMMANDS["doctor"])
    assert gc.isenabled()


def test_where_nobody_searches_nobody_begins_to() -> None:
    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
