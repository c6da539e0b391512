"""The caller's own account and data."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from habit_tracker import accounts, transfer
from habit_tracker.api.deps import Caller, CallerDep
from habit_tracker.api.sessions import begin_session, is_password, public, require_strong
from habit_tracker.core.clients import network_of
from habit_tracker.core.password_limits import Source
from habit_tracker.core.problems import Problem, responses
from habit_tracker.models import User
from habit_tracker.schemas import (
    AccountDeletion,
    Export,
    Imported,
    PasswordChange,
    SessionListed,
    SessionPublic,
    UserPublic,
    UserUpdate,
)

router = APIRouter(prefix="/me", tags=["account"], responses=responses(401))


@router.get("")
def read_me(caller: CallerDep) -> UserPublic:
    """Who is logged in."""
    with caller.enter() as (_, user):
        return public(user)


@router.patch("")
def update_me(data: UserUpdate, caller: CallerDep) -> UserPublic:
    """Change where and how the person lives: time zone, first day of the week, end of the day."""
    with caller.enter(atomic=True) as (session, user):
        for name, value in data.model_dump(exclude_none=True).items():
            setattr(user, name, value)
        session.add(user)
        session.commit()
        return public(user)


@router.delete("", status_code=204, responses=responses(403, 429))
async def delete_me(data: AccountDeletion, request: Request, caller: CallerDep) -> None:
    """Delete the account with all its data. This cannot be undone."""
    user = await caller.user()
    if not await is_password(caller.services, _source(caller, request, user), user, data.password):
        raise Problem(403, "The password is wrong. Nothing was deleted.")
    await run_in_threadpool(accounts.remove, caller.services.engine, user.id)


@router.put("/password", responses=responses(403, 409, 429))
async def change_password(
    data: PasswordChange, request: Request, caller: CallerDep
) -> SessionPublic:
    """Change the password. All sessions end; the answer is a new one."""
    services = caller.services
    user = await caller.user()
    source = _source(caller, request, user)
    if not await is_password(services, source, user, data.current_password):
        raise Problem(403, "The current password is wrong. The password stays as it was.")
    await require_strong(services, data.new_password, user.email)
    hashed = await services.passwords.hash(data.new_password.get_secret_value())
    changed = await run_in_threadpool(accounts.change_password, services.engine, user, hashed)
    if changed is None:
        raise Problem(409, "The password was changed by someone else at this moment. Try again.")
    return await begin_session(services, changed, request)


def _source(caller: Caller, request: Request, user: User) -> Source:
    return Source(user.email, network_of(request), str(caller.claims.session_id))


@router.get("/sessions")
def list_sessions(caller: CallerDep) -> list[SessionListed]:
    """Where the caller is logged in, the session used last first."""
    with caller.enter() as (session, user):
        return [
            SessionListed(**row.model_dump(), current=row.id == caller.claims.session_id)
            for row in accounts.sessions(session, user)
        ]


@router.delete("/sessions", status_code=204)
def end_other_sessions(caller: CallerDep) -> None:
    """Log out everywhere else."""
    with caller.enter(atomic=True) as (session, user):
        ids = [row.id for row in accounts.sessions(session, user)]
        others = [one for one in ids if one != caller.claims.session_id]
        accounts.end_sessions(session, user.id, others)


@router.delete("/sessions/{session_id}", status_code=204, responses=responses(404))
def end_session(session_id: UUID, caller: CallerDep) -> None:
    """Log out in one place, which may be this one."""
    with caller.enter(atomic=True) as (session, user):
        if session_id not in [row.id for row in accounts.sessions(session, user)]:
            raise Problem(404, "You have no session with this id; it may have ended already.")
        accounts.end_sessions(session, user.id, [session_id])


@router.get("/export")
def export(caller: CallerDep, response: Response) -> Export:
    """All habits with all check-ins, to keep or to import elsewhere."""
    response.headers["Content-Disposition"] = 'attachment; filename="habits.json"'
    with caller.enter(atomic=True) as (session, user):
        return transfer.export(session, user)


@router.post("/import", responses=responses(409))
def import_(data: Export, caller: CallerDep) -> Imported:
    """Import an export, all or nothing; at most 4 MiB. Doing so again changes nothing.

    A habit with the same name and time of creation is brought up to date, any other is added.
    Nothing is deleted.
    """
    with caller.enter(atomic=True) as (session, user):
        return transfer.bring_in(session, user, data)


class CsvResponse(Response):
    """RFC 4180."""

    media_type = "text/csv"


@router.get("/export.csv", response_class=CsvResponse)
def export_csv(caller: CallerDep) -> CsvResponse:
    """All check-ins as a table: habit, date, status, count, note."""
    with caller.enter(atomic=True) as (session, user):
        table = transfer.export_csv(session, user)
    return CsvResponse(table, headers={"Content-Disposition": 'attachment; filename="habits.csv"'})
