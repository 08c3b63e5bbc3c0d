"""Whatever the model's side does, a call ends in time with a text or a `TransportError`."""

import time

import pytest

from integrations.errors import TransportError
from integrations.llm import Llm
from sandbox.stand_ins import StandIns
from tests.standing import free_port, standing_in

ASKED = (
    '{"discount_code": "JARED30", "product": "PropMine", "discount": "30%", "variation": 1,'
    ' "author_notes": ""}'
)


def client(stand_ins: StandIns, key: str = "", patience: float = 5.0) -> Llm:
    """A client of the stand-in."""
    url = stand_ins.settings()["llm_api_url"]
    return Llm(url, key or stand_ins.model.api_key, "sandbox", patience)


async def test_a_text_comes_back_and_the_rules_stand_apart() -> None:
    """Rules go as the system's words, what was asked as the user's."""
    async with standing_in(free_port()) as stand_ins:
        llm = client(stand_ins)
        assert "JARED30" in await llm.write("Be honest.", ASKED)
        await llm.close()
        (body,) = stand_ins.model.asked
    assert [(one["role"], one["content"]) for one in body["messages"]] == [
        ("system", "Be honest."),
        ("user", ASKED),
    ]
    assert body["model"] == "sandbox"


@pytest.mark.parametrize(
    ("mood", "said", "permanent"),
    [
        ("fails", "500", False),
        ("shapeless", "without a text", False),
        ("endless", "more than", False),
    ],
)
async def test_trouble_is_told_apart(mood: str, said: str, *, permanent: bool) -> None:
    """An error, an answer without a text, and one that does not end."""
    async with standing_in(free_port()) as stand_ins:
        stand_ins.model.mood = mood
        llm = client(stand_ins)
        with pytest.raises(TransportError, match=said) as trouble:
            await llm.write("", ASKED)
        await llm.close()
    assert trouble.value.permanent is permanent


async def test_a_wrong_key_is_for_a_person_and_is_not_repeated_in_words() -> None:
    """The key is in no message."""
    async with standing_in(free_port()) as stand_ins:
        llm = client(stand_ins, "sk-secret-of-ours")
        with pytest.raises(TransportError) as trouble:
            await llm.write("", ASKED)
        await llm.close()
    assert trouble.value.permanent
    assert "sk-secret" not in str(trouble.value)


async def test_silence_ends_after_its_patience() -> None:
    """The page that waits for it goes on."""
    async with standing_in(free_port()) as stand_ins:
        stand_ins.model.mood = "silent"
        llm = client(stand_ins, patience=0.3)
        began = time.monotonic()
        with pytest.raises(TransportError, match="in time"):
            await llm.write("", ASKED)
        assert time.monotonic() - began < 3
        await llm.close()
