"""Who may do what with a move-in, and why not (HND-6). A guard changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.rights import Right
from estates.models import House
from foundation.attachments.models import Attachment
from foundation.records.refusals import Refused
from handover.models import Handover, MoveIn
from handover.signedpapers import papers_of, unsigned_move_in

if TYPE_CHECKING:
    from accounts.models import User

State = MoveIn.State
LEASE = "lease"  # the attachment slot of the lease


def may_register(house: House, user: User) -> None:
    if not user.may(Right.MOVE_IN, house.estate):
        raise Refused("您的岗位不能办理入住。")


def may_prepare(move_in: MoveIn, user: User) -> None:
    """The owner's word, the lease, the papers: until the people live there."""
    if not user.may(Right.MOVE_IN, move_in.estate):
        raise Refused("您的岗位不能办理入住。")
    if move_in.state != State.PREPARING:
        raise Refused(f"这次入住{move_in.get_state_display()}，不能再改。")


def may_confirm(move_in: MoveIn, user: User) -> None:
    may_prepare(move_in, user)
    if not move_in.is_tenant:
        raise Refused("业主自己入住，不需要业主确认。")
    if move_in.owner_confirmed_at is not None:
        raise Refused("业主已经确认过。")


def may_add_lease(move_in: MoveIn, user: User) -> None:
    may_prepare(move_in, user)
    if not move_in.is_tenant:
        raise Refused("业主自己入住，没有租赁合同。")


def may_complete(move_in: MoveIn, user: User) -> None:
    """HND-6: a tenant with the owner's word and undertaking, the lease, 《租户信息表》 and 《安全责任书》."""
    may_prepare(move_in, user)
    if move_in.is_tenant:
        if not user.may(Right.CHANGE_HOUSES, move_in.estate):
            raise Refused("租户入住会写进房屋档案，由客服主管、档案员或项目经理完成。")
        _tenant_is_ready(move_in)
    elif missing := _not_taken(move_in.house):
        raise Refused(missing)


def _tenant_is_ready(move_in: MoveIn) -> None:
    if move_in.owner_confirmed_at is None:
        raise Refused("业主还没有确认这位租户。")
    if not Attachment.objects.for_owner(move_in).filter(slot=LEASE).exists():
        raise Refused("还没有上传租赁合同。")
    for code in papers_of(move_in):
        if missing := unsigned_move_in(move_in, code):
            raise Refused(missing)


def _not_taken(house: House) -> str:
    """A house that is in a batch is lived in once it was handed over; of older houses nothing is asked."""
    states = set(Handover.objects.filter(house=house).values_list("state", flat=True))
    return "这户还没有接房，不能办理入住。" if states and Handover.State.DONE not in states else ""


def may_watch(move_in: MoveIn, user: User) -> None:
    if not user.may(Right.COLLECT_FEES, move_in.estate):
        raise Refused("由收银员标注费用周期。")
    if move_in.state != State.DONE:
        raise Refused("入住以后才能标注。")
    if move_in.fees_watched_at is not None:
        raise Refused("这户已经标注过。")


def may_end(move_in: MoveIn, user: User) -> None:
    """迁出, or given up before anybody moved in. A tenant's end is the end of the tenancy in the house's file too."""
    if not user.may(Right.MOVE_IN, move_in.estate):
        raise Refused("您的岗位不能登记迁出。")
    if move_in.state == State.ENDED:
        raise Refused("已经登记过迁出。")
    if move_in.is_tenant and move_in.state == State.DONE and not user.may(Right.CHANGE_HOUSES, move_in.estate):
        raise Refused("租户迁出会写进房屋档案，由客服主管、档案员或项目经理登记。")
