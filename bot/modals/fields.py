"""Fields that the forms of several nouns share."""

from bot.cards.blocks import Json, asked, clean, plain


def input_block(label: str, element: Json, *, optional: bool = False, hint: str = "") -> Json:
    """A field with its label, known by the name of its element."""
    made = asked(label, element, block_id=element["action_id"], hint=hint)
    return made | ({"optional": True} if optional else {})


def text_input(name: str, value: str, longest: int, example: str) -> Json:
    """One line of text, with what stands there already, or an example."""
    field: Json = {
        "type": "plain_text_input",
        "action_id": name,
        "max_length": longest,
        "placeholder": plain(example),
    }
    value = clean(value, longest)
    return field | ({"initial_value": value} if value else {})
