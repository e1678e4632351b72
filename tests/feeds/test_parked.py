"""A domain that was let go is told from a page of the site that was asked."""

from __future__ import annotations

import pytest

from bot.errors import FeedError, FeedReason
from bot.feeds.parse import parse

LONG = "<p>The ministry said on Tuesday that it would look into the matter.</p>" * 400


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<html><title>kestrel.example</title><body>This domain is for sale. Make an offer.", FeedReason.PARKED),
        ("<!doctype html><title>x</title><h1>Buy this domain</h1>", FeedReason.PARKED),
        (
            f"<html><body>{LONG}<script src='https://www.sedoparking.com/js'></script>domain is parked",
            FeedReason.PARKED,
        ),
        ("<html><h1>Diese Domain steht zum Verkauf</h1></html>", FeedReason.PARKED),
        ("<html><h1>このドメインは販売中です</h1></html>", FeedReason.PARKED),
        ("<html><h1>Your domain name has expired</h1><p>This domain has expired.</p></html>", FeedReason.PARKED),
        # a page of the site itself, which happens to write of such things
        (f"<html><body>{LONG}<p>The domain is for sale, the trustee said.</p>", FeedReason.NOT_A_FEED),
        ("<html><title>We moved</title><body>Our feeds have moved.", FeedReason.NOT_A_FEED),
        ("<html><body><script src='https://www.above.com/x.js'></script>Welcome", FeedReason.NOT_A_FEED),
    ],
)
def test_a_parked_domain_is_told_by_what_its_page_says(page: str, reason: FeedReason) -> None:
    with pytest.raises(FeedError) as raised:
        parse(page.encode(), "https://kestrel.example/feed")
    assert raised.value.reason is reason


def test_a_feed_that_writes_of_domains_for_sale_is_one() -> None:
    feed = b"<rss version='2.0'><channel><item><title>Buy this domain: this domain is for sale</title></item></channel></rss>"
    assert len(parse(feed, "https://kestrel.example/feed").entries) == 1
