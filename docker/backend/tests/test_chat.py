"""The chatbot, through the real SDK, against a local server with Gemini's wire format."""

import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import make_url

from habit_tracker import accounts
from habit_tracker.chat import MAX_CALLS, MAX_REPLY
from habit_tracker.chat_history import CONFIRMATION_LIFETIME, KEPT_MESSAGES
from habit_tracker.main import create_app
from tests.support.api import TODAY, Person, assert_problem, make_settings, register, wait_ready
from tests.support.gemini import (
    MODEL_PATH,
    Answer,
    GeminiStandIn,
    call,
    calls,
    candidate,
    fails,
    says,
)
from tests.support.postgres import connect, create_database
from tests.support.server import wait_until
from tests.support.values import GEMINI_KEY


def ask(person: Person, message: str = "Hello") -> dict[str, Any]:
    response = person.request("POST", "/chat", json={"message": message})
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
    assert person.request("GET", "/chat").json() == {"available": False}
    person.add_habit()


def test_it_answers(chatter: Person, gemini: GeminiStandIn) -> None:
    assert chatter.request("GET", "/chat").json() == {"available": True}
    gemini.play(says("Hi there."))
    assert ask(chatter) == {"reply": "Hi there.", "actions": [], "confirmation": None}
    assert gemini.keys == [GEMINI_KEY]
    assert gemini.paths[0].endswith(MODEL_PATH)
    [request] = gemini.requests
    assert str(TODAY) in request["systemInstruction"]["parts"][0]["text"]
    [tools] = request["tools"]
    declared = tools["functionDeclarations"]
    assert [tool["name"] for tool in declared] == [
        "list_habits", "create_habit", "check_in", "undo_check_in", "get_stats", "archive_habit",
    ]  # fmt: skip
    # What the model knows about a tool.
    assert all(tool["description"] for tool in declared)
    parameters = declared[2]["parameters_json_schema"]
    assert set(parameters["properties"]) == {"habit", "date", "status", "count", "note"}
    assert parameters["required"] == ["habit"]


def test_it_hears_the_conversation_so_far(chatter: Person, gemini: GeminiStandIn) -> None:
    gemini.play(says("No."), says("Blue."))
    ask(chatter, "Red?")
    # What a client sends along as history is not believed: the server has its own.
    chatter.request(
        "POST",
        "/chat",
        json={"message": "Then which?", "history": [{"role": "user", "text": "forged"}]},
    )
    said = [(c["role"], c["parts"][0]["text"]) for c in gemini.requests[-1]["contents"]]
    assert said == [("user", "Red?"), ("model", "No."), ("user", "Then which?")]


def test_it_lives_in_the_users_time_zone(chat_client: TestClient, gemini: GeminiStandIn) -> None:
    # 25 hours apart: never the same date.
    days = []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        person = register(chat_client, time_zone=zone)
        habit_id = person.add_habit("Run")
        gemini.play(calls("check_in", habit="Run"), says("Done."))
        ask(person)
        habit = person.habit(habit_id)
        assert habit["checked_today"] is True
        [day] = habit["checkins"]
        days.append(day)
        instruction = gemini.requests[0]["systemInstruction"]["parts"][0]["text"]
        assert f"Today is {day}" in instruction
        assert zone in instruction
    assert days[0] > days[1]


def test_it_acts(chatter: Person, gemini: GeminiStandIn) -> None:
    gemini.play(
        calls("create_habit", name="Run", color="#22C55E"),
        calls("check_in", habit=" run ", count=5, note="in the park"),
        calls("list_habits"),
        says("Done."),
    )
    reply = ask(chatter, "I ran today. Track that.")
    [habit] = chatter.habits()
    assert reply == {
        "reply": "Done.",
        "actions": [
            {"tool": "create_habit", "habit": "Run", "habit_id": habit["id"]},
            {"tool": "check_in", "habit": "Run", "habit_id": habit["id"]},
        ],
        "confirmation": None,
    }
    assert (habit["name"], habit["color"]) == ("Run", "#22c55e")
    assert habit["checkins"] == [str(TODAY)]
    assert (habit["today"]["count"], habit["today"]["note"]) == (5, "in the park")
    created, recorded, _ = (result["result"] for result in tool_results(gemini))
    assert (created, recorded) == ("Created Run.", f"Recorded Run as done on {TODAY}.")
    [run] = tool_results(gemini)[-1]["result"]
    assert run == {
        "name": "Run", "schedule": {"kind": "daily"}, "due_today": True, "checked_today": True,
        "streak": 1, "streak_unit": "days", "checkins": [str(TODAY)],
    }  # fmt: skip
    # The model gets its own turn back with the signature that continues its thoughts.
    assert gemini.requests[-1]["contents"][1]["parts"][0]["thoughtSignature"] == "c2lnbmVk"


def test_it_skips_undoes_and_reports(chatter: Person, gemini: GeminiStandIn) -> None:
    yesterday = str(TODAY - timedelta(days=1))
    gemini.play(
        calls("create_habit", name="Swim", schedule={"kind": "weekly", "times": 2}),
        calls("check_in", habit="Swim", date=yesterday, status="skip"),
        calls("check_in", habit="Swim"),
        says("Let me see."),
    )
    ask(chatter)
    gemini.play(
        calls("get_stats", habit="Swim"),
        calls("undo_check_in", habit="Swim", date=yesterday),
        calls("undo_check_in", habit="Swim"),
        says("Gone."),
    )
    assert [action["tool"] for action in ask(chatter)["actions"]] == ["undo_check_in"] * 2
    [habit] = chatter.habits()
    stats, undone, undone_today = (result["result"] for result in tool_results(gemini))
    # What a person would ask about: neither ids nor looks.
    assert set(stats) == set(habit) - {"id", "color", "position", "version"}
    assert stats["schedule"] == {"kind": "weekly", "times": 2}
    assert stats["streak_unit"] == "weeks"
    assert stats["today"]["status"] == "done"
    assert stats["checkins"] == [str(TODAY)]  # a skipped day is not a done one
    assert undone == f"Swim has no check-in on {yesterday} any more."
    assert undone_today == f"Swim has no check-in on {TODAY} any more."
    assert chatter.request("GET", f"/habits/{habit['id']}/checkins").json() == []


def confirmation_of(person: Person, gemini: GeminiStandIn, habit_id: str) -> str:
    gemini.play(calls("archive_habit", habit="Run"), says("Shall I?"))
    reply = ask(person, "Archive Run")
    assert reply["actions"] == []
    assert tool_results(gemini)[0]["result"] == (
        "Run is not archived yet: the user sees a button to confirm it."
    )
    asked = reply["confirmation"]
    assert asked == {
        "id": asked["id"], "tool": "archive_habit", "habit": "Run", "habit_id": habit_id,
    }  # fmt: skip
    assert person.habit(habit_id)["archived"] is False
    confirmation_id: str = asked["id"]
    return confirmation_id


@pytest.mark.parametrize("accept", [True, False])
def test_it_archives_only_after_a_yes(
    chatter: Person, gemini: GeminiStandIn, *, accept: bool
) -> None:
    habit_id = chatter.add_habit("Run")
    path = f"/chat/confirmations/{confirmation_of(chatter, gemini, habit_id)}"
    response = chatter.request("POST", path, json={"accept": accept})
    assert response.status_code == 200
    action = {"tool": "archive_habit", "habit": "Run", "habit_id": habit_id}
    assert response.json() == {
        "reply": "“Run” is archived." if accept else "“Run” stays as it is.",
        "actions": [action] if accept else [],
        "confirmation": None,
    }
    assert chatter.habit(habit_id)["archived"] is accept
    assert chatter.request("GET", "/chat/history").json()[-1]["text"] == response.json()["reply"]
    # Once is enough.
    assert_problem(chatter.request("POST", path, json={"accept": True}), 404)
    assert chatter.request("GET", "/chat/confirmations").json() == []


def test_a_question_stays_open_until_it_is_answered_or_forgotten(
    chat_client: TestClient, chatter: Person, gemini: GeminiStandIn
) -> None:
    def questions(person: Person) -> object:
        return person.request("GET", "/chat/confirmations").json()

    habit_id = chatter.add_habit("Run")
    asked = {"tool": "archive_habit", "habit": "Run", "habit_id": habit_id}
    first = confirmation_of(chatter, gemini, habit_id)
    assert questions(chatter) == [{"id": first, **asked}]
    assert questions(register(chat_client)) == []
    # Asked again, it is one question still.
    second = confirmation_of(chatter, gemini, habit_id)
    assert questions(chatter) == [{"id": second, **asked}]
    swim_id = chatter.add_habit("Swim")
    gemini.play(calls("archive_habit", habit="Swim"), says("Shall I?"))
    swim = ask(chatter, "Archive Swim")["confirmation"]
    assert questions(chatter) == [{"id": second, **asked}, swim]
    assert swim["habit_id"] == swim_id
    # The oldest comes first, wherever its row is.
    url = chat_client.app.state.services.engine.url  # type: ignore[attr-defined]
    with connect(make_url(url)) as connection:
        connection.execute(
            "UPDATE chat_confirmations SET created_at = created_at - interval '1 minute'"
            " WHERE id = %s",
            [swim["id"]],
        )
    assert questions(chatter) == [swim, {"id": second, **asked}]
    chatter.request("DELETE", "/chat/history")
    assert questions(chatter) == []


def test_a_yes_of_somebody_else_or_too_late_is_none(
    chat_client: TestClient, chatter: Person, gemini: GeminiStandIn
) -> None:
    habit_id = chatter.add_habit("Run")
    path = f"/chat/confirmations/{confirmation_of(chatter, gemini, habit_id)}"
    yes = {"accept": True}
    theirs = register(chat_client).request("POST", path, json=yes)
    nobodys = chatter.request("POST", f"/chat/confirmations/{uuid4()}", json=yes)
    # The same answer: not even that there is such a question is told.
    assert assert_problem(theirs, 404) == assert_problem(nobodys, 404)
    url = chat_client.app.state.services.engine.url  # type: ignore[attr-defined]
    with connect(make_url(url)) as connection:
        connection.execute(
            "UPDATE chat_confirmations SET created_at = now() - %s WHERE habit_id = %s",
            [CONFIRMATION_LIFETIME, habit_id],
        )
    late = chatter.request("POST", path, json=yes)
    assert assert_problem(late, 404) == (
        "There is no such question any more. Ask the chatbot again."
    )
    assert chatter.request("GET", "/chat/confirmations").json() == []
    assert chatter.habit(habit_id)["archived"] is False


def test_questions_that_were_too_late_go_with_the_next_one(
    chat_client: TestClient, chatter: Person, gemini: GeminiStandIn
) -> None:
    other = register(chat_client)
    habits = [(person, person.add_habit("Run")) for person in (chatter, other)]
    for person, habit_id in habits:
        confirmation_of(person, gemini, habit_id)
    url = chat_client.app.state.services.engine.url  # type: ignore[attr-defined]
    with connect(make_url(url)) as connection:
        connection.execute(
            "UPDATE chat_confirmations SET created_at = now() - %s", [CONFIRMATION_LIFETIME]
        )
        chatter.add_habit("Swim")
        gemini.play(calls("archive_habit", habit="Swim"), says("Shall I?"))
        swim = ask(chatter, "Archive Swim")["confirmation"]
        query = "SELECT id FROM chat_confirmations WHERE user_id = %s"
        assert connection.execute(query, [chatter.id]).fetchall() == [(UUID(swim["id"]),)]
        # Somebody else's go with somebody else's.
        assert len(connection.execute(query, [other.id]).fetchall()) == 1


def test_history_is_kept_and_erased(
    chat_client: TestClient, chatter: Person, gemini: GeminiStandIn
) -> None:
    gemini.play(calls("create_habit", name="Run"), says("Done."), fails(500, "INTERNAL", "oops"))
    ask(chatter, "Track my runs.")
    chatter.request("POST", "/chat", json={"message": "This one fails and is not kept."})
    history = chatter.request("GET", "/chat/history").json()
    [habit] = chatter.habits()
    assert [(one["role"], one["text"], one["actions"]) for one in history] == [
        ("user", "Track my runs.", []),
        (
            "assistant",
            "Done.",
            [{"tool": "create_habit", "habit": "Run", "habit_id": habit["id"]}],
        ),
    ]
    assert history[0]["id"] < history[1]["id"]
    assert register(chat_client).request("GET", "/chat/history").json() == []
    assert chatter.request("DELETE", "/chat/history").status_code == 204
    assert chatter.request("GET", "/chat/history").json() == []


def test_old_messages_go(chat_client: TestClient, chatter: Person, gemini: GeminiStandIn) -> None:
    rounds = KEPT_MESSAGES // 2 + 1
    gemini.play(*[says("Yes.")] * rounds)
    for number in range(rounds):
        ask(chatter, str(number))
    history = chatter.request("GET", "/chat/history").json()
    assert len(history) == KEPT_MESSAGES
    assert history[0]["text"] == "1"
    url = chat_client.app.state.services.engine.url  # type: ignore[attr-defined]
    with connect(make_url(url)) as connection:
        query = "SELECT count(*) FROM chat_messages WHERE user_id = %s"
        assert connection.execute(query, [chatter.id]).fetchone() == (KEPT_MESSAGES,)
    # The model hears a bounded part of it.
    assert len(gemini.requests[-1]["contents"]) == 21


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
    gemini.play(calls("list_habits", user="somebody else"), says("Well."))
    ask(chatter)
    assert tool_results(gemini)[-1]["error"].startswith("Wrong arguments for list_habits: user:")
    assert unknown == (
        "There is no tool drop_database. There are: list_habits, create_habit, check_in, "
        "undo_check_in, get_stats, archive_habit."
    )
    assert nameless.startswith("Wrong arguments for create_habit: name:")
    assert ambiguous == "several habits are called Twin. The user's habits: Twin, Twin."
    assert dateless.startswith("Wrong arguments for check_in: date:")


def test_all_that_is_wrong_with_a_call_comes_back(chatter: Person, gemini: GeminiStandIn) -> None:
    schedule = {"kind": "weekly", "times": 8}
    gemini.play(calls("create_habit", name="", schedule=schedule), says("Well."))
    ask(chatter)
    assert tool_results(gemini)[0]["error"] == (
        "Wrong arguments for create_habit: name: String should have at least 1 character; "
        "schedule.weekly.times: Input should be less than or equal to 7."
    )


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
        (Answer([b"<html>babble"]), 502, "nonsense"),
        (Answer([b"data: <html>\r\n\r\n"]), 502, "nonsense"),
        (Answer([[1, 2]]), 502, "empty answer"),
        (Answer([{"candidates": [{"content": {"parts": "many"}}]}]), 502, "nonsense"),
        (Answer([]), 502, "empty answer"),
        (Answer([{}]), 502, "empty answer"),
        (Answer([{"promptFeedback": {"blockReason": "SAFETY"}}]), 502, "empty answer"),
    ],
)
def test_a_failing_model_is_a_clear_answer(
    chatter: Person, gemini: GeminiStandIn, answer: Answer, status: int, says_what: str
) -> None:
    gemini.play(answer)
    response = chatter.request("POST", "/chat", json={"message": "Hello"})
    assert says_what in assert_problem(response, status)
    assert chatter.habits() == []


@pytest.mark.parametrize("answer", [Answer([{}], delay=2.5), says("a", "b", "c", delay=0.9)])
def test_a_slow_model_is_a_clear_answer(
    chat_client: TestClient,
    chatter: Person,
    gemini: GeminiStandIn,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
) -> None:
    services = chat_client.app.state.services  # type: ignore[attr-defined]
    monkeypatch.setattr(services.chatbot, "_timeout", 2)
    gemini.play(answer)
    response = chatter.request("POST", "/chat", json={"message": "Hello"})
    assert "within 2 seconds" in assert_problem(response, 504)
    assert chatter.habits() == []


def test_what_was_done_before_a_failure_is_not_hidden(
    chatter: Person, gemini: GeminiStandIn
) -> None:
    gemini.play(calls("create_habit", name="Run"), fails(500, "INTERNAL", "oops"))
    reply = ask(chatter)
    [habit] = chatter.habits()
    assert reply["actions"] == [{"tool": "create_habit", "habit": "Run", "habit_id": habit["id"]}]
    assert reply["reply"].startswith("What you see below is done, but the answer failed.")
    assert chatter.request("GET", "/chat/history").json()[-1]["text"] == reply["reply"]


@pytest.mark.parametrize(
    "body",
    [
        {"message": " "},
        {"message": "x" * 2001},
        {"message": "nul\0"},
        {"message": ["Hello"]},
    ],
)
def test_an_unusable_request_is_refused(chatter: Person, body: dict[str, object]) -> None:
    assert_problem(chatter.request("POST", "/chat", json=body), 422)


def events(person: Person, message: str = "Hello") -> list[tuple[str, Any]]:
    response = person.request("POST", "/chat/stream", json={"message": message})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    blocks = response.text.removesuffix("\n\n").split("\n\n")
    pairs = [block.split("\n") for block in blocks]
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in pairs
    ]


def test_a_streamed_answer(chatter: Person, gemini: GeminiStandIn) -> None:
    habit_id = chatter.add_habit("Run")
    gemini.play(
        Answer([
            candidate([{"text": "thinking", "thought": True}]),
            candidate([{"text": "One "}]),
            candidate([{"text": "moment."}, call("check_in", habit="Run")]),
        ]),
        calls("archive_habit", habit="Run"),
        says("All ", "done."),
    )  # fmt: skip
    *most, last = events(chatter)
    assert last == ("done", {})
    assert [name for name, _ in most] == [
        "delta", "delta", "action", "delta", "confirmation", "delta", "delta", "delta",
    ]  # fmt: skip
    assert most[2][1] == {"tool": "check_in", "habit": "Run", "habit_id": habit_id}
    assert most[4][1]["tool"] == "archive_habit"
    text = "".join(data["text"] for name, data in most if name == "delta")
    assert text.split() == ["One", "moment.", "All", "done."]
    # It is the same conversation.
    assert chatter.request("GET", "/chat/history").json()[-1]["text"] == text


def test_a_streamed_answer_comes_as_it_is_made(
    chat_client: TestClient, gemini: GeminiStandIn
) -> None:
    # The test client collects whole answers, so this asks the chatbot itself.
    person = register(chat_client)
    gemini.play(says("a", "b", "c", delay=0.3))
    moments: list[float] = []

    async def listen() -> None:
        services = chat_client.app.state.services  # type: ignore[attr-defined]
        user = accounts.find(services.engine, person.email)
        async for _ in services.chatbot.stream(user, "Hello"):
            moments.append(time.monotonic())

    assert chat_client.portal is not None
    chat_client.portal.call(listen)
    assert len(moments) == 4
    assert moments[2] - moments[0] > 0.4


def test_a_failing_stream_ends_with_a_problem(chatter: Person, gemini: GeminiStandIn) -> None:
    gemini.play(calls("create_habit", name="Run"), fails(429, "RESOURCE_EXHAUSTED", "no"))
    action, (name, problem) = events(chatter)
    assert action[0] == "action"
    assert name == "error"
    assert (problem["status"], problem["title"]) == (502, "Bad Gateway")
    assert "quota" in problem["detail"]


def test_babble_is_cut_off(chatter: Person, gemini: GeminiStandIn) -> None:
    gemini.play(says(*["babble " * 100] * 2000))
    reply = ask(chatter)["reply"]
    assert MAX_REPLY - 10 <= len(reply) <= MAX_REPLY
    assert reply.startswith("babble babble")


def test_too_many_tools_at_once_are_not_run(chatter: Person, gemini: GeminiStandIn) -> None:
    wanted = [call("create_habit", name=f"No. {n}") for n in range(MAX_CALLS + 2)]
    gemini.play(Answer([candidate(wanted)]), says("Oh."))
    assert len(ask(chatter)["actions"]) == MAX_CALLS
    assert len(chatter.habits()) == MAX_CALLS
    assert "tools at once are enough" in tool_results(gemini)[-1]["error"]


def test_a_user_has_a_rate_limit_of_their_own(gemini: GeminiStandIn) -> None:
    settings = make_settings(
        create_database(),
        gemini_api_key=SecretStr(GEMINI_KEY),
        gemini_base_url=gemini.url,
        chat_messages_per_minute=2,
    )
    with TestClient(create_app(settings)) as client:
        wait_ready(client)
        eager, patient = register(client), register(client)
        gemini.play(*[says("Yes.")] * 3)
        for _ in range(2):
            ask(eager)
        for path in ("/chat", "/chat/stream"):
            response = eager.request("POST", path, json={"message": "More"})
            assert_problem(response, 429)
            assert 1 <= int(response.headers["retry-after"]) <= 60
        assert len(gemini.requests) == 2
        ask(patient)
        assert eager.habits() == []


def test_an_answer_nobody_waits_for_is_remembered(
    chat_client: TestClient, gemini: GeminiStandIn
) -> None:
    person = register(chat_client)
    gemini.play(calls("create_habit", name="Run"), says("Done.", delay=0.3))

    async def leave() -> None:
        services = chat_client.app.state.services  # type: ignore[attr-defined]
        user = accounts.find(services.engine, person.email)
        async for _ in services.chatbot.stream(user, "Hello"):
            break

    assert chat_client.portal is not None
    chat_client.portal.call(leave)
    wait_until(
        lambda: len(person.request("GET", "/chat/history").json()) == 2, "history is written", 5
    )
