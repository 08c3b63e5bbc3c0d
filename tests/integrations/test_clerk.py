"""Clerk's client, against the stand-in."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from integrations.clerk import Clerk, ClerkUser
from integrations.errors import TransportError
from sandbox.clerk.app import clerk_app
from sandbox.clerk.instance import ClerkInstance
from sandbox.faults import HANG_UP


@pytest.fixture
def instance() -> ClerkInstance:
    """A Clerk instance with one user, whose metadata holds somebody else's key."""
    instance = ClerkInstance()
    user = instance.add_user("Ann@Example.com")
    instance.merge_metadata(user["id"], {"private_metadata": {"theirs": {"kept": True}}})
    return instance


@pytest.fixture
async def server(instance: ClerkInstance) -> AsyncIterator[TestServer]:
    """The instance, answering."""
    server = TestServer(clerk_app(instance))
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def clerk(instance: ClerkInstance, server: TestServer) -> AsyncIterator[Clerk]:
    """The client, with the right key."""
    clerk = Clerk(instance.secret_key, str(server.make_url("/v1")))
    yield clerk
    await clerk.close()


async def test_a_user_is_found_by_address(clerk: Clerk) -> None:
    """Case does not matter, and what comes back is ours to use."""
    user = await clerk.find_user_by_email("ann@example.com")
    assert user is not None
    assert user.emails == ("Ann@Example.com",)
    assert user.private_metadata == {"theirs": {"kept": True}}
    assert user.public_metadata == {}


async def test_nobody_is_none(clerk: Clerk) -> None:
    """An address that no user has is an ordinary answer, also one with special characters."""
    assert await clerk.find_user_by_email("no+body&x=1@example.com") is None


async def test_an_unproven_address_is_nobodys(clerk: Clerk, instance: ClerkInstance) -> None:
    """Somebody who merely typed an address in is not its owner."""
    instance.add_user("victim@example.com", verified=False)
    assert await clerk.find_user_by_email("victim@example.com") is None


async def test_a_merge_touches_only_what_it_names(clerk: Clerk, instance: ClerkInstance) -> None:
    """Other keys stay, a None removes, and a second time changes nothing more."""
    user_id = instance.users[0]["id"]
    patch = {"propmine": {"affiliate": {"status": "pending", "promoCode": None}}}
    for _ in range(2):
        user = await clerk.merge_private_metadata(user_id, patch)
        assert user.private_metadata == {
            "theirs": {"kept": True},
            "propmine": {"affiliate": {"status": "pending"}},
        }
    assert await clerk.get_user(user_id) == user


async def test_too_much_metadata_needs_a_person(clerk: Clerk, instance: ClerkInstance) -> None:
    """Clerk's limit is a permanent refusal in Clerk's words."""
    with pytest.raises(TransportError, match="8 KB") as caught:
        await clerk.merge_private_metadata(instance.users[0]["id"], {"k": "x" * 9000})
    assert caught.value.permanent


@pytest.mark.parametrize("user_id", ["user_gone", "../users", "a/b?c"])
async def test_a_user_who_is_gone_is_a_permanent_fault(clerk: Clerk, user_id: str) -> None:
    """The code says that it is the user who is missing; an odd id leads nowhere else."""
    with pytest.raises(TransportError) as caught:
        await clerk.get_user(user_id)
    assert caught.value.permanent
    assert caught.value.code == "resource_not_found"


async def test_a_busy_clerk_says_when_to_come_back(clerk: Clerk, instance: ClerkInstance) -> None:
    """A 429 is worth a retry after the seconds that it names; then the call succeeds."""
    instance.traffic.fail_next(429, retry_after=8)
    with pytest.raises(TransportError) as caught:
        await clerk.ping()
    assert not caught.value.permanent
    assert caught.value.retry_after == 8
    await clerk.ping()


async def test_an_outage_and_a_cut_line_are_worth_a_retry(
    clerk: Clerk, instance: ClerkInstance
) -> None:
    """A 5xx and a connection that breaks both leave the decision to a later attempt.

    (On a kept connection that breaks, the HTTP library itself asks a second time.)
    """
    for status in (503, HANG_UP):
        instance.traffic.fail_next(status, times=2 if status == HANG_UP else 1)
        with pytest.raises(TransportError) as caught:
            await clerk.ping()
        assert not caught.value.permanent


async def test_a_lost_answer_does_no_harm(clerk: Clerk, instance: ClerkInstance) -> None:
    """The merge happened though its answer was lost; doing it again ends the same."""
    user_id = instance.users[0]["id"]
    instance.traffic.fail_next(502, after_work=True, path_part="/metadata")
    with pytest.raises(TransportError):
        await clerk.merge_private_metadata(user_id, {"a": 1})
    assert (await clerk.merge_private_metadata(user_id, {"a": 1})).private_metadata["a"] == 1


async def test_a_wrong_key_needs_a_person(server: TestServer) -> None:
    """Ping tells a wrong key from an outage."""
    clerk = Clerk("sk_test_other", str(server.make_url("/v1")))
    with pytest.raises(TransportError) as caught:
        await clerk.ping()
    assert caught.value.permanent
    assert "sk_test_other" not in str(caught.value)
    await clerk.close()


@pytest.mark.parametrize("raw", [None, [], {}, {"id": "u", "email_addresses": [3]}, "x"])
def test_what_is_no_user_is_a_fault(raw: Any) -> None:
    """An answer of another shape is never taken for a user."""
    with pytest.raises(TransportError):
        ClerkUser.parse(raw)


def test_the_primary_address_comes_first() -> None:
    """Of several verified addresses the primary one leads; null parts are tolerated."""
    proof = {"status": "verified"}
    user = ClerkUser.parse(
        {
            "id": "user_1",
            "primary_email_address_id": "b",
            "email_addresses": [
                {"id": "a", "email_address": "old@example.com", "verification": proof},
                {"id": "b", "email_address": "new@example.com", "verification": proof},
                {"id": "c", "email_address": "typed@example.com", "verification": None},
            ],
            "private_metadata": None,
        }
    )
    assert user.emails == ("new@example.com", "old@example.com")
    assert user.private_metadata == {}
