"""mrkdwn as a person sees it, and never as markup of its own."""

import pytest

from sandbox.slack.markdown import markdown
from sandbox.slack.mrkdwn import Mrkdwn

WORDS = Mrkdwn({"U0MARIA": "maria"}, {"C0AFF": "affiliates"})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _it_ ~no~", "<b>bold</b> <i>it</i> <s>no</s>"),
        ("2*3*4 snake_case_word", "2*3*4 snake_case_word"),
        ("* not bold *", "* not bold *"),
        ("`*code*`", "<code>*code*</code>"),
        ("```\n<a>*x*\n```", "<pre>&lt;a&gt;*x*</pre>"),
        ("a\nb", "a<br>b"),
        ("&gt; said\nafter", "<blockquote>said</blockquote>after"),
        ("> raw", "<blockquote>raw</blockquote>"),
        ("<@U0MARIA>", '<span class="mention">@maria</span>'),
        ("*<@U0MARIA>*", '<b><span class="mention">@maria</span></b>'),
        ("<#C0AFF|x>", '<span class="mention">#affiliates</span>'),
        ("<!here>", '<span class="mention loud">@here</span>'),
        (":tada: :no_such_thing:", "🎉 :no_such_thing:"),
        ("&amp;lt;", "&amp;lt;"),
        ("<!date^notatime^{date}|then>", "then"),
    ],
)
def test_control_sequences(text: str, shown: str) -> None:
    """Slack's rules for formatting, mentions, escapes and emoji."""
    assert str(WORDS.html(text)) == shown


def test_dates_are_written_out() -> None:
    """A date token shows the moment in words, in UTC."""
    shown = WORDS.html("<!date^1795240000^{date_short} at {time}|then>")
    assert "Nov 21, 2026 at 05:46" in shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "<javascript:alert(1)|click>",
        '<https://a.example/"onmouseover="alert(1)|x>',
        "*<b onclick=x>*",
        "```</pre><script>1</script>```",
        "\ue0000\ue001",
        "<@U1|<i>>",
        "<data:text/html,x|y>",
    ],
)
def test_nothing_becomes_markup(text: str) -> None:
    """Hostile text comes out as text, in every renderer."""
    for shown in (WORDS.html(text), WORDS.plain(text), markdown(text)):
        assert "<script" not in shown
        assert "<img" not in shown
        assert 'javascript:alert(1)"' not in shown
        assert 'href="javascript' not in shown
        assert 'href="data' not in shown
        assert 'onmouseover="' not in shown
        assert "<b onclick" not in shown


def test_links_are_only_web_and_mail() -> None:
    """http, https and mailto become links that tell the other site nothing."""
    shown = str(WORDS.html("<https://a.example/?a=1&amp;b=2|shop> <mailto:a@b.example>"))
    assert 'href="https://a.example/?a=1&amp;b=2"' in shown
    assert 'href="mailto:a@b.example"' in shown
    assert shown.count('rel="noopener noreferrer nofollow"') == 2


def test_plain_text_is_left_alone() -> None:
    """plain_text has no formatting, and emoji only where asked for."""
    assert str(WORDS.plain("*a* <@U0MARIA> :tada:")) == "*a* &lt;@U0MARIA&gt; 🎉"
    assert str(WORDS.plain(":tada:", with_emoji=False)) == ":tada:"


def test_markdown_blocks() -> None:
    """Headings, lists, bold, code and links of a markdown block."""
    shown = markdown("# Report\n**big** `x`\n- one\n- [two](https://a.example)\n\n1. first")
    assert '<p class="md-h">Report</p>' in shown
    assert "<b>big</b> <code>x</code>" in shown
    assert "<ul><li>one</li><li><a href=" in shown
    assert "<ol><li>first</li></ol>" in shown
