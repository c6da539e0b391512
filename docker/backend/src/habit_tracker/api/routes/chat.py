"""The chatbot."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from habit_tracker import chat_history
from habit_tracker.api.deps import Caller, CallerDep, IdentifiedDep
from habit_tracker.chat import Chatbot, Question
from habit_tracker.core.errors import UnavailableError
from habit_tracker.core.problems import responses
from habit_tracker.schemas import (
    ChatAvailability,
    ChatMessagePublic,
    ChatReply,
    ChatRequest,
    Confirmation,
    ConfirmationAnswer,
)

router = APIRouter(prefix="/chat", tags=["chat"], responses=responses(401))


TOO_FAST = "You are sending messages faster than the chatbot may answer. Wait a moment."

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events; `data` is JSON.",
        "content": {
            EventSourceResponse.media_type: {
                "itemSchema": {
                    "type": "object",
                    "required": ["event", "data"],
                    "properties": {
                        "event": {"enum": ["delta", "action", "confirmation", "done", "error"]},
                        "data": {"type": "string", "examples": ['{"text": "Well done"}']},
                    },
                }
            }
        },
    }
}

NOT_SET_UP = (
    "The assistant is not set up here. Everything else works; "
    "whoever runs this habit tracker can switch it on."
)


# A dependency, although only two routes need it: what it raises comes before a stream begins.
# The body belongs to it, so that a request that is refused for its body claims nothing.
# It takes a turn for that only: others need theirs while the model thinks.
async def get_question(request: ChatRequest, caller: IdentifiedDep) -> tuple[Chatbot, Question]:
    """The chatbot, and what it is asked.

    Raises UnavailableError without a key, TooSoonError for too much.
    """
    services = caller.services
    chatbot = services.chatbot
    async with services.gate.turn(caller.claims.user_id) as turn:
        caller = replace(caller, turn=turn)
        if chatbot is None:
            await caller.user()
            raise UnavailableError(NOT_SET_UP, seconds=0)
        return chatbot, await run_in_threadpool(_begin, caller, chatbot, request.message)


def _begin(caller: Caller, chatbot: Chatbot, message: str) -> Question:
    with caller.enter() as (session, user):
        caller.services.chat_messages.take(str(user.id), TOO_FAST)
        return chatbot.begin(session, user, message)


Asked = Annotated[tuple[Chatbot, Question], Depends(get_question)]


# async: a slow model must not occupy one of the threads that all other routes need.
@router.post("", responses=responses(429, 502, 504))
async def chat(asked: Asked) -> ChatReply:
    """Ask the chatbot; it may change habits on the way.

    One answer at a time for each person, and a budget of tokens a day: beyond them 429.
    """
    chatbot, question = asked
    return await chatbot.answer(question)


@router.post("/stream", response_class=EventSourceResponse, responses=EVENTS | responses(429))
async def stream(asked: Asked) -> AsyncIterator[ServerSentEvent]:
    """Ask the chatbot and watch it answer.

    Events: `delta` {text}, `action` and `confirmation` as in POST /chat, at the end `done`
    {finish_reason} or `error` with a problem. A comment every 15 seconds keeps the line open.
    """
    chatbot, question = asked
    async for name, data in chatbot.stream(question):
        yield ServerSentEvent(event=name, data=data)


@router.post("/undo/{undo_id}", responses=responses(404, 409))
def undo(undo_id: UUID, caller: CallerDep) -> ChatReply:
    """Take back a change of the chatbot, for a day, and only if nothing changed the same since."""
    with caller.enter(atomic=True) as (session, user):
        return chat_history.take_back(session, user, undo_id)


@router.get("/confirmations")
def list_confirmations(caller: CallerDep) -> list[Confirmation]:
    """What the chatbot has asked and the user has not answered yet, oldest first."""
    with caller.enter() as (session, user):
        return chat_history.open_questions(session, user)


@router.post("/confirmations/{confirmation_id}", responses=responses(404))
def confirm(confirmation_id: UUID, answer: ConfirmationAnswer, caller: CallerDep) -> ChatReply:
    """Let the chatbot do what it has asked for, or not. A question is good for an hour."""
    with caller.enter(atomic=True) as (session, user):
        return chat_history.settle(session, user, confirmation_id, accept=answer.accept)


@router.get("/history")
def read_history(caller: CallerDep) -> list[ChatMessagePublic]:
    """The last 200 messages, oldest first."""
    with caller.enter() as (session, user):
        return chat_history.read(session, user)


@router.delete("/history", status_code=204)
def erase_history(caller: CallerDep) -> None:
    """Forget the conversation, with all questions that are still open."""
    with caller.enter(atomic=True) as (session, user):
        chat_history.erase(session, user)


@router.get("")
def describe_chat(caller: CallerDep) -> ChatAvailability:
    """Whether the chatbot is set up, so that a page without one need not speak of it."""
    with caller.enter():
        return ChatAvailability(available=caller.services.chatbot is not None)
