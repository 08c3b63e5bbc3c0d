"""A language model behind any OpenAI-compatible address (`POST {url}/chat/completions`)."""

from typing import Any, Final

import aiohttp

from integrations.errors import TransportError
from integrations.http import JsonApi

PATIENCE_S: Final = 17.0
ANSWER_MAX: Final = 256 * 1024
_TOKENS_MAX: Final = 1500
_WORDY: Final = 0.9


class Llm:
    """One model. A call takes `patience` seconds at most, whatever the other side does."""

    def __init__(
        self, api_url: str, api_key: str, model: str, patience: float = PATIENCE_S
    ) -> None:
        self.patience = patience
        self._model = model
        self._api = JsonApi(
            "The language model",
            api_url,
            token=api_key,
            explain=_explain,
            timeout=aiohttp.ClientTimeout(total=patience, connect=min(5.0, patience)),
            largest=ANSWER_MAX,
        )

    async def write(self, rules: str, asked: str) -> str:
        """What the model answers to `asked` under these rules. Raises `TransportError`.

        Also for an answer that holds no text. Nothing is repeated here.
        """
        body = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": rules},
                {"role": "user", "content": asked},
            ],
            "max_tokens": _TOKENS_MAX,
            "temperature": _WORDY,
            "stream": False,
        }
        answer = await self._api.call("POST", "/chat/completions", body=body)
        try:
            text = answer["choices"][0]["message"]["content"]
        except (IndexError, KeyError, TypeError) as error:
            raise TransportError("The language model answered without a text") from error
        if not isinstance(text, str):
            raise TransportError("The language model answered without a text")
        return text

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()


def _explain(body: Any) -> tuple[str | None, str]:
    """Read `{"error": {"code", "message"}}`, without what it may repeat of our request."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None, "no reason given"
    code = error.get("code") or error.get("type")
    return (str(code) if code else None), str(error.get("message") or "no reason given")[:200]
