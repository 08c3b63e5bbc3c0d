from dashboard.limits import CHECKOUTS_PER_CLIENT, Limits


async def test_whoever_has_many_addresses_on_one_line_is_one_client() -> None:
    """A line on IPv6 has more addresses than anybody can count; another line is somebody else."""
    limits = Limits()
    for n in range(CHECKOUTS_PER_CLIENT.amount):
        assert await limits.wait(CHECKOUTS_PER_CLIENT, f"2001:db8:1:1::{n:x}") == 0
    assert await limits.wait(CHECKOUTS_PER_CLIENT, "2001:db8:1:1:ffff::1") > 0
    assert await limits.wait(CHECKOUTS_PER_CLIENT, "2001:db8:1:2::1") == 0
    for address in ("192.0.2.1", "::ffff:192.0.2.2"):
        for _ in range(CHECKOUTS_PER_CLIENT.amount):
            assert await limits.wait(CHECKOUTS_PER_CLIENT, address) == 0
    assert await limits.wait(CHECKOUTS_PER_CLIENT, "jared@example.com") == 0
