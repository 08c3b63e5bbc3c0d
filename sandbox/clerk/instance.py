"""A Clerk instance without Clerk: users, their metadata, and session tokens that verify."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

import clock
from sandbox.faults import Traffic
from sandbox.store import Store

Json = dict[str, Any]

METADATA_LIMIT: Final = 8 * 1024
"""Bytes of one kind of metadata, at most (https://clerk.com/docs/guides/users/extending)."""
TOKEN_LIFETIME_S: Final = 3600
"""Clerk's own tokens live a minute and are renewed by its script, which nobody runs here."""


class MetadataTooLargeError(Exception):
    """The merged metadata is larger than Clerk keeps. `kind` says which of the three."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The given {kind} exceeds the maximum allowed size of {METADATA_LIMIT} bytes (8 KB)."
        )
        self.kind = kind


class ClerkInstance:
    """The users of one product. Everything is kept in `store`, the signing key too.

    `origin` is what its session tokens carry as `azp`: the address that the product is seen at.
    """

    def __init__(
        self,
        *,
        store: Store | None = None,
        secret_key: str = "sk_test_sandbox",  # noqa: S107 - public by design
        origin: str = "http://127.0.0.1:8080",
    ) -> None:
        self.store = store or Store()
        self.secret_key = secret_key
        self.origin = origin
        self.traffic = Traffic(lambda status: error_body(*_ORDERED.get(status, _OUTAGE)))
        data = self.store.data
        if "signing_key" not in data:
            data["signing_key"] = (
                generate_private_key(public_exponent=65537, key_size=2048)
                .private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
                .decode()
            )
            data["users"] = {}
            self.store.save()

    @property
    def jwt_key(self) -> str:
        """The public key, in PEM, as Clerk's dashboard shows it."""
        key = serialization.load_pem_private_key(self._signing_key, password=None)
        return (
            key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    @property
    def users(self) -> list[Json]:
        """All users, the newest first."""
        return list(reversed(self._users.values()))

    def add_user(
        self, email: str, *, first_name: str = "", last_name: str = "", verified: bool = True
    ) -> Json:
        """Add a user with one address, and return them as the API shows them."""
        now = int(clock.timestamp() * 1000)
        address = {
            "id": f"idn_{secrets.token_hex(12)}",
            "object": "email_address",
            "email_address": email,
            "reserved": False,
            "verification": {
                "object": "verification_otp",
                "status": "verified" if verified else "unverified",
                "strategy": "email_code",
                "attempts": 1,
                "expire_at": now + 600_000,
            },
            "linked_to": [],
            "created_at": now,
            "updated_at": now,
        }
        user = _BLANK | {
            "id": f"user_{secrets.token_hex(12)}",
            "first_name": first_name or None,
            "last_name": last_name or None,
            "primary_email_address_id": address["id"],
            "email_addresses": [address],
            "public_metadata": {},
            "private_metadata": {},
            "unsafe_metadata": {},
            "created_at": now,
            "updated_at": now,
        }
        self._users[user["id"]] = user
        self.store.save()
        return user

    def user(self, user_id: str) -> Json | None:
        """The user with this id."""
        return self._users.get(user_id)

    def find(self, email: str) -> list[Json]:
        """The users with this address, verified or not, without regard to case."""
        wanted = email.casefold()
        return [user for user in self.users if wanted in map(str.casefold, addresses(user))]

    def merge_metadata(self, user_id: str, patch: Mapping[str, Mapping[str, Any] | None]) -> Json:
        """Merge each kind of metadata deep; a None removes its key.

        Raises `MetadataTooLargeError`, and then nothing has changed.
        """
        user = self._users[user_id]
        merged = {
            kind: _merged(user[kind], patch.get(kind) or {})
            for kind in ("public_metadata", "private_metadata", "unsafe_metadata")
        }
        for kind, value in merged.items():
            if len(json.dumps(value).encode()) > METADATA_LIMIT:
                raise MetadataTooLargeError(kind)
        user.update(merged, updated_at=int(clock.timestamp() * 1000))
        self.store.save()
        return user

    def sign_in(self, email: str) -> str:
        """Sign a user in and return the session token that a browser sends as `__session`.

        Raises `LookupError` where nobody has this address.
        """
        found = self.find(email)
        if not found:
            raise LookupError(f"No user has the address {email}")
        now = int(clock.timestamp())
        found[0]["last_sign_in_at"] = now * 1000
        self.store.save()
        claims = {
            "azp": self.origin,
            "exp": now + TOKEN_LIFETIME_S,
            "fva": [0, -1],
            "iat": now,
            "iss": "https://clerk.sandbox.invalid",
            "nbf": now - 10,
            "sid": f"sess_{secrets.token_hex(12)}",
            "sts": "active",
            "sub": found[0]["id"],
            "v": 2,
        }
        return jwt.encode(claims, self._signing_key, algorithm="RS256", headers={"kid": "ins_1"})

    @property
    def _users(self) -> dict[str, Json]:
        users: dict[str, Json] = self.store.data["users"]
        return users

    @property
    def _signing_key(self) -> bytes:
        return str(self.store.data["signing_key"]).encode()


def addresses(user: Json) -> list[str]:
    """The e-mail addresses of a user."""
    return [address["email_address"] for address in user["email_addresses"]]


def error_body(code: str, message: str, long_message: str, parameter: str | None = None) -> Json:
    """An error as Clerk words it, about the request or one parameter of it."""
    error: Json = {"code": code, "message": message, "long_message": long_message}
    if parameter is not None:
        error["meta"] = {"param_name": parameter}
    return {"errors": [error], "clerk_trace_id": secrets.token_hex(16)}


def _merged(old: Json, patch: Mapping[str, Any]) -> Json:
    new = dict(old)
    for key, value in patch.items():
        if value is None:
            new.pop(key, None)
        elif isinstance(value, Mapping):
            before = new.get(key)
            new[key] = _merged(before if isinstance(before, dict) else {}, value)
        else:
            new[key] = value
    return new


_BLANK: Final[Json] = {
    "object": "user",
    "external_id": None,
    "primary_phone_number_id": None,
    "primary_web3_wallet_id": None,
    "username": None,
    "has_image": False,
    "phone_numbers": [],
    "web3_wallets": [],
    "passkeys": [],
    "password_enabled": False,
    "two_factor_enabled": False,
    "totp_enabled": False,
    "backup_code_enabled": False,
    "mfa_enabled_at": None,
    "mfa_disabled_at": None,
    "external_accounts": [],
    "saml_accounts": [],
    "enterprise_accounts": [],
    "last_sign_in_at": None,
    "banned": False,
    "locked": False,
    "lockout_expires_in_seconds": None,
    "verification_attempts_remaining": 100,
    "delete_self_enabled": True,
    "create_organization_enabled": True,
    "last_active_at": None,
    "legal_accepted_at": None,
}
"""What a fresh user has none of, in the shape of the API's user object."""

_ORDERED: Final = {
    401: ("authentication_invalid", "Invalid authentication", "Unable to authenticate the request"),
    429: ("too_many_requests", "Too many requests", "Too many requests, retry later"),
}
_OUTAGE: Final = ("internal_clerk_error", "Oops, an unexpected error occurred", "Try again later")
