"""Words that no promo code may hold, and harmless ones that happen to hold one of them.

Stems are looked for anywhere in a code, also with digits standing in for letters. A program
adds its own with the setting `banned_code_words`.
"""

# ruff: noqa: SIM905 - as list literals these would be two screens of single words

OFFENSIVE = (
    "ANAL ANUS ARSE BASTARD BITCH BOLLOCK BONER BOOB COCK COON CUM CUNT DICK DILDO DYKE FAG "
    "FUCK FUK GOOK HITLER JIZZ KIKE KKK NAZI NEGRO NIGG NUDE PENIS PISS PORN PUSSY RAPE RETARD "
    "SEX SHIT SLUT SPIC TITS TWAT VAGINA WANK WHORE XXX"
).split()

HARMLESS = (
    "ANALOG ANALY ARSENAL BANAL BETSEXP CANAL COARSE COCKTAIL COCOON CUCUMBER DICKENS DICKSON "
    "DOCUMENT DRAPE ESSEX GRAPE HANCOCK HITCOCK HOARSE ODDSEXP PARSE PEACOCK PICKSEXP RACCOON "
    "SCRAPE SCUM SPICE SPICKS SPICY SPORTSEXP SUSSEX SWANK THERAP TRAPEZ TWATCH TYCOON"
).split()
