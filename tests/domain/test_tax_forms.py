"""The interview chooses the form, and a form is taken only when it is filled in as it has to be."""

import pytest

from domain.errors import InvalidError
from domain.tax_choices import CERTIFICATIONS, NO_WITHHOLDING
from domain.tax_forms import certification_name, names_match, parse
from domain.tax_interview import Interview, interview
from tests.tax_builders import AMERICAN, GERMAN, GERMAN_COMPANY, US_COMPANY, draft, typed


@pytest.mark.parametrize(
    ("us", "holder", "country", "form"),
    [
        ("yes", "individual", "US", "w9"),
        ("yes", "individual", "DE", "w9"),
        ("yes", "entity", "US", "w9"),
        ("no", "individual", "DE", "w8ben"),
        ("no", "entity", "DE", "w8bene"),
    ],
)
def test_three_answers_choose_the_form(us: str, holder: str, country: str, form: str) -> None:
    """An American abroad still fills in a W-9."""
    assert interview(us, holder, country).form_type == form


def test_answers_that_do_not_fit_are_said() -> None:
    """Each question by itself."""
    with pytest.raises(InvalidError) as nothing:
        interview("", "", "")
    assert set(nothing.value.fields) == {"us", "holder", "country"}
    with pytest.raises(InvalidError) as at_home:
        interview("no", "individual", "US")
    assert "is a U.S. person" in at_home.value.fields["country"]


@pytest.mark.parametrize("asked", [AMERICAN, US_COMPANY, GERMAN, GERMAN_COMPANY])
def test_a_whole_form_is_taken(asked: Interview) -> None:
    """With what was certified, word by word."""
    found = draft(asked)
    assert found.form_type == asked.form_type
    assert found.certifications == CERTIFICATIONS[asked.form_type]
    assert found.tin.kind == ("ein" if asked is US_COMPANY else "ssn" if asked.us else "foreign")
    assert found.date_of_birth == ("1990-05-31" if asked is GERMAN else "")


@pytest.mark.parametrize(
    ("asked", "changes", "field"),
    [
        (AMERICAN, {"legal_name": " "}, "legal_name"),
        (AMERICAN, {"legal_name": "536-90-4399"}, "legal_name"),
        (AMERICAN, {"business_name": "SSN 536 90 4399"}, "business_name"),
        (AMERICAN, {"tax_id": "000-00-0000"}, "tax_id"),
        (AMERICAN, {"tax_id_type": "foreign"}, "tax_id_type"),
        (AMERICAN, {"address_state": "California"}, "address_state"),
        (AMERICAN, {"address_zip": "9410"}, "address_zip"),
        (AMERICAN, {"address_country": "XX"}, "address_country"),
        (AMERICAN, {"signed_name": "Somebody Else"}, "signed_name"),
        (AMERICAN, {"signed_name": ""}, "signed_name"),
        (US_COMPANY, {"classification": "individual"}, "classification"),
        (US_COMPANY, {"signed_as": ""}, "signed_as"),
        (US_COMPANY, {"tax_id": "536-90-4399"}, "tax_id"),
        (GERMAN, {"date_of_birth": "31.5.1990"}, "date_of_birth"),
        (GERMAN, {"date_of_birth": "2999-01-01"}, "date_of_birth"),
        (GERMAN, {"citizenship": "US"}, "citizenship"),
        (GERMAN, {"address_country": "US"}, "address_country"),
        (GERMAN, {"address_line1": "P.O. Box 12"}, "address_line1"),
        (GERMAN, {"tax_id": "365742"}, "tax_id"),
        (GERMAN, {"treaty": "yes", "treaty_rate": "0"}, "treaty_article"),
        (GERMAN, {"treaty": "yes", "treaty_article": "12", "treaty_rate": "44"}, "treaty_rate"),
        (
            GERMAN,
            {"treaty": "y", "treaty_article": "7", "treaty_rate": "0", "tax_id_type": "none"},
            "tax_id_type",
        ),
        (GERMAN_COMPANY, {"fatca_status": ""}, "fatca_status"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    asked: Interview, changes: dict[str, str], field: str
) -> None:
    """And at no other."""
    with pytest.raises(InvalidError) as refused:
        parse(asked, typed(asked, **changes))
    assert list(refused.value.fields) == [field]


def test_every_sentence_has_to_be_certified() -> None:
    """One that was not ticked is asked for."""
    for text in CERTIFICATIONS["w9"]:
        given = typed()
        del given[certification_name(text)]
        with pytest.raises(InvalidError) as refused:
            parse(AMERICAN, given)
        assert list(refused.value.fields) == [certification_name(text)]


def test_who_is_subject_to_withholding_crosses_that_sentence_out() -> None:
    """As on the form; then it is not certified, and that is kept."""
    given = typed(told_to_withhold="yes")
    del given[certification_name(NO_WITHHOLDING)]
    found = parse(AMERICAN, given)
    assert found.told_to_withhold
    assert NO_WITHHOLDING not in found.certifications


def test_a_treaty_is_claimed_with_article_and_rate() -> None:
    """For the country of residence."""
    found = draft(GERMAN, treaty="yes", treaty_article="7 (1)", treaty_rate="0")
    assert found.treaty == {"country": "DE", "article": "7 (1)", "rate": "0", "reason": ""}


@pytest.mark.parametrize(
    ("signed", "legal", "fits"),
    [
        ("Jared Example", "Jared Example", True),
        ("  jared   EXAMPLE ", "Jared Example", True),
        ("Example, Jared", "Jared Example", True),
        ("Jared Example", "Jared Quincy Example", True),
        ("Jared Q. Example", "Jared Quincy Example", True),
        ("Jose Nunez", "José Núñez", True),
        ("Sean OBrien", "Sean O'Brien", True),
        ("王小明", "王小明", True),
        ("Jared", "Jared Example", False),
        ("J. E.", "Jared Example", False),
        ("Jared Other Example", "Jared Example", False),
        ("x", "Jared Example", False),
        ("---", "Jared Example", False),
    ],
)
def test_a_signature_is_the_legal_name(signed: str, legal: str, *, fits: bool) -> None:
    """In the ways in which people write their own name."""
    assert names_match(signed, legal) is fits
