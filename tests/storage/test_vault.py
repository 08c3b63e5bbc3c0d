"""The vault: what it sealed opens with its keys, in its own row, and in no other way."""

import pytest
from cryptography.fernet import Fernet

from storage.ids import new_id
from storage.vault import LockedError, Vault


def key() -> str:
    """A new key."""
    return Fernet.generate_key().decode()


def test_each_key_opens_and_the_first_seals() -> None:
    """So keys can be changed one after the other."""
    old, new, row = key(), key(), new_id()
    sealed = Vault([old]).seal(row, {"tax_id": "536904399"})
    both = Vault([new, old])
    assert both.open(row, sealed) == {"tax_id": "536904399"}
    assert not both.is_current(sealed)
    again = both.seal_again(sealed)
    assert both.is_current(again)
    assert Vault([new]).open(row, again) == {"tax_id": "536904399"}


def test_without_the_key_nothing_opens() -> None:
    """Neither reading nor sealing anew."""
    row = new_id()
    sealed, other = Vault([key()]).seal(row, {"tax_id": "536904399"}), Vault([key()])
    with pytest.raises(LockedError) as error:
        other.open(row, sealed)
    assert error.value.__cause__ is None
    with pytest.raises(LockedError):
        other.seal_again(sealed)


def test_what_was_moved_into_another_row_does_not_open() -> None:
    """Whoever can write to the database can not give one person the number of another."""
    vault = Vault([key()])
    with pytest.raises(LockedError):
        vault.open(new_id(), vault.seal(new_id(), {"tax_id": "536904399"}))


def test_a_vault_shows_no_key() -> None:
    """Printed by mistake."""
    kept = key()
    assert kept not in repr(Vault([kept]))
