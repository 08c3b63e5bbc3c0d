"""Codes at the counter: asked about, paid with, seen as redeemed, refunded and renewed."""

import asyncio
from typing import Any

import pytest

import clock
from dashboard.limits import CHECKOUTS_PER_CLIENT, CODES_PER_CLIENT
from domain import discount_codes
from storage import checkouts as checkout_rows
from tests.builders import RITA
from tests.code_builders import code_now, redemptions_of
from tests.dashboard.public.conftest import PRODUCT, PRODUCT_TOKEN, PUBLIC, Counter, Json
from tests.shop import subscription_of


def told(rows: list[Any]) -> list[tuple[int, int, bool]]:
    """What stands on redemptions: discount, refunded, renewal."""
    return [(row.discount_amount_cents, row.refunded_cents, row.renewal) for row in rows]


class TestAsking:
    """`GET /api/discount-codes/validate`."""

    async def test_tells_what_a_code_does_and_costs(self, counter: Counter) -> None:
        """However it is typed."""
        await counter.make()
        assert await counter.validate(" launch20 ", plan="monthly") == (
            200,
            {
                "valid": True,
                "code": "LAUNCH20",
                "discount": {"type": "percentage", "value": 20, "currency": None},
                "duration": "once",
                "duration_months": None,
                "summary": "20% off your first payment",
                "preview": {
                    "plan": "monthly",
                    "currency": "usd",
                    "price": 2900,
                    "discount": 580,
                    "total": 2320,
                },
            },
        )
        _, without = await counter.validate("LAUNCH20")
        assert (without["valid"], without["preview"]) == (True, None)

    async def test_tells_why_a_code_does_not_work(self, counter: Counter) -> None:
        """With 200: the question was a good one."""
        code = await counter.make()
        async with counter.shop.db.transaction() as session:
            await discount_codes.pause(session, code.id, RITA)
        assert await counter.validate("LAUNCH20") == (
            200,
            {
                "valid": False,
                "code": "LAUNCH20",
                "reason": "paused",
                "message": "LAUNCH20 cannot be used at the moment.",
            },
        )
        for typed in ("NOSUCH", "L\N{CYRILLIC CAPITAL LETTER A}UNCH20"):
            status, answer = await counter.validate(typed)
            assert (status, answer["reason"]) == (200, "unknown")
            assert answer["message"] == f"We do not know the code {typed}. Check how it is spelled."

    async def test_of_several_codes_is_about_all_together(self, counter: Counter) -> None:
        """Repeated or apart by commas; and where they do not go together, says which is why."""
        await counter.make(stackable=True)
        await counter.make("EXTRA10", discount_value=10, stackable=True)
        await counter.make("ALONE", discount_value=10)
        for typed in (["LAUNCH20", "EXTRA10"], ["LAUNCH20,extra10"]):
            _, answer = await counter.validate(typed, plan="monthly")
            assert [one["code"] for one in answer["codes"]] == ["LAUNCH20", "EXTRA10"]
            assert answer["preview"]["discount"] == 812
        _, answer = await counter.validate(["LAUNCH20", "ALONE"])
        assert (answer["code"], answer["reason"]) == ("ALONE", "not_stackable")

    @pytest.mark.parametrize(
        ("code", "query", "field"),
        [
            ("", {}, "code"),
            ("X" * 500, {}, "code"),
            ("X", {"plan": "weekly"}, "plan"),
            ("X", {"plan": "\x00"}, "plan"),
        ],
    )
    async def test_badly_names_the_field(
        self, counter: Counter, code: str, query: dict[str, str], field: str
    ) -> None:
        """422, with the sentence beside it."""
        status, answer = await counter.validate(code, **query)
        assert status == 422
        assert answer["fields"] == {field: answer["detail"]}

    async def test_too_often_is_answered_with_the_seconds_to_wait(self, counter: Counter) -> None:
        """For known and unknown codes alike."""
        answers = [await counter.validate("NOSUCH") for _ in range(CODES_PER_CLIENT.amount + 1)]
        assert {status for status, _ in answers[:-1]} == {200}
        status, answer = answers[-1]
        assert status == 429
        assert 0 < answer["retry_after"] <= 60

    async def test_goes_on_while_stripe_is_down(self, counter: Counter) -> None:
        """Without a preview."""
        await counter.make()
        counter.shop.account.fail_next("/v1/prices", times=4)
        status, answer = await counter.validate("LAUNCH20", plan="monthly")
        assert (status, answer["valid"], answer["preview"]) == (200, True, None)


class TestPaying:
    """`POST /api/discount-codes/apply`, and what follows at Stripe."""

    async def test_with_a_code_is_a_redemption_that_a_refund_and_renewals_show_on(
        self, counter: Counter
    ) -> None:
        """The whole life of a use."""
        code = await counter.make(duration="repeating", duration_months=2, max_uses=5)
        status, checkout = await counter.apply(
            code="launch20", codes=None, referrer="https://blog.example/x"
        )
        assert status == 201
        assert checkout["preview"] == {
            "plan": "monthly",
            "currency": "usd",
            "price": 2900,
            "discount": 580,
            "total": 2320,
        }
        session = counter.session(checkout)
        assert session["customer_email"] == "zoe@example.net"
        assert session["success_url"] == f"{PUBLIC}/pricing?checkout={{CHECKOUT_SESSION_ID}}"

        invoice = await counter.pay(checkout)
        (row,) = await redemptions_of(counter.shop.db, code)
        assert told([row]) == [(580, 0, False)]
        assert (row.user_id, row.person_key, str(row.checkout_id)) == (
            invoice["customer"],
            "zoe@example.net",
            checkout["id"],
        )
        async with counter.shop.db.read() as session_:
            kept = await checkout_rows.get(session_, row.checkout_id)  # type: ignore[arg-type]
        assert kept is not None
        assert (kept.status, kept.referrer) == ("completed", "blog.example")

        await counter.shop.account.refund(invoice["id"], 1160)
        await counter.shop.quiet()
        assert told(await redemptions_of(counter.shop.db, code)) == [(580, 290, False)]

        await counter.shop.account.renew(subscription_of(invoice))
        await counter.shop.quiet()
        assert told(await redemptions_of(counter.shop.db, code)) == [
            (580, 290, False),
            (580, 0, True),
        ]
        now = await code_now(counter.shop.db, code)
        assert (now.total_uses, now.total_discount_cents) == (1, 1160)

        status, answer = await counter.apply(code="LAUNCH20")
        assert (status, answer["reason"]) == (409, "used_by_you")
        assert answer["detail"] == "You have used LAUNCH20 already."

    async def test_with_several_codes_redeems_each(self, counter: Counter) -> None:
        """One discount at Stripe, a share of it for each code, to the cent."""
        codes = [
            await counter.make(stackable=True),
            await counter.make("EXTRA10", discount_value=10, stackable=True),
        ]
        status, checkout = await counter.apply(code="launch20, extra10")
        assert (status, checkout["preview"]["total"]) == (201, 2088)
        invoice = await counter.pay(checkout)
        assert invoice["amount_paid"] == 2088
        rows = [await redemptions_of(counter.shop.db, code) for code in codes]
        assert [told(of_code) for of_code in rows] == [[(580, 0, False)], [(232, 0, False)]]

    async def test_with_a_percentage_and_an_amount_takes_off_both(self, counter: Counter) -> None:
        """The percentage first."""
        await counter.make(stackable=True)
        await counter.make("FIVE", discount_type="fixed_amount", discount_value=500, stackable=True)
        _, checkout = await counter.apply(codes=["FIVE", "LAUNCH20"])
        assert (await counter.pay(checkout))["amount_paid"] == 2900 - 580 - 500

    async def test_through_a_link_credits_its_affiliate(self, counter: Counter) -> None:
        """Where the code is nobody's."""
        await counter.make()
        _, checkout = await counter.apply(code="LAUNCH20", ref="jared30")
        sale = await counter.shop.sale(await counter.pay(checkout))
        assert sale.outcome == "credited"
        assert "through the referral link JARED30." in str(sale.trace)

    async def test_with_a_stack_credits_the_affiliate_of_a_code_in_it(
        self, counter: Counter
    ) -> None:
        """Though the invoice names none of them."""
        await counter.make(stackable=True)
        await counter.make("JARED-VIP", discount_value=10, stackable=True, affiliate="JARED30")
        _, checkout = await counter.apply(codes=["LAUNCH20", "JARED-VIP"])
        sale = await counter.shop.sale(await counter.pay(checkout))
        assert sale.outcome == "credited"
        assert "was started with the code JARED-VIP, which belongs to an affiliate" in str(
            sale.trace
        )

    async def test_without_a_code_is_the_full_price(self, counter: Counter) -> None:
        """A link still counts."""
        status, checkout = await counter.apply(ref="JARED30")
        assert (status, checkout["preview"]["total"]) == (201, 2900)
        assert (await counter.shop.sale(await counter.pay(checkout))).outcome == "credited"

    async def test_twice_at_once_is_one_page(self, counter: Counter) -> None:
        """A double click, and coming back to it later."""
        code = await counter.make()
        answers = await asyncio.gather(*(counter.apply(code="LAUNCH20") for _ in range(3)))
        answers.append(await counter.apply(code="launch20"))
        ids = {answer["id"] for status, answer in answers if status == 201}
        # Stripe refuses to do the same thing twice at the same moment; asking again is safe.
        assert {status for status, _ in answers} <= {201, 503}
        assert len(ids) == 1
        async with counter.shop.db.read() as session:
            assert await checkout_rows.held(session, [code.id], clock.now()) == {code.id: 1}

    async def test_of_another_plan_ends_the_page_of_the_first(self, counter: Counter) -> None:
        """So that one person cannot pay on both."""
        await counter.make()
        _, first = await counter.apply(code="LAUNCH20")
        status, second = await counter.apply(code="LAUNCH20", plan="yearly")
        assert (status, second["preview"]["price"]) == (201, 27900)
        assert counter.session(first)["status"] == "expired"
        await counter.pay(second)

    async def test_for_the_last_use_is_for_one(self, counter: Counter) -> None:
        """Whoever comes first; the other is told that it may come free, and gets it then."""
        code = await counter.make(max_uses=1)
        answers = await asyncio.gather(
            *(counter.apply(code="LAUNCH20", email=f"buyer{n}@example.net") for n in range(4))
        )
        assert sorted(status for status, _ in answers) == [201, 409, 409, 409]
        refused = next(answer for status, answer in answers if status == 409)
        assert refused["reason"] == "used_up"
        assert "being paid right now" in refused["detail"]
        opened = next(answer for status, answer in answers if status == 201)
        await _let_expire(counter, opened)
        status, last = await counter.apply(code="LAUNCH20", email="late@example.net")
        assert status == 201
        await counter.pay(last)
        _, answer = await counter.validate("LAUNCH20", user="other@example.net")
        assert (answer["reason"], answer["message"]) == ("used_up", "LAUNCH20 has been used up.")
        assert (await code_now(counter.shop.db, code)).total_uses == 1

    async def test_what_stripe_refuses_is_a_sentence_for_the_customer(
        self, counter: Counter
    ) -> None:
        """As for a code that somebody switched off there a moment ago; the use is free again."""
        code = await counter.make(max_uses=1)
        promotion = counter.shop.account.objects.get(
            "promotion_code", code.stripe_promotion_code_id
        )
        promotion["active"] = False
        status, answer = await counter.apply(code="LAUNCH20")
        assert (status, answer["reason"]) == (409, "refused")
        assert answer["detail"].startswith("LAUNCH20 cannot be used for this purchase")
        promotion["active"] = True
        assert (await counter.apply(code="LAUNCH20", email="other@example.net"))[0] == 201

    @pytest.mark.parametrize("after_work", [False, True])
    async def test_while_stripe_is_down_can_be_tried_again(
        self, counter: Counter, *, after_work: bool
    ) -> None:
        """Also where only its answer was lost: the same page then, not a second one."""
        await counter.make(max_uses=1)
        counter.shop.account.fail_next(
            "/v1/checkout/sessions", status=500, times=2, after_work=after_work
        )
        status, answer = await counter.apply(code="LAUNCH20")
        assert (status, answer["retry_after"]) == (503, 10)
        status, checkout = await counter.apply(code="LAUNCH20")
        assert status == 201
        await counter.pay(checkout)
        assert len(list(counter.shop.account.objects.newest_first("checkout.session"))) == 1

    async def test_without_stripe_is_not_offered(self, counter_without_stripe: Counter) -> None:
        """Until it is connected."""
        status, answer = await counter_without_stripe.apply(code="LAUNCH20")
        assert (status, answer["retry_after"]) == (503, 10)

    async def test_for_a_customer_needs_the_products_token(self, counter: Counter) -> None:
        """And then the limits of that customer hold, by whatever they are known."""
        code = await counter.make(first_purchase_only=True)
        bought = await counter.shop.account.buy(email="zoe@example.net")
        await counter.shop.quiet()
        order: Json = {"code": "LAUNCH20", "customer": bought["customer"], "email": ""}
        assert (await counter.apply(**order))[0] == 403
        assert (await counter.apply(**order, token="wrong"))[0] == 401
        status, answer = await counter.apply(**order, token=PRODUCT_TOKEN)
        assert (status, answer["reason"]) == (409, "first_purchase_only")
        assert (await counter.apply(code="LAUNCH20"))[1]["reason"] == "first_purchase_only"
        async with counter.shop.db.transaction() as session:
            await discount_codes.edit(session, code.id, {"first_purchase_only": False}, RITA)
        await counter.shop.carry_out()
        status, checkout = await counter.apply(**order, token=PRODUCT_TOKEN)
        assert status == 201
        assert (await counter.pay(checkout))["customer"] == bought["customer"]
        order["customer"] = "cus_nobody"
        status, answer = await counter.apply(**order, token=PRODUCT_TOKEN)
        assert (status, list(answer["fields"])) == (422, ["customer"])

    @pytest.mark.parametrize(
        ("order", "field"),
        [
            ({"plan": "weekly"}, "plan"),
            ({"plan": ""}, "plan"),
            ({"plan": 7}, "plan"),
            ({"code": "X" * 500}, "code"),
            ({"codes": [1]}, "codes"),
            ({"codes": {"a": 1}}, "codes"),
            ({"email": "nonsense"}, "email"),
            ({"ref": "R" * 101}, "ref"),
            ({"success_url": "https://evil.example/"}, "success_url"),
            ({"success_url": {}}, "success_url"),
            ({"cancel_url": 0}, "cancel_url"),
            ({"codes": {}}, "codes"),
            ({"codes": None, "code": {}}, "code"),
            ({"success_url": "https://product.example.com@evil.example/"}, "success_url"),
            ({"success_url": "https://product.example.com:8443/"}, "success_url"),
            ({"success_url": "//product.example.com/"}, "success_url"),
            ({"success_url": "javascript:alert(1)//product.example.com"}, "success_url"),
            ({"success_url": "https://product.example.com\\@evil.example/"}, "success_url"),
            ({"cancel_url": "https://[product.example.com"}, "cancel_url"),
            ({"cancel_url": ["https://product.example.com/"]}, "cancel_url"),
            ({"coupon": "free"}, "coupon"),
        ],
    )
    async def test_badly_names_the_field(self, counter: Counter, order: Json, field: str) -> None:
        """Whatever is sent."""
        status, answer = await counter.apply(**order)
        assert (status, list(answer["fields"])) == (422, [field])

    @pytest.mark.parametrize("referrer", ["https://[", "x" * 5000, 7, None, "\x00", "//\ud800"])
    async def test_goes_on_whatever_a_browser_says_it_comes_from(
        self, counter: Counter, referrer: Any
    ) -> None:
        """Nobody is kept from paying by that."""
        assert (await counter.apply(referrer=referrer))[0] == 201

    async def test_leads_back_to_the_product(self, counter: Counter) -> None:
        """Where it asks for that."""
        back = f"{PRODUCT}/thanks?session={{CHECKOUT_SESSION_ID}}"
        _, checkout = await counter.apply(success_url=back, cancel_url=f"{PRODUCT}/plans")
        session = counter.session(checkout)
        assert (session["success_url"], session["cancel_url"]) == (back, f"{PRODUCT}/plans")

    async def test_needs_an_address_where_there_is_a_code(self, counter: Counter) -> None:
        """Nobody could be held to a limit otherwise."""
        await counter.make()
        status, answer = await counter.apply(code="LAUNCH20", email="")
        assert (status, answer["reason"]) == (409, "email_needed")

    async def test_too_often_is_answered_with_the_seconds_to_wait(self, counter: Counter) -> None:
        """Uses are held for a while: nobody may hold all of them. The product itself may."""
        for _ in range(CHECKOUTS_PER_CLIENT.amount):
            assert (await counter.apply(code="NOSUCH"))[0] == 409
        status, answer = await counter.apply(code="NOSUCH")
        assert status == 429
        assert 0 < answer["retry_after"] <= 600
        assert (await counter.apply(code="NOSUCH", token=PRODUCT_TOKEN))[0] == 409


async def _let_expire(counter: Counter, checkout: Json) -> None:
    """Have Stripe close a page, and tell us."""
    gateway = counter.shop.services.stripe
    assert gateway is not None
    await gateway.checkout_sessions.expire(counter.session(checkout)["id"])
    await counter.shop.quiet()


class TestOtherOrigins:
    """Who may call from a browser."""

    async def test_the_product_may(self, counter: Counter) -> None:
        """It is told so before it posts, with every answer, and with errors too."""
        origin = {"Origin": PRODUCT}
        asked = await counter.client.options(
            "/api/discount-codes/apply",
            headers={**origin, "Access-Control-Request-Method": "POST"},
        )
        assert asked.status == 204
        assert asked.headers["Access-Control-Allow-Origin"] == PRODUCT
        assert "POST" in asked.headers["Access-Control-Allow-Methods"]
        assert asked.headers["Access-Control-Allow-Headers"] == "Content-Type"
        for query in ("?code=X", ""):
            answer = await counter.client.get(
                f"/api/discount-codes/validate{query}", headers=origin
            )
            assert answer.headers["Access-Control-Allow-Origin"] == PRODUCT
            assert answer.headers["Vary"] == "Origin"

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{PRODUCT}.evil.example"])
    async def test_others_may_not(self, counter: Counter, origin: str) -> None:
        """Their browsers keep the answer from them."""
        answer = await counter.client.get(
            "/api/discount-codes/validate?code=X", headers={"Origin": origin}
        )
        assert "Access-Control-Allow-Origin" not in answer.headers
