"""Backup withholding: a part of somebody's payouts for the tax office, where finance says so."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects, program
from domain.audit import Actor, record
from domain.errors import ConflictError
from domain.money import share
from domain.taxes import View, own_affiliate, view
from storage import taxes
from storage.taxes import Withholding
from storage.vault import vault_of


async def switch(session: AsyncSession, form_id: UUID, *, on: bool, actor: Actor) -> View:
    """Begin or end to withhold a part of an affiliate's payouts, from the next one on.

    A second time changes nothing. Raises `ConflictError` where the program withholds nothing.
    """
    found = await view(session, form_id)
    affiliate = await own_affiliate(session, found.affiliate.id)
    if on and not found.rate_bp:
        raise ConflictError(
            "The program withholds nothing: set backup_withholding_bp, which is usually 2400."
        )
    kept = await taxes.withholding_of(session, affiliate.id)
    if on == (kept is not None):
        return found
    if kept is not None:
        await session.delete(kept)
    else:
        by = actor.name or actor.id
        session.add(Withholding(affiliate_user_id=affiliate.id, switched_by=by))
    await session.flush()
    await effects.show_tax_form(session, form_id)
    action = "tax.withholding_began" if on else "tax.withholding_ended"
    await record(session, actor, action, f"affiliate:{affiliate.id}", rate_bp=found.rate_bp)
    return await view(session, form_id)


async def part_of(session: AsyncSession, affiliate_id: UUID, amount: int) -> int:
    """How much of an amount is withheld of an affiliate's next payout, in its minor units."""
    if vault_of(session) is None:
        return 0
    rate = (await program.load(session)).backup_withholding_bp
    if not rate or await taxes.withholding_of(session, affiliate_id) is None:
        return 0
    return share(amount, rate)
