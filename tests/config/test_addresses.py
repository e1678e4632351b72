"""Hosts that are inside by their very name, and addresses however they are spelt."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.addresses import address_of, is_inside

SPELLINGS = st.lists(
    st.one_of(
        st.integers(0, 2**33).map(str), st.integers(0, 2**33).map(hex), st.integers(0, 2**33).map("0{:o}".format)
    ),
    min_size=1,
    max_size=5,
).map(".".join)


@given(SPELLINGS)
def test_numbers_mean_the_address_that_the_machine_takes_them_for(text: str) -> None:
    try:
        meant = socket.inet_ntoa(socket.inet_aton(text))
    except OSError:
        meant = None
    got = address_of(text)
    assert (got and str(got)) == meant


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("news.example.com", False),
        ("8.8.8.8", False),
        ("intranet", True),
        ("db.internal.", True),
        ("internal.example.com", False),  # only the end of a name counts
        ("LOCALHOST.", True),
        ("[::ffff:127.0.0.1]", True),
        ("2606:4700:4700::1111", False),
        ("1.2.3.4.5", True),  # no address, and no name
    ],
)
def test_a_host_is_inside_by_its_looks(host: str, inside: bool) -> None:
    assert is_inside(host) is inside
