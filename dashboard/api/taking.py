"""What a request carries, read by pydantic models and refused in sentences."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, TypeVar, get_args, get_origin
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError, WrapValidator
from pydantic_core import ErrorDetails, PydanticCustomError

from dashboard.api.bodies import BODY_MAX, read_object
from domain.errors import InvalidError, NotFoundError
from domain.texts import keepable

_NAME_MAX: Final = 100


class Taken(BaseModel):
    """What is taken from a path, a query or a body: nothing that was not declared.

    `refused` stands before what is wrong with it; `missing` is told of a path that cannot be;
    `most` is how many bytes a body may have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    refused: ClassVar[str] = ""
    missing: ClassVar[str] = "There is nothing here by that name."
    most: ClassVar[int] = BODY_MAX


class Told(BaseModel):
    """What is answered."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, serialize_by_alias=True
    )


@dataclass(frozen=True, slots=True)
class Described:
    """`body: Annotated[dict[str, Any], Described(Model)]`: an object that the domain validates.

    By that model, which is what the document shows; of a `partial` one any fields may be left out.
    """

    model: type[BaseModel]
    partial: bool = False


Id = UUID
"""The id of something of ours."""
Model = TypeVar("Model", bound=Taken)


def says(sentence: str) -> WrapValidator:
    """For `Annotated`: whatever is wrong with a value, this sentence tells."""

    def read(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise PydanticCustomError("sentence", "{sentence}", {"sentence": sentence}) from None

    return WrapValidator(read)


def path_of(request: web.Request, model: type[Model]) -> Model:
    """What stands in the address. Raises `NotFoundError`."""
    given = {name: keepable(value) for name, value in request.match_info.items()}
    try:
        return model.model_validate(given)
    except ValidationError:
        raise NotFoundError(model.missing) from None


def query_of(request: web.Request, model: type[Model]) -> Model:
    """The query; of what came twice the first, unless it is a list. Raises `InvalidError`."""
    given: dict[str, Any] = {}
    for name in request.query:
        found = model.model_fields.get(name)
        values = [keepable(value) for value in request.query.getall(name)]
        is_list = found is not None and get_origin(found.annotation) in {list, tuple}
        given[keepable(name)] = values if is_list else values[0]
    return _validated(model, lambda: model.model_validate(given))


async def body_of(request: web.Request, model: Any) -> Any:
    """The body, by its model. Raises `ProblemError` for what is no JSON, and `InvalidError`."""
    if get_origin(model) is Annotated:
        return await read_object(request)
    given = await read_object(request, model.most)

    def read() -> Any:
        text = json.dumps(_keepable(given))
        return _validated(model, lambda: model.model_validate_json(text, strict=True))

    # What may be large holds up nobody else.
    return await asyncio.to_thread(read) if model.most > BODY_MAX else read()


def described(model: Any) -> Described:
    """The model of a body, whoever validates it."""
    if get_origin(model) is not Annotated:
        return Described(model)
    return next(one for one in get_args(model) if isinstance(one, Described))


def _keepable(value: Any) -> Any:
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, dict):
        return {keepable(name): _keepable(inner) for name, inner in value.items()}
    return [_keepable(inner) for inner in value] if isinstance(value, list) else value


def _validated(model: type[Taken], validate: Callable[[], Model]) -> Model:
    try:
        return validate()
    except ValidationError as error:
        raise refusal(error, model.refused) from None


def refusal(error: ValidationError, refused: str = "") -> InvalidError:
    """What a model says of what it was given, as one sentence a field."""
    fields: dict[str, str] = {}
    for found in error.errors(include_context=True, include_input=False, include_url=False):
        name = ".".join(str(part) for part in found["loc"])[:_NAME_MAX]
        fields.setdefault(name, _sentence(found))
    listed = "; ".join(f"{name}: {what}" if name else what for name, what in fields.items())
    return InvalidError(refused or listed, fields)


_SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "Say what it is.",
        "extra_forbidden": "There is no such field.",
        "string_type": "Use text.",
        "bool_type": "Use true or false.",
        "bool_parsing": "Use true or false.",
        "int_type": "Use a whole number.",
        "int_parsing": "Use a whole number.",
        "int_parsing_size": "This number is too large.",
        "int_from_float": "Use a whole number.",
        "float_type": "Use a number.",
        "list_type": "Use a list.",
        "tuple_type": "Use a list.",
        "dict_type": "Use an object.",
        "model_type": "Use an object.",
        "model_attributes_type": "Use an object.",
        "uuid_type": "Use an id, as it came.",
        "uuid_parsing": "Use an id, as it came.",
        "datetime_type": "Send a time like 2026-11-05T12:00:00Z.",
        "datetime_parsing": "Send a time like 2026-11-05T12:00:00Z.",
        "datetime_from_date_parsing": "Send a time like 2026-11-05T12:00:00Z.",
        "timezone_aware": "Say in which time zone: 2026-11-05T12:00:00Z.",
        "greater_than": "Use a number above {gt}.",
        "greater_than_equal": "Use a number from {ge} on.",
        "less_than": "Use a number below {lt}.",
        "less_than_equal": "Use a number up to {le}.",
        "string_too_short": "Use at least {min_length} characters.",
        "string_too_long": "Use at most {max_length} characters.",
        "too_short": "Name at least {min_length}.",
        "too_long": "Name at most {max_length}.",
        "literal_error": "Use one of {expected}.",
        "enum": "Use one of {expected}.",
    }
)


def _sentence(found: ErrorDetails) -> str:
    known = _SENTENCES.get(found["type"])
    if known:
        context = found.get("ctx", {})
        return known.format_map(
            {
                name: str(value).replace("'", "").replace(" or ", ", ")
                for name, value in context.items()
            }
        )
    said = found["msg"].removeprefix("Value error, ")
    return said if said.endswith(".") else f"{said[:1].upper()}{said[1:]}."
