"""The vault: secrets that are kept in the database, and read with a key that is not in there."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

INFO = "vault"
_ABOUT = "about"


class LockedError(Exception):
    """None of the keys opens this: the one that sealed it was taken away, or it was touched."""


class Vault:
    """Seals with the first key and opens with each; `ValueError` for what is no key.

    What is sealed names the row it belongs to, so that it opens nothing when it is put into
    another one.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        # A server that seals nothing is spared the library, which is large.
        from cryptography import fernet  # noqa: PLC0415

        self._invalid = fernet.InvalidToken
        self._first = fernet.Fernet(keys[0])
        self._keys = fernet.MultiFernet([fernet.Fernet(key) for key in keys])
        self.size = len(keys)

    def __repr__(self) -> str:
        return f"Vault({self.size} keys)"

    def seal(self, about: UUID, secrets: Mapping[str, str]) -> str:
        """The secrets of a row, as they are kept."""
        return self._first.encrypt(json.dumps({_ABOUT: str(about), **secrets}).encode()).decode()

    def open(self, about: UUID, sealed: str) -> dict[str, str]:
        """What was sealed for a row. Raises `LockedError`."""
        try:
            secrets: dict[str, str] = json.loads(self._keys.decrypt(sealed.encode()))
        except self._invalid:
            # `from None`: no traceback of this may hold what was decrypted on the way.
            raise LockedError from None
        if secrets.pop(_ABOUT, "") != str(about):
            raise LockedError
        return secrets

    def is_current(self, sealed: str) -> bool:
        """Whether the first key sealed it."""
        try:
            self._first.decrypt(sealed.encode())
        except self._invalid:
            return False
        return True

    def seal_again(self, sealed: str) -> str:
        """The same under the first key. Raises `LockedError`."""
        try:
            return self._keys.rotate(sealed.encode()).decode()
        except self._invalid:
            raise LockedError from None


def vault_of(session: AsyncSession) -> Vault | None:
    """The vault of the database that a session is on; None where no keys are set."""
    found = session.info.get(INFO)
    return found if isinstance(found, Vault) else None
