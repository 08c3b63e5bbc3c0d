"""Text on its way into a spreadsheet."""

from typing import Final

_FORMULA: Final = tuple("=+-@＝＋－＠")  # noqa: RUF001 - a spreadsheet reads the wide ones too


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    What begins one is listed at https://owasp.org/www-community/attacks/CSV_Injection.
    """
    starts_one = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if starts_one else text
