"""The caller's own account and data."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import anyio
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from habit_tracker import accounts, transfer
from habit_tracker.api.deps import Caller, CallerDep, IdentifiedDep, Services
from habit_tracker.api.downloads import Download
from habit_tracker.api.sessions import begin_session, is_password, public, require_strong
from habit_tracker.core.clients import network_of
from habit_tracker.core.errors import ConflictError, ForbiddenError, NotFoundError
from habit_tracker.core.password_limits import Source
from habit_tracker.core.problems import responses
from habit_tracker.models import User
from habit_tracker.schemas import (
    AccountDeletion,
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
        return public(user)


@router.delete("", status_code=204, responses=responses(403, 429))
async def delete_me(data: AccountDeletion, request: Request, caller: CallerDep) -> None:
    """Delete the account with all its data. This cannot be undone."""
    user = await caller.user()
    if not await is_password(caller.services, _source(caller, request, user), user, data.password):
        raise ForbiddenError("The password is wrong. Nothing was deleted.")
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
        raise ForbiddenError("The current password is wrong. The password stays as it was.")
    await require_strong(services, data.new_password, user.email)
    hashed = await services.passwords.hash(data.new_password.get_secret_value())
    changed = await run_in_threadpool(accounts.change_password, services.engine, user, hashed)
    if changed is None:
        raise ConflictError("The password was changed by someone else at this moment. Try again.")
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
        accounts.note_use(session, caller.claims, caller.user_agent)  # it stays
        accounts.end_unlisted(session, user.id)
        ids = [row.id for row in accounts.sessions(session, user)]
        others = [one for one in ids if one != caller.claims.session_id]
        accounts.end_sessions(session, user.id, others)


@router.delete("/sessions/{session_id}", status_code=204, responses=responses(404))
def end_session(session_id: UUID, caller: CallerDep) -> None:
    """Log out in one place, which may be this one."""
    with caller.enter(atomic=True) as (session, user):
        if session_id not in [row.id for row in accounts.sessions(session, user)]:
            raise NotFoundError("You have no session with this id; it may have ended already.")
        accounts.end_sessions(session, user.id, [session_id])


EXPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "All habits with all check-ins.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Export"}}},
    }
}


@router.get("/export", response_class=StreamingResponse, responses=EXPORT | responses(429))
async def export(caller: IdentifiedDep) -> Download:
    """All habits with all check-ins, to keep or to import elsewhere."""
    return await _download(caller, transfer.as_json, "habits.json", "application/json")


CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "RFC 4180.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get("/export.csv", response_class=StreamingResponse, responses=CSV | responses(429))
async def export_csv(caller: IdentifiedDep) -> Download:
    """All check-ins as a table: habit, date, status, count, note."""
    return await _download(caller, transfer.as_csv, "habits.csv", "text/csv")


@router.post(
    "/import",
    responses=responses(409, 429),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Export"}}},
        }
    },
)
async def import_(request: Request, caller: IdentifiedDep) -> Imported:
    """Import an export, all or nothing; at most 64 MiB. Doing so again changes nothing.

    A habit with the same id, or with the same name and time of creation, is brought up to date,
    any other is added. Nothing is deleted. An account can have 500 habits, 250,000 check-ins and
    16 MiB of notes, and whatever it exports can be imported.
    """
    services = caller.services
    user = await caller.user()
    async with services.transfers.take(user.id):
        importing = transfer.Import(services.transfer_engine, user)
        try:
            async for piece in request.stream():
                if piece:
                    async with services.gate.turn(user.id, bulk=True) as turn:
                        await run_in_threadpool(turn.run, importing.feed, piece)
            return await run_in_threadpool(importing.finish)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(importing.close)


async def _download(
    caller: Caller, document: transfer.Document, filename: str, media_type: str
) -> Download:
    user = await caller.user()
    parts = _parts(caller.services, user, document)
    # Whatever goes wrong at the beginning is a problem, not a broken download.
    first = await anext(parts)
    return Download(first, parts, filename, media_type)


async def _parts(
    services: Services, user: User, document: transfer.Document
) -> AsyncGenerator[bytes]:
    async with services.transfers.take(user.id):
        pieces = transfer.pieces(services.transfer_engine, user, document)
        try:
            while True:
                async with services.gate.turn(user.id, bulk=True) as turn:
                    piece = await run_in_threadpool(turn.run, next, pieces, None)
                if piece is None:
                    return
                yield piece
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(pieces.close)
