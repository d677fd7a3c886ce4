"""Which addresses of language models a project may name."""

import pytest

from talkwright.engine.llm.addresses import LOCAL_MODELS, is_model_forbidden


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://[::1]:8000/v1",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0:8000/",
        "http://LOCALHOST.:8000/",
        "http://a.localhost/",
    ],
)
def test_a_model_on_this_machine_is_asked_where_nobody_says_otherwise(url: str) -> None:
    assert not is_model_forbidden(url, {})
    assert is_model_forbidden(url, {LOCAL_MODELS: "none"})
    assert is_model_forbidden(url, {LOCAL_MODELS: "localhost:11434,127.0.0.1:9"})


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8000/v1", "127.0.0.1:8000"),
        ("http://localhost:8000/v1", " other:1 , LocalHost "),
        ("https://localhost/v1", "localhost:443"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
        ("http://models.internal:8000/v1", "none"),
    ],
)
def test_a_model_that_the_operator_names_is_asked(url: str, allowed: str) -> None:
    assert not is_model_forbidden(url, {LOCAL_MODELS: allowed})


def test_no_allowance_opens_a_metadata_service() -> None:
    assert is_model_forbidden("http://169.254.169.254/v1", {LOCAL_MODELS: "169.254.169.254"})
