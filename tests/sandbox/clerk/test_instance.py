"""What a Clerk instance remembers, and how it merges."""

from pathlib import Path

import pytest
from clerk_backend_api import models

from integrations.clerk_session import verify_session_token
from sandbox.clerk.instance import ClerkInstance, MetadataTooLargeError
from sandbox.store import Store


def test_a_user_has_the_shape_of_the_real_api() -> None:
    """Clerk's own SDK accepts our user object, all of its required fields."""
    user = ClerkInstance().add_user("ann@example.com", first_name="Ann")
    parsed = models.User.model_validate(user)
    assert parsed.email_addresses[0].email_address == "ann@example.com"


def test_metadata_merges_deep_and_null_removes() -> None:
    """Neighbours stay, nested keys change, a null takes its key away."""
    instance = ClerkInstance()
    user_id = instance.add_user("ann@example.com")["id"]
    instance.merge_metadata(user_id, {"private_metadata": {"a": {"x": 1, "y": 2}, "b": [1]}})
    instance.merge_metadata(user_id, {"private_metadata": {"a": {"x": None, "z": {"n": None}}}})
    user = instance.merge_metadata(user_id, {"private_metadata": {"b": {"c": 3}}})
    assert user["private_metadata"] == {"a": {"y": 2, "z": {}}, "b": {"c": 3}}
    assert user["public_metadata"] == {}


def test_eight_kilobytes_are_the_limit() -> None:
    """One byte more than fits is refused, and the old value stays."""
    instance = ClerkInstance()
    user_id = instance.add_user("ann@example.com")["id"]
    fits = 8 * 1024 - len('{"k": ""}')
    instance.merge_metadata(user_id, {"private_metadata": {"k": "x" * fits}})
    with pytest.raises(MetadataTooLargeError):
        instance.merge_metadata(user_id, {"private_metadata": {"k": "x" * (fits + 1)}})
    assert len(instance.users[0]["private_metadata"]["k"]) == fits


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """Users, metadata and the signing key outlive the process, so sessions stay valid."""
    before = ClerkInstance(store=Store(tmp_path / "clerk.json"))
    user = before.add_user("ann@example.com")
    before.merge_metadata(user["id"], {"private_metadata": {"a": 1}})
    token = before.sign_in("ann@example.com")
    after = ClerkInstance(store=Store(tmp_path / "clerk.json"))
    assert verify_session_token(token, after.jwt_key, [after.origin]).user_id == user["id"]
    assert after.users[0]["private_metadata"] == {"a": 1}
