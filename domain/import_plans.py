"""What an import would do: every staged row compared with what is here, and given its fate.

Nothing is changed here. Whatever cannot be understood is `odd`, and keeps all else from happening.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import import_codes
from domain.program import Program
from storage import imports as rows
from storage import ledger
from storage.imports import ImportedCommission
from storage.staging import AGAIN, CHANGED, KNOWN, LEFT_OUT, NEW, ODD, Staging

Watch = Callable[[str], None]
"""Told what is being done now."""

_OF_FILES: Final = (
    "COALESCE((SELECT n FROM affiliates WHERE key = whose_email AND whose_email <> ''),"
    " (SELECT n FROM ids WHERE ids.id = whose_id AND whose_id <> ''))"
)
_BY_REF: Final = "(SELECT n FROM words WHERE word = whose_ref AND whose_ref <> '')"


async def sort_out(
    session: AsyncSession, staging: Staging, source: str, program: Program, watch: Watch
) -> None:
    """Give every staged row its fate."""
    watch("Comparing affiliates")
    await _affiliates(session, staging)
    await _links(session, staging, source)
    watch("Choosing promo codes")
    await import_codes.choose(session, staging, program)
    watch("Comparing customers")
    await _owners(session, staging, source, "customers")
    await _customers(session, staging)
    watch("Comparing commissions")
    await _owners(session, staging, source, "commissions")
    await _balances(session, staging)
    await _commissions(session, staging, source)


async def _affiliates(session: AsyncSession, staging: Staging) -> None:
    staging.run(
        "UPDATE affiliates SET fate = ?, why = 'They were not let in there (' || state || ').'"
        " WHERE status = ''",
        [LEFT_OUT],
    )
    for part in staging.parts("SELECT key FROM affiliates ORDER BY n"):
        here = await rows.affiliates_by_key(session, [key for (key,) in part])
        staging.run_many(
            "UPDATE affiliates SET target = ?, fate = ?, why = '' WHERE key = ?",
            ((str(found), KNOWN, key) for key, found in here.items()),
        )
    staging.run("UPDATE affiliates SET fate = ? WHERE fate IS NULL", [NEW])


async def _links(session: AsyncSession, staging: Staging, source: str) -> None:
    await _owners(session, staging, source, "links")
    staging.run(
        "INSERT OR IGNORE INTO words SELECT ref, owner FROM links WHERE fate IS NULL ORDER BY n"
    )
    staging.run(
        "UPDATE links SET fate = CASE WHEN words.n = owner THEN ? ELSE ? END, why = CASE WHEN"
        " words.n = owner THEN '' ELSE 'Further up the link ' || ref || ' is of another one.'"
        " END"
        " FROM words WHERE word = ref AND links.fate IS NULL AND"
        " (words.n <> owner OR links.n <> (SELECT MIN(n) FROM links AS l WHERE l.ref = links.ref))",
        [AGAIN, ODD],
    )
    query = (
        "SELECT links.n, ref, target FROM links JOIN affiliates ON affiliates.n = owner"
        " WHERE links.fate IS NULL ORDER BY links.n"
    )
    for part in staging.parts(query):
        taken = await rows.words_taken(session, {ref for _, ref, _ in part})
        staging.run_many(
            "UPDATE links SET fate = ?, why = ? WHERE n = ?",
            ((*_of_link(ref, target, taken), n) for n, ref, target in part),
        )


def _of_link(ref: str, target: str | None, taken: rows.Taken) -> tuple[str, str]:
    if ref in taken.links:
        if str(taken.links[ref]) == target:
            return KNOWN, ""
        return ODD, f"The link {ref} leads to another affiliate here."
    if ref in taken.codes and (taken.codes[ref] is None or str(taken.codes[ref]) != target):
        return ODD, f"{ref} is a code here, and not theirs."
    return NEW, ""


async def _owners(session: AsyncSession, staging: Staging, source: str, table: str) -> None:
    """Whose each row is: by the files, else by who is here."""
    by_ref = "NULL" if table == "links" else _BY_REF
    find = f"UPDATE {table} SET owner = COALESCE({_OF_FILES}, {by_ref}) WHERE owner IS NULL"  # noqa: S608 - names are ours
    staging.run(find)
    unknown = f"SELECT DISTINCT whose_id, whose_email, whose_ref FROM {table} WHERE owner IS NULL"  # noqa: S608 - names are ours
    for part in list(staging.parts(unknown)):
        await _look_here(session, staging, source, part)
    staging.run(find)
    staging.run(
        f"UPDATE {table} SET fate = ?, why = 'Its affiliate ' ||"  # noqa: S608 - names are ours
        " COALESCE(NULLIF(whose_email, ''), NULLIF(whose_id, ''), whose_ref) ||"
        " ' is neither in these files nor here.' WHERE owner IS NULL AND fate IS NULL",
        [ODD],
    )
    # What is owed to somebody who is not taken over would be lost without a word.
    owed = "commissions.state = 'owed' AND amount <> 0" if table == "commissions" else "0"
    staging.run(
        f"UPDATE {table} SET fate = CASE WHEN {owed} THEN ? ELSE ? END, why = 'Its affiliate ' ||"  # noqa: S608 - names are ours
        " a.email || ' is not taken over.' FROM affiliates AS a WHERE a.n = owner AND a.fate = ?"
        f" AND {table}.fate IS NULL",
        [ODD, LEFT_OUT, LEFT_OUT],
    )


async def _look_here(
    session: AsyncSession, staging: Staging, source: str, unknown: Iterable[tuple[str, str, str]]
) -> None:
    """Put affiliates who are here and in no file into the staging tables."""
    unknown = list(unknown)
    ids, keys, refs = ({row[at] for row in unknown} - {""} for at in range(3))
    found = await rows.named(session, source, ids, keys, refs)
    for name, (target, email, key) in found.items():
        staging.run(
            "INSERT OR IGNORE INTO affiliates (file, line, email, key, target, fate, status)"
            " VALUES (-1, 0, ?, ?, ?, ?, 'approved')",
            [email, key, str(target), KNOWN],
        )
        (n,) = staging.one("SELECT n FROM affiliates WHERE key = ?", [key]) or (None,)
        kind, word = name
        table = "ids (id, n)" if kind == "id" else "words (word, n)"
        if kind != "key":
            staging.run(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", [word, n])  # noqa: S608 - names are ours


async def _customers(session: AsyncSession, staging: Staging) -> None:
    for column in ("customer", "user", "email"):
        alike = f"SELECT MIN(n) FROM customers AS c WHERE c.{column} = customers.{column}"  # noqa: S608 - names are ours
        staging.run(
            f"UPDATE customers SET paid = 1 WHERE paid = 0 AND {column} <> '' AND EXISTS (SELECT 1"  # noqa: S608 - names are ours
            f" FROM customers AS c WHERE c.{column} = customers.{column} AND c.paid = 1)"
        )
        staging.run(
            f"UPDATE customers SET fate = CASE WHEN f.owner = customers.owner THEN ? ELSE ? END,"  # noqa: S608 - names are ours
            " why = CASE WHEN f.owner = customers.owner THEN '' ELSE"
            " 'Their affiliate is another one further up; a customer is attributed once.' END"
            f" FROM customers AS f WHERE customers.{column} <> '' AND customers.fate IS NULL"
            f" AND f.n = ({alike}) AND f.n <> customers.n",
            [AGAIN, LEFT_OUT],
        )
    if await rows.has_referrals(session):
        query = (
            "SELECT c.n, customer, c.user, c.email, target FROM customers AS c JOIN affiliates AS a"
            " ON a.n = owner WHERE c.fate IS NULL ORDER BY c.n"
        )
        for part in staging.parts(query):
            here = await rows.known_customers(session, [row[1:4] for row in part])
            found = [
                (n, owner, here.get(customer) or here.get(user) or here.get(email))
                for n, customer, user, email, owner in part
            ]
            staging.run_many(
                "UPDATE customers SET fate = ?, why = ? WHERE n = ?",
                (
                    (KNOWN, "", n)
                    if str(whose) == owner
                    else (LEFT_OUT, "Another affiliate brought them, as it is known here.", n)
                    for n, owner, whose in found
                    if whose is not None
                ),
            )
    staging.run("UPDATE customers SET fate = ? WHERE fate IS NULL", [NEW])


async def _balances(session: AsyncSession, staging: Staging) -> None:
    """Leave out what may be no balance of before, but one of ours that is shown there."""
    query = (
        "SELECT DISTINCT a.n, a.target FROM commissions AS c JOIN affiliates AS a ON a.n = owner"
        " WHERE balance AND c.fate IS NULL AND a.target IS NOT NULL"
    )
    why = "What is owed to them is kept here; the balance there only shows it."
    for part in list(staging.parts(query)):
        kept = await ledger.in_use(session, [UUID(target) for _, target in part])
        staging.run_many(
            "UPDATE commissions SET fate = ?, why = ? WHERE owner = ? AND balance",
            ((LEFT_OUT, why, n) for n, target in part if UUID(target) in kept),
        )


async def _commissions(session: AsyncSession, staging: Staging, source: str) -> None:
    staging.run(
        "UPDATE commissions SET fate = ?, why = 'It is of nothing.'"
        " WHERE fate IS NULL AND amount = 0",
        [LEFT_OUT],
    )
    staging.run(
        "UPDATE commissions SET fate = CASE WHEN same THEN ? ELSE ? END, why = CASE WHEN same THEN"
        " '' ELSE 'Commission ' || id || ' stands further up, too, and is another one there.' END"
        " FROM (SELECT c.n AS place, f.amount = c.amount AND f.currency = c.currency AND"
        " f.state = c.state AND f.owner = c.owner AS same FROM commissions AS c JOIN commissions"
        " AS f ON f.n = (SELECT MIN(n) FROM commissions AS e WHERE e.id = c.id) WHERE f.n <> c.n)"
        " WHERE place = commissions.n AND fate IS NULL",
        [AGAIN, ODD],
    )
    if await rows.has_commissions(session, source):
        query = (
            "SELECT c.n, c.id, amount, currency, c.state, a.target FROM commissions AS c"
            " JOIN affiliates AS a ON a.n = owner WHERE c.fate IS NULL ORDER BY c.n"
        )
        for part in staging.parts(query):
            here = await rows.known_commissions(session, source, [row[1] for row in part])
            staging.run_many(
                "UPDATE commissions SET target = ?, posted = ?, revision = ?, free_at = ?,"
                " fate = ?, why = ? WHERE n = ?",
                (_of_commission(row, here[row[1]]) for row in part if row[1] in here),
            )
    staging.run("UPDATE commissions SET fate = ? WHERE fate IS NULL", [NEW])


def _of_commission(row: tuple[Any, ...], kept: ImportedCommission) -> tuple[Any, ...]:
    n, external, amount, currency, state, target = row
    if str(kept.affiliate_user_id) != target or kept.currency != currency:
        why = f"Commission {external} is another affiliate's here, or in another currency."
        fate = ODD
    elif (kept.amount, kept.state) == (amount, state):
        fate, why = KNOWN, ""
    else:
        fate, why = CHANGED, f"It was {kept.state} when it was brought over, and is {state} now."
    free = kept.available_at.isoformat()
    return str(kept.id), kept.posted, kept.revision, free, fate, why, n
