"""Habits and their check-ins."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from habit_tracker import habits
from habit_tracker.api.deps import CallerDep
from habit_tracker.core.problems import responses
from habit_tracker.schemas import (
    FIRST_YEAR,
    LAST_YEAR,
    CheckInData,
    CheckInPublic,
    CheckInUpdate,
    Day,
    HabitCreate,
    HabitOrder,
    HabitPublic,
    HabitUpdate,
    Heatmap,
    Stats,
    TodayPublic,
)

router = APIRouter(tags=["habits"], responses=responses(401))

PAGE_SIZE = 200

NO_DATA = CheckInData()

IfMatch = Annotated[
    str | None,
    Header(description="The ETag that the change is based on.", examples=['"3"']),
]


@router.get("/today")
def read_today(caller: CallerDep) -> TodayPublic:
    """What is due today, and what was checked in today."""
    with caller.enter() as (session, user):
        today, due = habits.list_today(session, user)
        return TodayPublic(date=today, time_zone=user.time_zone, habits=due)


@router.get("/habits")
def list_habits(
    caller: CallerDep,
    request: Request,
    response: Response,
    archived: habits.Archived = "false",
    limit: Annotated[int, Query(ge=1, le=PAGE_SIZE)] = PAGE_SIZE,
    cursor: Annotated[
        UUID | None, Query(description="From the Link header of the page before.")
    ] = None,
) -> list[HabitPublic]:
    """The user's habits in their order. More pages by the Link header, rel="next"."""
    with caller.enter() as (session, user):
        page, after = habits.list_page(session, user, archived, limit, cursor)
    if after is not None:
        # Without scheme and host: only whoever asked knows the address they asked at.
        following = request.url.include_query_params(cursor=after)
        response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return page


@router.post("/habits", status_code=201, responses=responses(409))
def create_habit(data: HabitCreate, caller: CallerDep, response: Response) -> HabitPublic:
    """Add a habit."""
    with caller.enter(atomic=True) as (session, user):
        return _tagged(response, habits.create(session, user, data))


@router.put("/habits/order", status_code=204, responses=responses(404))
def order_habits(data: HabitOrder, caller: CallerDep) -> None:
    """Put habits into an order."""
    with caller.enter(atomic=True) as (session, user):
        habits.reorder(session, user, data.ids)


@router.get("/habits/{habit_id}", responses=responses(404))
def read_habit(habit_id: UUID, caller: CallerDep, response: Response) -> HabitPublic:
    """One habit."""
    with caller.enter() as (session, user):
        return _tagged(response, habits.get(session, user, habit_id))


@router.patch("/habits/{habit_id}", responses=responses(404, 412))
def change_habit(
    habit_id: UUID,
    data: HabitUpdate,
    caller: CallerDep,
    response: Response,
    if_match: IfMatch = None,
) -> HabitPublic:
    """Change a habit; with If-Match only if nobody else has changed it since."""
    with caller.enter(atomic=True) as (session, user):
        habit = habits.change(session, user, habit_id, data, _versions(if_match))
        return _tagged(response, habit)


@router.delete("/habits/{habit_id}", status_code=204, responses=responses(404))
def delete_habit(habit_id: UUID, caller: CallerDep) -> None:
    """Move a habit to the trash, from where it can be restored for 30 days."""
    with caller.enter() as (session, user):
        habits.remove(session, user, habit_id)


@router.get("/habits/{habit_id}/checkins", responses=responses(404))
def list_check_ins(
    habit_id: UUID,
    caller: CallerDep,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> list[CheckInPublic]:
    """The habit's check-ins, oldest first; both ends are included."""
    with caller.enter() as (session, user):
        return habits.list_check_ins(session, user, habit_id, first, last)


@router.get("/habits/{habit_id}/heatmap", responses=responses(404))
def read_heatmap(
    habit_id: UUID,
    caller: CallerDep,
    year: Annotated[
        int | None,
        Query(ge=FIRST_YEAR, le=LAST_YEAR, description="The present year when left out."),
    ] = None,
) -> Heatmap:
    """A year's days that have a check-in."""
    with caller.enter() as (session, user):
        return habits.heatmap(session, user, habit_id, year)


@router.get("/habits/{habit_id}/stats", responses=responses(404))
def read_stats(habit_id: UUID, caller: CallerDep) -> Stats:
    """How the habit has gone over time."""
    with caller.enter() as (session, user):
        return habits.stats(session, user, habit_id)


@router.put("/habits/{habit_id}/checkins/{day}", responses=responses(404))
def check_in(
    habit_id: UUID, day: Day, caller: CallerDep, data: CheckInData = NO_DATA
) -> CheckInPublic:
    """Record a day as done or skipped. Idempotent, so a client may retry it blindly."""
    with caller.enter() as (session, user):
        return habits.check_in(session, user, habit_id, day, data)


@router.patch("/habits/{habit_id}/checkins/{day}", responses=responses(404))
def change_check_in(
    habit_id: UUID, day: Day, caller: CallerDep, data: CheckInUpdate
) -> CheckInPublic:
    """Change what is recorded for a day; what is left out stays. `add` is not idempotent."""
    with caller.enter(atomic=True) as (session, user):
        return habits.change_day(session, user, habit_id, day, data)


@router.delete("/habits/{habit_id}/checkins/{day}", status_code=204, responses=responses(404))
def undo_check_in(habit_id: UUID, day: Day, caller: CallerDep) -> None:
    """Forget a day. Idempotent as well."""
    with caller.enter() as (session, user):
        habits.undo_check_in(session, user, habit_id, day)


def _tagged(response: Response, habit: HabitPublic) -> HabitPublic:
    response.headers["ETag"] = f'"{habit.version}"'
    return habit


def _versions(if_match: str | None) -> set[str] | None:
    """The versions that an If-Match header names; None when any will do.

    Whatever is no ETag of ours, weak ones among them, matches nothing (RFC 9110, 13.1.1).
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = (tag.strip() for tag in if_match.split(","))
    return {tag[1:-1] for tag in tags if tag[:1] == tag[-1:] == '"'}
