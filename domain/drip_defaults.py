"""The ready-made texts of the first weeks' mails; operators may write their own."""

from typing import Final

from domain.drip_texts import Text

_SHARE: Final = """\
Hello {name},

Most affiliates who earn anything share their link on the first day. It takes five minutes:

1. Copy your link: {link}
2. Open the place where your audience already listens to you: a chat, a profile, a newsletter.
3. Say in one sentence why you use {product}, add the link and your code {code}, and send it.

Your customers get {offer}. Here is a sentence to start from:

> I use {product} myself. With my code {code} you get {offer}: {link}

Say plainly that you earn from it. These words do:

> {disclosure}

[Make a link of your own]({links})

Tip: give every place its own tag in the link maker. Then you see later which of them works.
"""

_REVIEW: Final = """\
Hello {name},

A review keeps working for months after you wrote it. It need not be long; it has to be yours.

# A shape that works

1. **Before:** what annoyed you, or took you too long.
2. **What changed:** one thing that {product} does for you, with a picture or a number.
3. **What is missing:** say it. Nobody believes a review without a fault.
4. **Who it is for**, and for whom it is not.
5. **How to try it:** your code {code} and your link.

> {disclosure} I have used {product} for a while now. What I like most is … What I would change \
is … If you want to try it: with {code} you get {offer}. {link}

[Let us draft it for you]({posts})

Promise nobody a result, and keep the sentence about the partnership at the top.
"""

_SOCIAL: Final = """\
Hello {name},

Three posts for this week. Take them as they are, or make them sound like you:

> Somebody asked me what I use for this: {product}. My code {code} gives you {offer}. {link} #ad

> One thing I wish I had known earlier about {product}: … (your tip here). If you try it, \
{code} gives you {offer}: {link} #ad

> I am asked about {product} a lot, so here is my honest list: two things I like, one that I \
do not. Link with {offer}: {link} #ad

# When to post

- Weekdays between 8 and 10 in the morning and between 6 and 9 in the evening, where your \
audience lives.
- The day before something happens that your audience waits for, not the day after.
- Twice: most people miss the first one. Leave three days in between.

[Find banners and more words]({resources})
"""

_STATS: Final = """\
Hello {name},

You have been in for five days: time to look at what happens behind your link.

- **Clicks** are people, not machines: previews and repeats of the same day are left out.
- **Sign-ups** came through your link and made an account.
- **Conversions** are customers who paid for the first time. From here on you earn: \
{commission}.
- **Pending** money waits until refunds have become rare. **Available** money can be paid out.

Clicks but no sign-ups? Say more clearly who it is for. Sign-ups but no conversions? Remind \
people of the code {code}: it gives them {offer}.

[See which places bring clicks]({sources})

Have you said how you want to be paid? It takes a minute: [payouts]({payouts})
"""

_REPORT: Final = """\
Hello {name},

This is your first week with {product}:

{figures}

# What to do in the second week

- Do more of what brought the most, and drop the rest.
- Put your link where it stays: your profile, the description of your videos, your signature.
- [Publish your partner page]({landing}). It says everything in one place, and you share one \
address.

[Open your dashboard]({dashboard})
"""

_ADVANCED: Final = """\
Hello {name},

Two weeks in. This is what the affiliates who earn most have in common:

1. **They compare.** Every place has its own tag, and once a week they look at [their \
sources]({sources}).
2. **They answer questions.** A post that answers one question beats ten that advertise.
3. **They build a path.** Post, then partner page, then code: each step says one thing.
4. **They come back to it.** What worked in March is told again in April, to those who missed \
it.
5. **They ask.** If you need a picture, a number or a code for an event, answer this mail.

[Set up your partner page]({landing})

And always: {disclosure}
"""

DEFAULTS: Final = {
    "share": Text(
        "Share your first link today",
        "Five minutes, one sentence, and a link.",
        _SHARE.strip(),
    ),
    "review": Text(
        "Write your first review of {product}",
        "A shape that works, and words to start from.",
        _REVIEW.strip(),
    ),
    "social": Text(
        "Three posts for this week",
        "Ready to copy, and when to post them.",
        _SOCIAL.strip(),
    ),
    "stats": Text(
        "How to read your dashboard",
        "Clicks, sign-ups, conversions: what each of them tells you.",
        _STATS.strip(),
    ),
    "report": Text(
        "Your first week with {product}",
        "Your own figures, and what to do next.",
        _REPORT.strip(),
    ),
    "advanced": Text(
        "What top earners do differently",
        "Five habits that you can take over.",
        _ADVANCED.strip(),
    ),
}
"""For each step its text."""
