"""An answer that is no post is never taken for one."""

from typing import Any

import pytest
from aiohttp import web

from integrations.errors import TransportError
from integrations.passivepost import PassivePost
from tests.standing import free_port, serving


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "published",
        {},
        {"id": "p1"},
        {"id": "", "status": "published"},
        {"id": "p1", "status": "maybe"},
        {"status": "published"},
    ],
)
async def test_an_answer_of_another_shape_is_tried_again(answer: Any) -> None:
    """Nothing is noted as published that was not said to be."""

    async def tell(_request: web.Request) -> web.Response:
        return web.json_response(answer)

    app = web.Application()
    app.router.add_get("/posts/{id}", tell)
    async with serving(app, free_port()) as url:
        passivepost = PassivePost(url, "key")
        with pytest.raises(TransportError) as trouble:
            await passivepost.look("p1")
        await passivepost.close()
    assert not trouble.value.permanent
