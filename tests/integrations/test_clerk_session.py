"""What a Clerk session token must be before somebody is signed in by it."""

from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

import clock
from integrations.clerk_session import ClerkSession, InvalidSessionToken, verify_session_token
from integrations.errors import TransportError

ORIGIN = "https://desk.example"
NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def pem(key: RSAPrivateKey) -> str:
    """The public half, as Clerk's dashboard shows it."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    """Clerk's signing key."""
    return generate_private_key(65537, 2048)


def token(key: RSAPrivateKey, **changes: Any) -> str:
    """A token issued at noon for a minute; a claim set to None is left out."""
    noon = int(NOON.timestamp())
    claims = {
        "azp": ORIGIN,
        "exp": noon + 60,
        "iat": noon,
        "iss": "https://clerk.desk.example",
        "nbf": noon - 10,
        "sid": "sess_1",
        "sub": "user_1",
        "v": 2,
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm="RS256")


def verify(key: RSAPrivateKey, raw: str) -> ClerkSession:
    """Verify at half a minute past noon."""
    with clock.travel(NOON.replace(second=30)):
        return verify_session_token(raw, pem(key), [ORIGIN])


def test_a_genuine_token_names_its_user_and_session(key: RSAPrivateKey) -> None:
    """A fresh token of our own origin signs its user in, by our clock and without network."""
    assert verify(key, token(key)) == ClerkSession(user_id="user_1", session_id="sess_1")


@pytest.mark.parametrize(
    "changes",
    [
        {"azp": "https://evil.example"},
        {"azp": None},
        {"exp": int(NOON.timestamp()) - 60},
        {"exp": None},
        {"nbf": int(NOON.timestamp()) + 600},
        {"nbf": None},
        {"sub": None},
        {"sid": None},
        {"sts": "pending"},
    ],
    ids=str,
)
def test_a_token_that_lacks_a_proof_signs_nobody_in(
    key: RSAPrivateKey, changes: dict[str, Any]
) -> None:
    """Another site's, an expired, a future, a nameless or an unfinished session is refused."""
    with pytest.raises(InvalidSessionToken):
        verify(key, token(key, **changes))


def test_a_token_of_another_key_signs_nobody_in(key: RSAPrivateKey) -> None:
    """Only Clerk's own key counts, and only by RS256."""
    forged = token(generate_private_key(65537, 2048))
    unsigned = jwt.encode({"sub": "user_1"}, "", algorithm="none")
    for raw in (forged, unsigned, token(key)[:-4] + "AAAA"):
        with pytest.raises(InvalidSessionToken):
            verify(key, raw)


@pytest.mark.parametrize("raw", ["", "nonsense", "oat_secret", "mt_a.b.c", "ak_1", "ey.a.b\n", "é"])
def test_what_is_no_token_goes_nowhere(key: RSAPrivateKey, raw: str) -> None:
    """Text that is no JWT is refused here; above all it is not sent on to Clerk."""
    with pytest.raises(InvalidSessionToken):
        verify(key, raw)


def test_an_unusable_public_key_is_our_own_fault(key: RSAPrivateKey) -> None:
    """A wrong CLERK_JWT_KEY is reported as such, and not as a bad visitor."""
    with pytest.raises(TransportError, match="CLERK_JWT_KEY") as caught:
        verify_session_token(token(key), "no key", [ORIGIN])
    assert caught.value.permanent
