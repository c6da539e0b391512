"""The chatbot."""

from fastapi import APIRouter

from habit_tracker.api.deps import CurrentUser, ServicesDep
from habit_tracker.core.problems import Problem
from habit_tracker.schemas import ChatReply, ChatRequest

router = APIRouter(tags=["chat"])


# async: a slow model must not occupy one of the threads that all other routes need.
@router.post("/chat")
async def chat(request: ChatRequest, user: CurrentUser, services: ServicesDep) -> ChatReply:
    """Ask the chatbot; it may change habits on the way."""
    if services.chatbot is None:
        raise Problem(
            503,
            "The chatbot is not configured: no Gemini API key is set. To switch it on, run "
            "`pulumi config set --secret geminiApiKey <key>` and `pulumi up`.",
        )
    return await services.chatbot.answer(user.id, request)
