"""Addresses that no bot asks, however they are written."""

import pytest

from talkwright.assistant.addresses import is_forbidden


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://169.254.1.1:5055/webhook",
        "http://2852039166/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::169.254.169.254]/",
        "http://[64:ff9b::100.100.100.200]/",
        "http://[64:ff9b::168.63.129.16]/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://metadata.google.internal./",
        "http://METADATA/",
        "http://",
        "http://[half",
    ],
)
def test_it_is_forbidden(url: str) -> None:
    assert is_forbidden(url)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:5055/webhook", "http://[::1]/", "https://api.example/v1", "http://10.0.0.7/", "http://actions"],
)
def test_it_may_be_asked(url: str) -> None:
    assert not is_forbidden(url)
