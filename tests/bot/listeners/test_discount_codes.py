"""Discount codes managed in Slack: by command, by form, and from the App Home."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

import clock
from domain import discount_codes, effects
from domain.audit import Actor, first_broken_line
from integrations.stripe import CouponTerms, Limits
from integrations.stripe.promotion_codes import in_use
from sandbox.slack.people import AFFILIATES, MARIA, SAM
from storage import audit, codes
from storage.codes import DiscountCode
from tests.bot.conftest import Desk
from tests.bot.listeners.test_home import home
from tests.builders import effects_asked_for, join

MARIA_ACTS = Actor(MARIA, "@maria", "slack")


async def made(desk: Desk, word: str = "LAUNCH20", **terms: Any) -> DiscountCode:
    """A code that was made before."""
    async with desk.db.transaction() as session:
        given = {"code": word, "discount_value": 20, **terms}
        return await discount_codes.create(session, given, MARIA_ACTS)


async def kept(desk: Desk, word: str = "LAUNCH20") -> DiscountCode:
    """The code as it stands."""
    async with desk.db.read() as session:
        return await discount_codes.by_name(session, word)


async def refuse(desk: Desk, word: str, problem: str) -> None:
    """Have Stripe hold something against a code."""
    async with desk.db.transaction() as session:
        code = await discount_codes.by_name(session, word)
        code.stripe_problem = problem
        session.add(code)


async def say(desk: Desk, text: str, part: str) -> str:
    """Type `/affiliate code text` and return the answer that holds `part`."""
    assert (await desk.ws.command(MARIA, "/affiliate", f"code {text}".strip())).ok
    return await desk.whispered(MARIA, part)


async def form(desk: Desk, text: str, part: str) -> dict[str, Any]:
    """Type `/affiliate code text` and return the form that opens."""
    assert (await desk.ws.command(MARIA, "/affiliate", f"code {text}")).ok
    return await desk.modal(MARIA, part)


def last_whisper(desk: Desk) -> str:
    """The time stamp of the last answer to Maria."""
    return str(desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["ts"])


class TestCommand:
    """`/affiliate code …`."""

    @pytest.mark.parametrize("text", ["", "help", "frobnicate"])
    async def test_it_explains_itself(self, desk: Desk, text: str) -> None:
        """Also when what was typed is no word of it."""
        told = await say(desk, text, "/affiliate code create [WORD]")

        for usage in ("code list", "code pause WORD", "code bulk [COUNT] [PREFIX]", "code help"):
            assert f"/affiliate {usage}" in told

    async def test_the_help_of_all_commands_names_it(self, desk: Desk) -> None:
        """Somebody who types help finds it."""
        await desk.ws.command(MARIA, "/affiliate", "help")
        await desk.whispered(MARIA, "/affiliate code [create | list")

    async def test_only_reviewers_manage_codes(self, desk: Desk) -> None:
        """A stranger changes nothing."""
        await made(desk)
        await desk.ws.command(SAM, "/affiliate", "code archive LAUNCH20")
        await desk.whispered(SAM, "Only reviewers")
        assert (await kept(desk)).status == "active"

    async def test_show_tells_all_of_it(self, desk: Desk) -> None:
        """Terms, uses, note, whom it credits, and where it stands at Stripe."""
        await join(desk.db)
        await made(
            desk, description="Spring <fair>", max_uses=100, affiliate="JARED30", stackable=True
        )

        told = await say(desk, "show launch20", "20% off the first payment")

        for part in ("Active", "0 of 100 uses", "Spring <fair>", "JARED30", "also together with"):
            assert part in told

    @pytest.mark.parametrize("text", ["show", "pause", "archive NOSUCH", "edit NOSUCH"])
    async def test_a_code_that_is_not_there(self, desk: Desk, text: str) -> None:
        """Says what to type, or that there is none."""
        part = "There is no code NOSUCH" if "NOSUCH" in text else "Which code?"
        await say(desk, text, part)

    async def test_list_filters_and_searches(self, desk: Desk) -> None:
        """By status, by a part of the word, by a part of the note; without the archived."""
        await made(desk)
        await made(desk, "SPRING10", description="newsletter")
        await made(desk, "OLD50")
        async with desk.db.transaction() as session:
            await discount_codes.pause(session, (await kept(desk)).id, MARIA_ACTS)
            await discount_codes.archive(session, (await kept(desk, "OLD50")).id, MARIA_ACTS)

        told = await say(desk, "list", "2 codes (1 active, 1 paused, 1 archived).")
        assert "OLD50" not in told
        assert "LAUNCH20" in await say(desk, "list PAUSED", "1 paused code")
        assert "SPRING10" in await say(desk, "list letter", "1 code with “letter”")
        assert "OLD50" in await say(desk, "list archived old", "1 archived code with “old”")
        await say(desk, "list 100%", "There is no code with “100%”.")


class TestCreate:
    """`/affiliate code create`."""

    async def test_a_code_is_made_with_the_fewest_fields(self, desk_on_both: Desk) -> None:
        """A word and a number; the rest has sensible defaults, and Stripe hears of it."""
        desk = desk_on_both
        view = await form(desk, "create launch20", "New discount code")
        assert "LAUNCH20" in str(view)

        assert (await desk.ws.submit(MARIA, view["id"], {"How much": "20"})).ok

        told = await desk.whispered(MARIA, "LAUNCH20 is made")
        assert "20% off the first payment, once per customer." in told
        code = await kept(desk)
        assert (code.discount_value, code.duration, code.max_uses_per_user) == (20, "once", 1)
        assert (code.max_uses, code.stackable, code.first_purchase_only) == (None, False, False)
        assert code.created_by == "@maria"
        assert effects.PROMOTION_CODE in [one.kind for one in await effects_asked_for(desk.db)]

    async def test_every_field_can_be_filled_in(self, desk: Desk) -> None:
        """Fields that belong to a choice appear with it; the sentence follows."""
        await join(desk.db)
        later = int((clock.now() + timedelta(days=9)).timestamp())
        view = await form(desk, "create", "New discount code")
        typed = {"Code": "SPRING", "How much": "10.5"}
        await desk.ws.click_in(MARIA, view["id"], "discount_type", "fixed_amount", values=typed)
        view = await desk.modal(MARIA, "Currency")
        typed |= {"Takes off": "fixed_amount", "Currency": "eur"}
        await desk.ws.click_in(MARIA, view["id"], "duration", "repeating", values=typed)
        view = await desk.modal(MARIA, "For how many months")

        sent = await desk.ws.submit(
            MARIA,
            view["id"],
            typed
            | {
                "Of": "repeating",
                "For how many months": "3",
                "Uses in all": "100",
                "Uses per customer": "2",
                "Expires": str(later),
                "Smallest plan": "6-month",
                "Also": ["stackable", "first_purchase_only"],
                "Affiliate": "jared30",
                "Note": "Spring fair",
            },
        )

        assert sent.ok, sent
        told = await desk.whispered(MARIA, "SPRING is made")
        assert "€10.50 off the payments of 3 months, twice per customer" in told
        code = await kept(desk, "SPRING")
        assert (code.discount_type, code.discount_value, code.currency) == (
            "fixed_amount",
            1050,
            "eur",
        )
        assert (code.duration, code.duration_months, code.max_uses) == ("repeating", 3, 100)
        assert (code.max_uses_per_user, code.min_plan) == (2, "6-month")
        assert (code.stackable, code.first_purchase_only) == (True, True)
        assert code.expires_at is not None
        assert int(code.expires_at.timestamp()) == later
        assert code.affiliate_user_id is not None
        assert code.description == "Spring fair"

    @pytest.mark.parametrize(
        ("typed", "block", "part"),
        [
            ({"Code": "launch20"}, "code", "upper case"),
            ({"Code": "LAUNCH 20"}, "code", "no spaces"),
            ({"Code": "L\N{CYRILLIC CAPITAL LETTER A}UNCH20"}, "code", "letters A to Z"),
            ({"Code": "TAKEN"}, "code", "taken already"),
            ({"How much": "0"}, "discount_value", "1 or more"),
            ({"How much": "101"}, "discount_value", "from 1 to 100"),
            ({"How much": "12.5"}, "discount_value", "whole number"),
            ({"How much": "-5"}, "discount_value", "whole number"),
            ({"Expires": "1700000000"}, "expires_at", "is over"),
            ({"Affiliate": "NOBODY"}, "affiliate", "no affiliate"),
            ({"Of": "repeating"}, "duration", "how many months"),
        ],
    )
    async def test_a_slip_is_told_beside_its_field(
        self, desk: Desk, typed: dict[str, str], block: str, part: str
    ) -> None:
        """The form stays as it is, and nothing is made."""
        await made(desk, "TAKEN")
        view = await form(desk, "create", "New discount code")

        sent = await desk.ws.submit(
            MARIA, view["id"], {"Code": "LAUNCH20", "How much": "20"} | typed
        )

        assert list(sent.errors) == [block]
        assert part in sent.errors[block]
        assert desk.ws.top_view(MARIA) is not None
        async with desk.db.read() as session:
            assert [each.code for each in await codes.page(session)] == ["TAKEN"]


class TestAdopt:
    """A code that Stripe had before."""

    async def test_it_is_taken_over_as_it_is(self, desk: Desk) -> None:
        """The form says how, instead of making a second one; the terms are Stripe's."""
        stripe = desk.context.stripe
        assert stripe is not None
        await stripe.coupons.ensure("old", CouponTerms(percent_off=Decimal(40), duration="forever"))
        await stripe.promotion_codes.ensure(
            code="OLDIE",
            coupon_id="old",
            limits=Limits(max_redemptions=7),
            metadata={},
            idempotency_key="old",
        )
        view = await form(desk, "create OLDIE", "New discount code")
        sent = await desk.ws.submit(MARIA, view["id"], {"How much": "20"})
        assert "/affiliate code adopt OLDIE" in sent.errors["code"]

        await say(desk, "adopt oldie", "OLDIE is taken over as Stripe has it.")

        code = await kept(desk, "OLDIE")
        assert (code.discount_value, code.duration, code.max_uses) == (40, "forever", 7)
        assert code.stripe_promotion_code_id.startswith("promo_")
        await say(desk, "adopt OLDIE", "OLDIE is taken here already")

    async def test_a_code_whose_word_stripe_has_is_mended_by_its_button(self, desk: Desk) -> None:
        """It becomes what Stripe has; its note stays, and the log says what changed."""
        code = await made(desk, "OLDIE", description="Spring", discount_value=15)
        stripe = desk.context.stripe
        assert stripe is not None
        await stripe.coupons.ensure("old", CouponTerms(percent_off=Decimal(40)))
        taken = await stripe.promotion_codes.ensure(
            code="OLDIE", coupon_id="old", limits=Limits(), metadata={}, idempotency_key="old"
        )
        await refuse(desk, "OLDIE", str(in_use(taken)))
        await say(desk, "show OLDIE", "in use in Stripe")

        ts = last_whisper(desk)
        assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Adopt it")).ok
        await desk.whispered(MARIA, "OLDIE is taken over as Stripe has it.")

        found = await kept(desk, "OLDIE")
        assert (found.id, found.discount_value, found.description) == (code.id, 40, "Spring")
        assert (found.status, found.stripe_problem) == ("active", "")
        assert found.stripe_promotion_code_id == taken.id
        async with desk.db.read() as session:
            line = (await audit.of_subject(session, f"code:{code.id}"))[-1]
        assert line.action == "code.adopted"
        assert line.detail["changes"]["discount_value"] == [15, 40]

    async def test_only_a_word_that_stripe_has_can_be_adopted(self, desk: Desk) -> None:
        """Another problem, or a code that was made at Stripe, is not mended like that."""
        await made(desk)
        await refuse(desk, "LAUNCH20", "Stripe is not in step with LAUNCH20. No such price.")
        assert "Adopt it" not in await say(desk, "show LAUNCH20", "No such price")

    async def test_what_stripe_has_not_cannot_be_taken_over(self, desk: Desk) -> None:
        """Nor can anything while it does not answer."""
        await say(desk, "adopt NOSUCH", "Stripe has no active promotion code NOSUCH.")
        desk.account.fail_next("/v1", status=503, times=9)
        await say(desk, "adopt NOSUCH", "Nothing was changed: try again.")

    async def test_a_silent_stripe_keeps_nobody_from_making_a_code(self, desk: Desk) -> None:
        """It is made here, and reaches Stripe once that answers."""
        view = await form(desk, "create LAUNCH20", "New discount code")
        desk.account.fail_next("/v1", status=503, times=9)
        assert (await desk.ws.submit(MARIA, view["id"], {"How much": "20"})).ok
        await desk.whispered(MARIA, "LAUNCH20 is made")


class TestChange:
    """Edit, pause, activate, archive; each with the way back."""

    async def test_edit_opens_with_what_is_there(self, desk: Desk) -> None:
        """Saving one changed field changes that one, and the log says so."""
        later = clock.now() + timedelta(days=9)
        code = await made(desk, max_uses=50, description="Spring", expires_at=later)
        view = await form(desk, "edit launch20", "keeps its word")

        assert (await desk.ws.submit(MARIA, view["id"], {"Uses in all": "80"})).ok

        await desk.whispered(MARIA, "LAUNCH20 is saved.")
        now = await kept(desk)
        assert (now.max_uses, now.description, now.expires_at) == (80, "Spring", code.expires_at)
        async with desk.db.read() as session:
            line = (await audit.of_subject(session, f"code:{code.id}"))[-1]
        assert line.action == "code.edited"
        assert line.detail["changes"] == {"max_uses": [50, 80]}

    async def test_an_expired_code_comes_back_with_a_later_end(self, desk: Desk) -> None:
        """And keeps its end if that is not touched."""
        with clock.travel(clock.now() - timedelta(days=9)):
            await made(desk, expires_at=clock.now() + timedelta(days=1, milliseconds=5))
        async with desk.db.transaction() as session:
            await discount_codes.expire_due(session)
        view = await form(desk, "edit LAUNCH20", "keeps its word")
        assert (await desk.ws.submit(MARIA, view["id"], {"Note": "Old"})).ok
        await desk.whispered(MARIA, "LAUNCH20 is saved.")
        assert (await kept(desk)).status == "expired"

        view = await form(desk, "edit LAUNCH20", "keeps its word")
        later = str(int((clock.now() + timedelta(days=9)).timestamp()))
        assert (await desk.ws.submit(MARIA, view["id"], {"Expires": later})).ok
        await desk.whispered(MARIA, "Active: customers can redeem it")
        assert (await kept(desk)).status == "active"

    async def test_every_step_offers_the_way_back(self, desk: Desk) -> None:
        """Pause and Activate undo each other, Activate undoes Archive."""
        await made(desk)
        await say(desk, "pause LAUNCH20", "LAUNCH20 is paused")
        await desk.ws.click(MARIA, AFFILIATES, last_whisper(desk), "Activate")
        await desk.whispered(MARIA, "LAUNCH20 is active")
        assert (await kept(desk)).status == "active"
        await desk.ws.click(MARIA, AFFILIATES, last_whisper(desk), "Archive")
        await desk.whispered(MARIA, "LAUNCH20 is archived")
        await desk.ws.click(MARIA, AFFILIATES, last_whisper(desk), "Activate")
        await desk.ws.until(
            lambda: (
                "LAUNCH20 is active" in desk.ws.text_of(desk.ws.ephemerals(AFFILIATES, MARIA)[-1])
                or None
            )
        )
        assert (await kept(desk)).status == "active"

    async def test_twice_is_told(self, desk: Desk) -> None:
        """Somebody else was first."""
        await made(desk)
        await say(desk, "pause LAUNCH20", "LAUNCH20 is paused")
        await say(desk, "pause LAUNCH20", "LAUNCH20 is paused already.")

    async def test_archiving_asks_first(self, desk: Desk) -> None:
        """On a card with a dialog, in a list with a modal."""
        await made(desk)
        assert "confirm" in str(
            desk.ws.ephemerals(AFFILIATES, MARIA)
            if await say(desk, "show LAUNCH20", "LAUNCH20")
            else ""
        )
        await say(desk, "list", "1 code")
        await desk.ws.click(MARIA, AFFILIATES, last_whisper(desk), "Archive")
        view = await desk.modal(MARIA, "cannot be redeemed any more then")
        assert (await kept(desk)).status == "active"

        assert (await desk.ws.submit(MARIA, view["id"])).ok

        await desk.whispered(MARIA, "LAUNCH20 is archived")
        assert (await kept(desk)).status == "archived"

    async def test_an_archived_code_is_not_edited(self, desk: Desk) -> None:
        """It has to come back first."""
        await made(desk)
        await say(desk, "archive LAUNCH20", "LAUNCH20 is archived")
        await say(desk, "edit LAUNCH20", "Activate it first.")

    async def test_what_stripe_refuses_is_retried(self, desk: Desk) -> None:
        """The card says what is wrong and asks Stripe again."""
        await made(desk)
        await refuse(desk, "LAUNCH20", "Stripe has no such product.")
        before = len(await effects_asked_for(desk.db))
        await say(desk, "show LAUNCH20", "Stripe has no such product.")

        await desk.ws.click(MARIA, AFFILIATES, last_whisper(desk), "Retry")

        await desk.whispered(MARIA, "Stripe is asked once more to honour LAUNCH20.")
        assert len(await effects_asked_for(desk.db)) == before + 1

    async def test_a_code_is_shown_to_be_copied(self, desk: Desk) -> None:
        """As text that can be selected."""
        await made(desk)
        await say(desk, "list", "1 code")
        await desk.ws.click(MARIA, AFFILIATES, last_whisper(desk), "Copy code")
        await desk.modal(MARIA, "LAUNCH20")


class TestBulk:
    """`/affiliate code bulk`."""

    async def test_all_are_made_at_once(self, desk_on_both: Desk) -> None:
        """The most that the form takes, while Slack waits; on the same terms, with one card."""
        desk = desk_on_both
        most = discount_codes.MOST_AT_ONCE
        view = await form(desk, f"bulk {most} news", "Many discount codes")

        assert (await desk.ws.submit(MARIA, view["id"], {"How much": "20"})).ok

        await desk.whispered(MARIA, f"{most} codes NEWS-… are made.")
        async with desk.db.read() as session:
            found = await codes.page(session, limit=most + 1)
            told = [await audit.of_subject(session, f"code:{one.id}") for one in found[:2]]
            assert await first_broken_line(session) is None
        assert len({each.batch for each in found}) == 1
        assert [each.max_uses for each in found] == [1] * most
        assert [[line.detail["code"] for line in lines] for lines in told] == [
            [one.code] for one in found[:2]
        ]
        assert all(each.code.startswith("NEWS-") for each in found)
        kinds = [one.kind for one in await effects_asked_for(desk.db)]
        assert kinds.count(effects.CODE_BATCH) == 1

    @pytest.mark.parametrize(
        ("typed", "block"),
        [
            ({"They begin with": "news"}, "prefix"),
            ({"They begin with": "N" * 40}, "prefix"),
            ({"How much": "101"}, "discount_value"),
        ],
    )
    async def test_a_slip_makes_none(self, desk: Desk, typed: dict[str, str], block: str) -> None:
        """It is told beside its field."""
        view = await form(desk, "bulk", "Many discount codes")
        sent = await desk.ws.submit(
            MARIA, view["id"], {"They begin with": "NEWS", "How much": "20"} | typed
        )
        assert list(sent.errors) == [block]
        async with desk.db.read() as session:
            assert not await codes.page(session)


async def open_codes(desk: Desk) -> None:
    """Open the App Home at its tab of codes."""
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "Codes")
    await desk.ws.click_in(MARIA, view["id"], "home.codes")


class TestHome:
    """The App Home's tab."""

    async def test_it_shows_figures_and_codes(self, desk: Desk) -> None:
        """What all codes gave, and each of them."""
        await made(desk, max_uses=9)
        await open_codes(desk)

        text = desk.ws.text_of(await home(desk, MARIA, "Discount codes"))

        assert text.index("Discount codes") < text.index("LAUNCH20")
        for part in ("1 code", "1 active", "0 redemptions", "0 of 9 uses", "New code"):
            assert part in text

    async def test_steps_are_taken_there_and_undone(self, desk: Desk) -> None:
        """The section says what happened and offers the way back, in the same page of codes."""
        await made(desk)
        await made(desk, "OTHER")
        await open_codes(desk)
        view = await home(desk, MARIA, "LAUNCH20")
        block = next(b["block_id"] for b in view["blocks"] if "LAUNCH20" in str(b.get("text")))
        await desk.ws.click_in(MARIA, view["id"], "code.status", "active")
        await desk.ws.until(lambda: _shows_status(desk, "active"))
        view = await home(desk, MARIA, "LAUNCH20")
        block = next(b["block_id"] for b in view["blocks"] if "LAUNCH20" in str(b.get("text")))

        await desk.ws.click_in(MARIA, view["id"], (block, "Pause"))

        text = desk.ws.text_of(await home(desk, MARIA, "LAUNCH20 is paused"))
        assert "OTHER\nactive" in text
        assert "LAUNCH20\npaused" not in text
        await desk.ws.click_in(MARIA, view["id"], "Activate again")
        await home(desk, MARIA, "LAUNCH20 is active: customers can redeem it.")

    async def test_a_code_is_made_and_edited_from_there(self, desk: Desk) -> None:
        """The forms lead back to it."""
        await open_codes(desk)
        view = await home(desk, MARIA, "There is no code yet.")
        await desk.ws.click_in(MARIA, view["id"], "New code")
        opened = await desk.modal(MARIA, "New discount code")
        await desk.ws.submit(MARIA, opened["id"], {"Code": "LAUNCH20", "How much": "20"})
        view = await home(desk, MARIA, "LAUNCH20 is made")
        await desk.ws.click_in(MARIA, view["id"], "Edit")
        opened = await desk.modal(MARIA, "keeps its word")
        await desk.ws.submit(MARIA, opened["id"], {"How much": "25"})

        await home(desk, MARIA, "25% off the first payment")

    async def test_codes_are_searched_and_paged(self, desk: Desk) -> None:
        """More than fit are one press away, and so is the way back."""
        for number in range(10):
            await made(desk, f"CODE{number}")
        await open_codes(desk)
        view = await home(desk, MARIA, "CODE9")
        assert "CODE1\n" not in desk.ws.text_of(view)

        await desk.ws.click_in(MARIA, view["id"], "Older codes")
        assert "CODE9" not in desk.ws.text_of(await home(desk, MARIA, "CODE1\n"))
        await desk.ws.click_in(MARIA, view["id"], "Back to the newest")
        await home(desk, MARIA, "CODE9")
        await desk.ws.click_in(MARIA, view["id"], "code.search", "de3")
        await desk.ws.until(lambda: _shows_only(desk, "CODE3"))

    async def test_what_stripe_refuses_is_retried_there(self, desk: Desk) -> None:
        """It stands below its code."""
        await made(desk)
        await refuse(desk, "LAUNCH20", "Stripe has no such product.")
        await open_codes(desk)
        view = await home(desk, MARIA, "Stripe has no such product.")
        await desk.ws.click_in(MARIA, view["id"], "Retry")
        await home(desk, MARIA, "Stripe is asked once more to honour LAUNCH20.")


def _shows_status(desk: Desk, status: str) -> bool | None:
    return (
        f'"status": "{status}"' in (desk.ws.home(MARIA) or {}).get("private_metadata", "") or None
    )


def _shows_only(desk: Desk, word: str) -> bool | None:
    text = desk.ws.text_of(desk.ws.home(MARIA) or {})
    return (word in text and "CODE9" not in text) or None
