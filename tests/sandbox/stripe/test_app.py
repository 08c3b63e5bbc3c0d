import asyncio

import aiohttp
import pytest
import stripe
from stripe import StripeClient

from sandbox.stripe.account import StripeAccount


async def test_a_wrong_key_is_turned_away(server: str) -> None:
    """Without the account's key every call is 401, and the answer masks the key."""
    http = stripe.AIOHTTPClient()
    stranger = StripeClient(
        "sk_test_somebody_else", base_addresses={"api": server}, http_client=http
    )

    with pytest.raises(stripe.AuthenticationError, match=r"sk_test_\*+else"):
        await stranger.v1.accounts.retrieve_current_async()

    await http.close_async()  # type: ignore[no-untyped-call] # the library has no type here


async def test_no_key_at_all_is_turned_away(server: str) -> None:
    """A request without credentials is told how to give them."""
    async with aiohttp.ClientSession() as session, session.get(f"{server}/v1/coupons") as answer:
        assert answer.status == 401
        assert "You did not provide an API key" in (await answer.json())["error"]["message"]


async def test_the_account_knows_itself(client: StripeClient, account: StripeAccount) -> None:
    """`GET /v1/account` answers with the account that the key belongs to."""
    found = await client.v1.accounts.retrieve_current_async()

    assert (found.id, found.object, found.country) == (account.id, "account", "US")


async def test_an_unknown_address_is_refused_by_name(client: StripeClient) -> None:
    """A call that the stand-in does not have is a 404 that says so, never an empty success."""
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as refusal:
        await client.v1.payouts.list_async()

    assert refusal.value.http_status == 404


async def test_a_json_body_is_refused(server: str, account: StripeAccount) -> None:
    """Stripe's first API speaks forms; JSON is refused with a hint."""
    headers = {"Authorization": f"Bearer {account.api_key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{server}/v1/coupons", json={"percent_off": 30}) as answer,
    ):
        assert answer.status == 400
        assert "content type" in (await answer.json())["error"]["message"]


async def test_another_api_version_is_refused(server: str, account: StripeAccount) -> None:
    """The stand-in speaks one version and does not pretend to speak others."""
    headers = {"Authorization": f"Bearer {account.api_key}", "Stripe-Version": "2020-08-27"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{server}/v1/coupons") as answer,
    ):
        assert answer.status == 400
        assert "Invalid Stripe API version" in (await answer.json())["error"]["message"]


async def test_the_same_key_gives_the_same_answer(client: StripeClient) -> None:
    """A repeated request with its idempotency key creates nothing, and is marked as replayed."""
    first = await client.v1.customers.create_async({"name": "Zoë"}, {"idempotency_key": "k1"})
    again = await client.v1.customers.create_async({"name": "Zoë"}, {"idempotency_key": "k1"})

    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len((await client.v1.customers.list_async()).data) == 1


async def test_the_same_key_for_something_else_is_refused(client: StripeClient) -> None:
    """An idempotency key stands for one request: other parameters or another call are refused."""
    await client.v1.customers.create_async({"name": "Ada"}, {"idempotency_key": "k1"})

    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        await client.v1.customers.create_async({"name": "Bob"}, {"idempotency_key": "k1"})
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        await client.v1.products.create_async({"name": "Ada"}, {"idempotency_key": "k1"})


async def test_a_request_that_failed_the_checks_does_not_use_up_its_key(
    client: StripeClient,
) -> None:
    """A refusal before any work is not kept, so that the corrected request goes through."""
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter"):
        await client.v1.customers.create_async(
            {"nickname": "Al"},  # type: ignore[arg-type] # the mistake under test
            {"idempotency_key": "k1"},
        )

    assert await client.v1.customers.create_async({"name": "Al"}, {"idempotency_key": "k1"})


async def test_two_at_once_with_one_key_get_one_winner(
    client: StripeClient, account: StripeAccount
) -> None:
    """While a request is being carried out, a second one with its key is told to wait."""
    account.fail_next("/v1/customers", status=200, delay=0.2)

    first, second = await asyncio.gather(
        client.v1.customers.create_async({"name": "Al"}, {"idempotency_key": "k1"}),
        client.v1.customers.create_async({"name": "Al"}, {"idempotency_key": "k1"}),
        return_exceptions=True,
    )

    assert isinstance(first, stripe.Customer)
    assert isinstance(second, stripe.StripeError)
    assert second.http_status == 409


async def test_a_fault_on_order_fails_as_often_as_asked(
    client: StripeClient, account: StripeAccount
) -> None:
    """`fail_next` hits its path the given number of times, with its status and its wish."""
    account.fail_next("/v1/coupons", status=429, times=2, retry_after=7)

    await client.v1.products.list_async()
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError) as refusal:
            await client.v1.coupons.list_async()
        assert (refusal.value.headers or {})["Retry-After"] == "7"
    assert (await client.v1.coupons.list_async()).data == []
    assert [seen.status for seen in account.requests] == [200, 429, 429, 200]


async def test_an_answer_can_be_lost_after_the_work(
    client: StripeClient, account: StripeAccount
) -> None:
    """With `after_work` the connection breaks off when the deed is done; the key tells so."""
    account.fail_next("/v1/customers", status=0, after_work=True)

    with pytest.raises(stripe.APIConnectionError):
        await client.v1.customers.create_async({"name": "Al"}, {"idempotency_key": "k1"})
    again = await client.v1.customers.create_async({"name": "Al"}, {"idempotency_key": "k1"})

    assert [it.id for it in (await client.v1.customers.list_async()).data] == [again.id]


async def test_pages_follow_each_other(client: StripeClient) -> None:
    """Lists come newest first, in pages, and the cursor leads through all of them once."""
    made = [(await client.v1.customers.create_async({"name": str(n)})).id for n in range(5)]

    first = await client.v1.customers.list_async({"limit": 2})
    walked = [it.id async for it in first.auto_paging_iter()]

    assert first.has_more is True
    assert walked == made[::-1]


async def test_a_page_backwards(client: StripeClient) -> None:
    """`ending_before` gives the page before a cursor."""
    made = [(await client.v1.customers.create_async({"name": str(n)})).id for n in range(4)]

    page = await client.v1.customers.list_async({"limit": 2, "ending_before": made[0]})

    assert [it.id for it in page.data] == [made[2], made[1]]
    assert page.has_more is True


async def test_bad_cursors_and_limits_are_refused(client: StripeClient) -> None:
    """A cursor that names nothing and a limit out of bounds are errors, not empty lists."""
    with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus_none'"):
        await client.v1.customers.list_async({"starting_after": "cus_none"})
    with pytest.raises(stripe.InvalidRequestError, match="limit"):
        await client.v1.customers.list_async({"limit": 101})


async def test_expansion_follows_references(client: StripeClient) -> None:
    """`expand` puts the object in the place of its id, also inside of lists."""
    prices = await client.v1.prices.list_async({"expand": ["data.product"]})

    product = prices.data[0].product
    assert isinstance(product, stripe.Product)
    assert product.name == "Northlight Pro"


async def test_what_is_no_reference_cannot_be_expanded(client: StripeClient) -> None:
    """Asking to expand a plain field is refused by name."""
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(data.nonsense\)"):
        await client.v1.products.list_async({"expand": ["data.nonsense"]})
