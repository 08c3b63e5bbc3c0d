"""Mail domains where everybody may have a mailbox, and those whose mailboxes last for minutes."""

from typing import Final

from disposable_email_domains import blocklist

DISPOSABLE_DOMAINS: Final[frozenset[str]] = frozenset(blocklist)

PUBLIC_DOMAINS: Final = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com"),
        *("hotmail.co.uk", "hotmail.fr", "hotmail.de", "outlook.de", "outlook.fr", "live.co.uk"),
        *("yahoo.com", "yahoo.co.uk", "yahoo.co.jp", "yahoo.co.in", "yahoo.fr", "yahoo.de"),
        *("ymail.com", "rocketmail.com", "aol.com", "icloud.com", "me.com", "mac.com"),
        *("proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.com", "fastmail.com"),
        *("gmx.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "mail.com"),
        *("freenet.de", "posteo.de", "mailbox.org", "zoho.com", "hey.com", "duck.com"),
        *("mail.ru", "yandex.ru", "yandex.com", "bk.ru", "list.ru", "inbox.ru", "rambler.ru"),
        *("qq.com", "163.com", "126.com", "sina.com", "foxmail.com", "naver.com", "daum.net"),
        *("hanmail.net", "rediffmail.com", "uol.com.br", "bol.com.br", "terra.com.br", "free.fr"),
        *("orange.fr", "wanadoo.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it"),
        *("tiscali.it", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "seznam.cz", "btinternet.com"),
        *("comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net"),
        *(
            "charter.net",
            "earthlink.net",
            "shaw.ca",
            "rogers.com",
            "bigpond.com",
            "optusnet.com.au",
        ),
        *("privaterelay.appleid.com", "mozmail.com", "simplelogin.com", "anonaddy.com"),
    }
)
"""Where everybody may have a mailbox: that many do is no pattern."""
