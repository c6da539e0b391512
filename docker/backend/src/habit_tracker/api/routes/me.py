"""The caller's own account and data."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from habit_tracker import accounts, transfer
from habit_tracker.api.deps import CallerDep
from habit_tracker.api.sessions import is_password, public, session_for
from habit_tracker.core.problems import Problem, responses
from habit_tracker.schemas import (
    AccountDeletion,
    Export,
    Imported,
    PasswordChange,
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
async def delete_me(data: AccountDeletion, caller: CallerDep) -> None:
    """Delete the account with all its data. This cannot be undone."""
    user = await caller.user()
    if not await is_password(caller.services, user.email, user, data.password):
        raise Problem(403, "The password is wrong. Nothing was deleted.")
    await run_in_threadpool(accounts.remove, caller.services.engine, user.id)


@router.put("/password", responses=responses(403, 409, 429))
async def change_password(data: PasswordChange, caller: CallerDep) -> SessionPublic:
    """Change the password. All sessions end; the answer is a new one."""
    services = caller.services
    user = await caller.user()
    if not await is_password(services, user.email, user, data.current_password):
        raise Problem(403, "The current password is wrong. The password stays as it was.")
    hashed = await services.passwords.hash(data.new_password.get_secret_value())
    changed = await run_in_threadpool(accounts.change_password, services.engine, user, hashed)
    if changed is None:
        raise Problem(409, "The password was changed by someone else at this moment. Try again.")
    return session_for(services, changed)


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
