"""What a product's backend tells Affiliate Desk: who signed up, and who goes to pay.

    export DESK=https://affiliates.example.com PRODUCT_API_TOKEN=…
    python examples/product_backend.py sign-up user_124 '{"ref": "JANE"}' --email leo@example.com
    python examples/product_backend.py checkout LAUNCH20 monthly leo@example.com

It needs nothing but Python, so that it can be copied as it is. See docs/for-developers.md.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

ATTEMPTS = 4
PATIENCE_S = 10
WAIT_S = 30
LATER = {429, 502, 503, 504}


class RefusedError(Exception):
    """Affiliate Desk refused. `reason` is a word for programs; it is empty for most problems."""

    def __init__(self, problem: dict[str, Any]) -> None:
        fields = "; ".join(f"{name}: {what}" for name, what in problem.get("fields", {}).items())
        super().__init__(fields or problem.get("detail", "Refused."))
        self.reason: str = problem.get("reason", "")


class AffiliateDesk:
    """Affiliate Desk at `url`, for the backend that holds the product's token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token

    def sign_up(self, user_id: str, known: dict[str, Any], *, email: str = "") -> dict[str, Any]:
        """Say that somebody signed up; `known` is what the tracker knew of them.

        The answer's `outcome` is `credited` if they are an affiliate's from now on. The user's id
        is the key, so that an attempt may be repeated: they sign up once.
        """
        body = {"user_id": user_id} | known | ({"email": email} if email else {})
        return self._post("/api/track/signup", body, {"Idempotency-Key": user_id})

    def checkout(self, codes: list[str], plan: str, email: str) -> dict[str, Any]:
        """Begin a payment with these codes; send the customer to the answer's `url`.

        Raises `RefusedError` with a sentence for the customer. Whoever asks twice gets the same
        page again.
        """
        body = {"codes": codes, "plan": plan, "email": email}
        return self._post("/api/discount-codes/apply", body, {})

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Send it; again where nothing was heard, or where it was asked to come back later."""
        request = urllib.request.Request(
            self._url + path,
            json.dumps(body).encode(),
            headers
            | {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        for attempt in range(1, ATTEMPTS + 1):
            wait = 2.0**attempt
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                    told: dict[str, Any] = json.load(answer)
                    return told
            except urllib.error.HTTPError as error:
                if error.code not in LATER or attempt == ATTEMPTS:
                    raise RefusedError(_problem_in(error)) from None
                wait = float(error.headers.get("Retry-After") or wait)
            except OSError:
                if attempt == ATTEMPTS:
                    raise
            time.sleep(min(wait, WAIT_S))
        raise AssertionError("the last attempt answers or raises")


def _problem_in(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        problem = json.load(error)
    except ValueError:
        problem = None
    # What stands between us and it may answer with a page.
    return problem if isinstance(problem, dict) else {"detail": f"{error.code} {error.reason}"}


def main() -> int:
    """Try it from the command line."""
    parser = argparse.ArgumentParser(description="Tell Affiliate Desk of a product's customers.")
    commands = parser.add_subparsers(dest="command", required=True)
    sign_up = commands.add_parser("sign-up", help="somebody signed up")
    sign_up.add_argument("user_id")
    sign_up.add_argument("known", type=json.loads, help="what the tracker knew, as JSON")
    sign_up.add_argument("--email", default="")
    checkout = commands.add_parser("checkout", help="somebody goes to pay")
    checkout.add_argument("code")
    checkout.add_argument("plan")
    checkout.add_argument("email")
    given = parser.parse_args()
    desk = AffiliateDesk(os.environ["DESK"], os.environ["PRODUCT_API_TOKEN"])
    try:
        if given.command == "sign-up":
            told = desk.sign_up(given.user_id, given.known, email=given.email)
        else:
            told = desk.checkout([given.code], given.plan, given.email)
    except (RefusedError, OSError) as error:
        print(f"Affiliate Desk says: {error}", file=sys.stderr)
        return 1
    print(json.dumps(told, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
