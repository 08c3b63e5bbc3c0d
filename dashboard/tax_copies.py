"""A recipient's copy of a year's 1099-NEC as a PDF: a substitute statement with a shortened number.

https://www.irs.gov/pub/irs-pdf/p1179.pdf says what such a statement has to say.
"""

import io
import unicodedata
from pathlib import Path
from typing import Final

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import LETTER
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from domain.countries import country
from domain.money import money
from domain.tax_values import TaxPayer
from domain.tax_years import DOLLARS, Total
from domain.tins import masked
from storage.taxes import TaxForm

_FONTS: Final = Path(reportlab.__file__).parent / "fonts"
_PLAIN, _BOLD = "Vera", "VeraBd"
_MARGIN, _LINE = 54.0, 13.0
_INK, _SOFT = HexColor("#1a1a1a"), HexColor("#555555")
_WIDEST = 62
_LEGEND: Final = (
    "This is important tax information and is being furnished to the IRS. If you are required to",
    "file a return, a negligence penalty or other sanction may be imposed on you if this income is",
    "taxable and the IRS determines that it has not been reported.",
)
_NOTES: Final = (
    "Box 1 is what you were paid as somebody who is not an employee, by the day of payment.",
    "Box 4 is backup withholding: include it in your tax return as tax withheld.",
    "Only the last four digits of your tax number are shown here, to protect you. The whole number",
    "is reported to the IRS. Payments by PayPal and other networks are reported by those.",
)


def copy_b(total: Total, form: TaxForm, payer: TaxPayer) -> bytes:
    """The copy of one recipient."""
    for name in (_PLAIN, _BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
    made = io.BytesIO()
    page = _Page(Canvas(made, pagesize=LETTER, invariant=1, pageCompression=0))
    page.title(f"Form 1099-NEC for {total.year}", "Nonemployee compensation")
    page.note("Copy B, for the recipient. Substitute statement (OMB No. 1545-0116).")
    page.part("Payer", payer.name, payer.address, payer.phone, f"TIN: {payer.tin}")
    city = ", ".join(each for each in (form.address_city, form.address_state) if each)
    page.part(
        "Recipient",
        form.legal_name,
        form.business_name,
        form.address_line1,
        form.address_line2,
        f"{city} {form.address_zip}",
        country(form.address_country),
        f"TIN: {masked(form.tax_id_type, form.tax_id_last4, form.address_country)}",
        f"Account number: {total.affiliate.reference}",
    )
    page.box("1", "Nonemployee compensation", money(total.reported, DOLLARS))
    page.box("4", "Federal income tax withheld", money(total.withheld, DOLLARS))
    page.lines(*_LEGEND)
    page.lines(*_NOTES)
    page.end(f"1099-NEC {total.year}")
    return made.getvalue()


def file_name(total: Total) -> str:
    """What the copy is called as a file; it holds nothing secret."""
    return f"1099-nec-{total.year}-{total.affiliate.reference}.pdf"


def _writable(text: str) -> str:
    """The text in the letters that the font has; others without their accents, or as a mark."""
    has = pdfmetrics.getFont(_PLAIN).face.charToGlyph
    found = []
    for letter in text:
        plain = unicodedata.normalize("NFKD", letter)
        found.append(letter if ord(letter) in has else plain[0] if ord(plain[0]) in has else "?")
    return "".join(found)[:_WIDEST]


class _Page:
    """One page, written from the top down."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._width, height = LETTER
        self._y = height - _MARGIN

    def _text(
        self, text: str, *, size: float = 9.5, bold: bool = False, soft: bool = False
    ) -> None:
        self._canvas.setFont(_BOLD if bold else _PLAIN, size)
        self._canvas.setFillColor(_SOFT if soft else _INK)
        self._canvas.drawString(_MARGIN, self._y, text)
        self._y -= size + 4

    def title(self, text: str, below: str) -> None:
        self._text(text, size=17, bold=True)
        self._text(below, size=11)

    def note(self, text: str) -> None:
        self._text(text, soft=True)
        self._y -= _LINE

    def part(self, title: str, *lines: str) -> None:
        self._text(title.upper(), size=8, bold=True, soft=True)
        for line in lines:
            if line.strip():
                self._text(_writable(line.strip()))
        self._y -= _LINE

    def box(self, number: str, title: str, amount: str) -> None:
        self._canvas.setStrokeColor(_SOFT)
        self._canvas.rect(_MARGIN, self._y - 18, self._width - 2 * _MARGIN, 32)
        self._canvas.setFont(_PLAIN, 9.5)
        self._canvas.setFillColor(_INK)
        self._canvas.drawString(_MARGIN + 10, self._y - 6, f"{number}  {title}")
        self._canvas.setFont(_BOLD, 12)
        self._canvas.drawRightString(self._width - _MARGIN - 10, self._y - 6, amount)
        self._y -= 44

    def lines(self, *lines: str) -> None:
        for line in lines:
            self._text(line, size=8.5, soft=True)
        self._y -= _LINE

    def end(self, title: str) -> None:
        self._canvas.setTitle(title)
        self._canvas.showPage()
        self._canvas.save()
