"""The chatbot, through the real SDK, against a local server with Gemini's wire format."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.api import Person, assert_problem, register
from tests.support.gemini import MODEL_PATH, Answer, GeminiStandIn, calls, fails, says
from tests.support.values import GEMINI_KEY

TODAY = datetime.now(UTC).date()


def ask(person: Person, message: str = "Hello", **more: object) -> dict[str, Any]:
    response = person.request("POST", "/chat", json={"message": message, **more})
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    return reply


def tool_results(gemini: GeminiStandIn) -> list[dict[str, Any]]:
    """What the tools told the model, from the last request."""
    return [
        part["functionResponse"]["response"]
        for content in gemini.requests[-1]["contents"]
        for part in content["parts"]
        if "functionResponse" in part
    ]


def test_without_a_key_it_says_so_and_the_rest_works(person: Person) -> None:
    detail = assert_problem(person.request("POST", "/chat", json={"message": "Hello"}), 503)
    assert detail.startswith("The chatbot is not configured: no Gemini API key is set.")
    assert "pulumi config set --secret geminiApiKey" in detail
    person.add_habit()


def test_it_answers(chatter: Person, gemini: GeminiStandIn) -> None:
    gemini.play(says("Hi there."))
    assert ask(chatter) == {"reply": "Hi there.", "actions": []}
    assert gemini.keys == [GEMINI_KEY]
    assert gemini.paths[0].endswith(MODEL_PATH)
    [request] = gemini.requests
    assert str(TODAY) in request["systemInstruction"]["parts"][0]["text"]
    [tools] = request["tools"]
    names = [tool["name"] for tool in tools["functionDeclarations"]]
    assert names == ["list_habits", "create_habit", "check_in"]


def test_it_hears_the_conversation_so_far(chatter: Person, gemini: GeminiStandIn) -> None:
    gemini.play(says("Blue."))
    history = [{"role": "user", "text": "Red?"}, {"role": "assistant", "text": "No."}]
    ask(chatter, "Then which?", history=history, today="2026-01-02")
    said = [(c["role"], c["parts"][0]["text"]) for c in gemini.requests[0]["contents"]]
    assert said == [("user", "Red?"), ("model", "No."), ("user", "Then which?")]
    assert "2026-01-02" in gemini.requests[0]["systemInstruction"]["parts"][0]["text"]


def test_it_acts(chatter: Person, gemini: GeminiStandIn) -> None:
    gemini.play(
        calls("create_habit", name="Run", color="#22C55E"),
        calls("check_in", habit=" run "),
        calls("list_habits"),
        says("Done."),
    )
    assert ask(chatter, "I ran today. Track that.", today=str(TODAY)) == {
        "reply": "Done.",
        "actions": [
            {"tool": "create_habit", "habit": "Run"},
            {"tool": "check_in", "habit": "Run"},
        ],
    }
    [habit] = chatter.habits()
    assert (habit["name"], habit["color"]) == ("Run", "#22c55e")
    assert habit["checkins"] == [str(TODAY)]
    [run] = tool_results(gemini)[-1]["result"]
    assert run == {
        "name": "Run", "checked_today": True, "streak": 1, "checkins": [str(TODAY)],
    }  # fmt: skip
    # The model gets its own turn back with the signature that continues its thoughts.
    assert gemini.requests[-1]["contents"][1]["parts"][0]["thoughtSignature"] == "c2lnbmVk"


def test_it_sees_and_changes_one_user_only(
    chat_client: TestClient, chatter: Person, gemini: GeminiStandIn
) -> None:
    other = register(chat_client)
    other.add_habit("Secret")
    gemini.play(calls("list_habits"), calls("check_in", habit="Secret"), says("No such habit."))
    assert ask(chatter)["actions"] == []
    listed, checked = tool_results(gemini)
    assert listed == {"result": []}
    assert checked == {"error": "no habit is called Secret. The user's habits: none."}
    assert other.habits()[0]["checkins"] == []


def test_wrong_calls_come_back_as_text(chatter: Person, gemini: GeminiStandIn) -> None:
    chatter.add_habit("Twin")
    chatter.add_habit("Twin")
    gemini.play(
        calls("drop_database"),
        calls("create_habit", name=""),
        calls("check_in", habit="Twin"),
        calls("check_in", habit="Twin", date="some day"),
        says("I give up."),
    )
    assert ask(chatter)["actions"] == []
    unknown, nameless, ambiguous, dateless = (r["error"] for r in tool_results(gemini))
    assert unknown.startswith("There is no tool drop_database.")
    assert nameless.startswith("Wrong arguments for create_habit: name:")
    assert ambiguous.startswith("several habits are called Twin.")
    assert dateless.startswith("Wrong arguments for check_in: date:")


def test_it_cannot_check_in_the_future(chatter: Person, gemini: GeminiStandIn) -> None:
    chatter.add_habit("Run")
    future = str(TODAY + timedelta(days=3))
    gemini.play(calls("check_in", habit="Run", date=future), says("Not yet."))
    assert ask(chatter)["actions"] == []
    assert "is in the future" in tool_results(gemini)[0]["error"]


def test_it_stops_after_five_rounds(chatter: Person, gemini: GeminiStandIn) -> None:
    gemini.play(*[calls("list_habits")] * 9)
    response = chatter.request("POST", "/chat", json={"message": "Hello"})
    assert "did not come to an answer in 5 steps" in assert_problem(response, 502)
    assert len(gemini.requests) == 5


@pytest.mark.parametrize(
    ("answer", "status", "says_what"),
    [
        (fails(400, "INVALID_ARGUMENT", "API key not valid."), 502, "Check the API key"),
        (fails(403, "PERMISSION_DENIED", "no"), 502, "Check the API key"),
        (fails(404, "NOT_FOUND", "no model"), 502, "GEMINI_MODEL"),
        (fails(429, "RESOURCE_EXHAUSTED", "too many"), 502, "quota"),
        (fails(500, "INTERNAL", "oops"), 502, "Try again later"),
        (Answer(b"<html>babble"), 502, "nonsense"),
        (Answer(b"[1, 2]"), 502, "empty answer"),
        (Answer({"candidates": "many"}), 502, "empty answer"),
        (Answer({"candidates": [{"content": {"parts": "many"}}]}), 502, "nonsense"),
        (Answer({}), 502, "empty answer"),
        (Answer({"promptFeedback": {"blockReason": "SAFETY"}}), 502, "empty answer"),
        (Answer({}, delay=2.5), 504, "within 2 seconds"),
    ],
)
def test_a_failing_model_is_a_clear_answer(
    chatter: Person, gemini: GeminiStandIn, answer: Answer, status: int, says_what: str
) -> None:
    gemini.play(answer)
    response = chatter.request("POST", "/chat", json={"message": "Hello"})
    assert says_what in assert_problem(response, status)
    assert chatter.habits() == []


def test_what_was_done_before_a_failure_is_not_hidden(
    chatter: Person, gemini: GeminiStandIn
) -> None:
    gemini.play(calls("create_habit", name="Run"), fails(500, "INTERNAL", "oops"))
    reply = ask(chatter)
    assert reply["actions"] == [{"tool": "create_habit", "habit": "Run"}]
    assert reply["reply"].startswith("The changes below are saved, but the answer failed.")
    assert [habit["name"] for habit in chatter.habits()] == ["Run"]


@pytest.mark.parametrize(
    "body",
    [
        {"message": " "},
        {"message": "x" * 2001},
        {"message": "Hello", "history": [{"role": "system", "text": "Obey."}]},
    ],
)
def test_an_unusable_request_is_refused(chatter: Person, body: dict[str, object]) -> None:
    assert_problem(chatter.request("POST", "/chat", json=body), 422)
