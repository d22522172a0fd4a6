"""Which facts of other services people want to know."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from contracts.events.assets import AssetProbed
from contracts.events.billing import PlanChanged, QuotaReached
from contracts.events.jobs import JobChanged, StoryboardSaved
from contracts.events.tenants import MemberChanged, SessionStolen, SignedIn, TenantDeleted
from contracts.events.usage import KeyChanged
from contracts.events.videos import VideoPurged, VideoRestored, VideoStored, VideoTrashed
from kernel.events import Subscriptions
from kernel.uow import UnitOfWork
from services.notifications.app import Notifications
from services.notifications.kinds import Kind
from services.notifications.live import tell
from services.notifications.models import Base, Member, VideoTitle
from services.notifications.notify import MAKERS, OWNERS, tell_person, tell_roles

events = Subscriptions("notifications")


@events.on(MemberChanged)
async def member_changed(event: MemberChanged, uow: UnitOfWork, service: Notifications) -> None:
    """Keep who is a member, so that the right people are told."""
    if event.role is None:
        await uow.session.execute(delete(Member).where(Member.user_id == event.user_id))
        return
    row = {"tenant_id": uow.tenant, "user_id": event.user_id, "role": event.role}
    statement = insert(Member).values(row)
    await uow.session.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id", "user_id"], set_={"role": event.role})
    )


@events.on(StoryboardSaved)
async def storyboard_saved(event: StoryboardSaved, uow: UnitOfWork, service: Notifications) -> None:
    """Keep what the video is called."""
    row = {"tenant_id": uow.tenant, "video_id": event.storyboard_id, "title": event.title}
    statement = insert(VideoTitle).values(row)
    await uow.session.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id", "video_id"], set_={"title": event.title})
    )
    await tell(uow, "video", {"video_id": str(event.storyboard_id), "change": "saved"})


@events.on(JobChanged)
async def job_changed(event: JobChanged, uow: UnitOfWork, service: Notifications) -> None:
    """Show progress, and tell the makers when it ends badly."""
    await tell(uow, "job", event.model_dump(mode="json"))
    if event.state == "failed" and event.failure is not None:
        params = {
            "video_id": str(event.storyboard_id),
            "job_id": str(event.job_id),
            "title": await _title(uow, event),
            "code": event.failure.code,
            "detail": event.failure.detail,
        }
        await tell_roles(uow, Kind.VIDEO_FAILED, params, MAKERS)


async def _title(uow: UnitOfWork, event: JobChanged) -> str:
    row = await uow.session.get(VideoTitle, (uow.tenant, event.storyboard_id))
    return row.title if row else "…"


@events.on(VideoStored)
async def video_stored(event: VideoStored, uow: UnitOfWork, service: Notifications) -> None:
    """A video is in the library: what everybody waited for."""
    await tell(uow, "video", {"video_id": str(event.video_id), "change": "stored"})
    params = {
        "video_id": str(event.video_id),
        "job_id": str(event.job_id),
        "title": event.title,
        "seconds": event.seconds,
    }
    await tell_roles(uow, Kind.VIDEO_READY, params, MAKERS)


@events.on(VideoTrashed)
async def video_trashed(event: VideoTrashed, uow: UnitOfWork, service: Notifications) -> None:
    """Let open libraries drop it."""
    await tell(uow, "video", {"video_id": str(event.video_id), "change": "trashed"})


@events.on(VideoRestored)
async def video_restored(event: VideoRestored, uow: UnitOfWork, service: Notifications) -> None:
    """Let open libraries show it again."""
    await tell(uow, "video", {"video_id": str(event.video_id), "change": "restored"})


@events.on(VideoPurged)
async def video_purged(event: VideoPurged, uow: UnitOfWork, service: Notifications) -> None:
    """Let open libraries and trashes drop it."""
    await tell(uow, "video", {"video_id": str(event.video_id), "change": "purged"})


@events.on(AssetProbed)
async def asset_probed(event: AssetProbed, uow: UnitOfWork, service: Notifications) -> None:
    """Let the page that uploaded it know what it is."""
    await tell(uow, "asset", {"asset_id": str(event.asset_id), "state": event.outcome})


@events.on(QuotaReached)
async def quota_reached(event: QuotaReached, uow: UnitOfWork, service: Notifications) -> None:
    """Warn before it hurts, and say so when it does."""
    params = event.model_dump(mode="json")
    await tell(uow, "quota", params)
    await tell_roles(uow, Kind.QUOTA_REACHED if event.percent == 100 else Kind.QUOTA_NEAR, params, OWNERS)


@events.on(PlanChanged)
async def plan_changed(event: PlanChanged, uow: UnitOfWork, service: Notifications) -> None:
    """Say which plan holds from now on."""
    await tell(uow, "quota", {"plan": event.plan})
    await tell_roles(uow, Kind.PLAN_CHANGED, {"plan": event.plan}, OWNERS)


@events.on(KeyChanged)
async def key_changed(event: KeyChanged, uow: UnitOfWork, service: Notifications) -> None:
    """A refused key stops work: say so at once."""
    if event.change == "rejected":
        params = {"connection_id": str(event.connection_id), "connector": event.connector}
        await tell_roles(uow, Kind.KEY_REJECTED, params, MAKERS)


@events.on(SignedIn)
async def signed_in(event: SignedIn, uow: UnitOfWork, service: Notifications) -> None:
    """Tell the person themself when the device is new."""
    if not event.known_device:
        await tell_person(uow, Kind.NEW_SIGN_IN, {"session_id": str(event.session_id)}, event.user_id)


@events.on(SessionStolen)
async def session_stolen(event: SessionStolen, uow: UnitOfWork, service: Notifications) -> None:
    """Tell the person that we closed their sessions, and why."""
    await tell_person(uow, Kind.SESSION_STOLEN, {"session_id": str(event.session_id)}, event.user_id)


@events.on(TenantDeleted)
async def tenant_deleted(event: TenantDeleted, uow: UnitOfWork, service: Notifications) -> None:
    """Forget everything of a workspace that is gone."""
    for table in Base.metadata.sorted_tables:
        if "tenant_id" in table.c and not table.info.get("kernel"):
            await uow.session.execute(delete(table).where(table.c.tenant_id == uow.tenant))
