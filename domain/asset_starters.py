"""The starter set: resources that fit every program, for operators to add and then to edit."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Starter:
    """One resource of the set. `name` stays, so that it is added once only."""

    name: str
    asset_type: str
    title: str
    body: str


STARTERS: Final = (
    Starter(
        "faq-paid",
        "faq",
        "When and how do I get paid?",
        "Each sale through you is held for a while first, in case it is refunded. After that it "
        "counts as available. Once you have reached the minimum you can request a payout under "
        "Payouts, by the method that you chose there.",
    ),
    Starter(
        "faq-counted",
        "faq",
        "How do you know that a sale is mine?",
        "By your code {code}, whenever a customer types it at checkout, and by your link {link}. "
        "Both work together: somebody who comes by your link and types your code is counted once.",
    ),
    Starter(
        "faq-refund",
        "faq",
        "What happens when a customer gets a refund?",
        "The commission of what was refunded is taken back. Your Earnings page shows it as a line "
        "of its own, so that you can see which sale it belongs to.",
    ),
    Starter(
        "faq-own-code",
        "faq",
        "May I use my own code?",
        "No. Your code is for your audience. Sales to yourself, or to somebody in your household, "
        "earn nothing.",
    ),
    Starter(
        "practice-disclose",
        "best_practice",
        "Say that you earn from it",
        "Put the disclosure where people read it before they click: at the start of a post, aloud "
        "in a video, beside the link in a mail. A tag hidden among twenty others is not enough. "
        "It costs nothing either: people trust those who say how they earn.",
    ),
    Starter(
        "practice-show",
        "best_practice",
        "Show what you do with it",
        "One honest example beats ten adjectives. Show {product} on your own screen, say what you "
        "use it for, what it does not do, and who should not buy it. Then name {code}.",
    ),
    Starter(
        "practice-promise",
        "best_practice",
        "Promise nothing that nobody can keep",
        "No guaranteed results, no invented deadlines, no prices that are not on the pricing page. "
        "Speak of what you did and saw yourself.",
    ),
    Starter(
        "mail-introduce",
        "email_template",
        "Introduce {product} to your list",
        "Subject: What I use {product} for\n\n"
        "Hi,\n\n"
        "several of you asked what I work with, so here it is: I use {product}. What I like best "
        "is [one thing that you really use]. What I miss is [one honest point].\n\n"
        "If you would like to try it, my code {code} takes {offer} off your first purchase:\n"
        "{link}\n\n"
        "So that you know: I am a partner of {product} and earn a commission when you buy with my "
        "code.\n\n"
        "[Your name]",
    ),
    Starter(
        "post-short",
        "social_post",
        "A short post",
        "Ad: I use {product} for [what you use it for]. With my code {code} you get {offer} off "
        "your first purchase, and I earn a commission. {link}",
    ),
    Starter(
        "post-question",
        "social_post",
        "A post that answers a question",
        "People ask me how I [what you do]. Honest answer: with {product}, and some practice. If "
        "you want to try it, {code} saves you {offer}. I am a partner and earn when you buy. "
        "{link} #ad",
    ),
    Starter(
        "swipe-video",
        "swipe_file",
        "Thirty seconds for a video",
        "This part is about a product that I earn from, so judge for yourself.\n"
        "[Show the screen.] This is {product}. I use it every week for [what you use it for].\n"
        "[Show one thing.] This here used to take me an hour.\n"
        "If you want to try it, the code {code} takes {offer} off your first purchase. The link "
        "is below.",
    ),
    Starter(
        "snippet-bio",
        "text_snippet",
        "For your bio or channel description",
        "{offer} off {product} with code {code} (ad, I earn a commission): {link}",
    ),
)
