"""The chatbot."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from habit_tracker import chat_history
from habit_tracker.api.deps import CallerDep
from habit_tracker.chat import Chatbot
from habit_tracker.core.problems import Problem, responses
from habit_tracker.models import User
from habit_tracker.schemas import (
    ChatAvailability,
    ChatMessagePublic,
    ChatReply,
    ChatRequest,
    Confirmation,
    ConfirmationAnswer,
)

router = APIRouter(prefix="/chat", tags=["chat"], responses=responses(401))


async def get_conversation(caller: CallerDep) -> tuple[Chatbot, User]:
    """The chatbot and who talks to it. Raises problems: 503 without a key, 429 for too much."""
    services = caller.services
    user = await caller.user()
    if services.chatbot is None:
        raise Problem(
            503,
            "The chatbot is not configured: no Gemini API key is set. To switch it on, run "
            "`pulumi config set --secret geminiApiKey <key>` and `pulumi up`.",
        )
    services.chat_messages.take(
        str(user.id), "You are sending messages faster than the chatbot may answer. Wait a moment."
    )
    return services.chatbot, user


Conversation = Annotated[tuple[Chatbot, User], Depends(get_conversation)]


# async: a slow model must not occupy one of the threads that all other routes need.
@router.post("", responses=responses(429, 502, 504))
async def chat(request: ChatRequest, conversation: Conversation) -> ChatReply:
    """Ask the chatbot; it may change habits on the way."""
    chatbot, user = conversation
    return await chatbot.answer(user, request.message)


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events; `data` is JSON.",
        "content": {
            EventStream.media_type: {
                "schema": {
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


@router.post("/stream", response_class=EventStream, responses=EVENTS | responses(429))
async def stream(request: ChatRequest, conversation: Conversation) -> EventStream:
    """Ask the chatbot and watch it answer.

    Events: `delta` {text}, `action` and `confirmation` as in POST /chat, at the end `done` {} or
    `error` with a problem.
    """
    chatbot, user = conversation
    events = chatbot.stream(user, request.message)

    async def lines() -> AsyncIterator[str]:
        async for name, data in events:
            yield f"event: {name}\ndata: {json.dumps(data)}\n\n"

    # Proxies must neither keep nor gather them.
    return EventStream(lines(), headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})


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
