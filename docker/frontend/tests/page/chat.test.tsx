import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import {
    aHabit,
    chatStream,
    eventStream,
    FakeBackend,
    problem,
    serverEvent,
} from "../support/fake-backend";
import ChatPanel from "@/components/chat/ChatPanel";
import { ChatScreen } from "@/components/chat/ChatScreen";
import { TodayScreen } from "@/components/today/TodayScreen";

import { openPage as open, Screens } from "../support/page";

/** The assistant beside Today, as on a wide screen. */
const openPage = () =>
    open(
        <>
            <TodayScreen />
            <ChatPanel />
        </>,
    );

async function say(person: ReturnType<typeof openPage>, text: string) {
    await person.type(await screen.findByLabelText("Message"), text);
    await person.click(screen.getByRole("button", { name: "Send" }));
}

const log = () => within(screen.getByRole("log"));

const CONFIRMATION = { id: "c1", tool: "delete_habit", habit: "Read", habit_id: "h1" };

describe("the assistant", () => {
    it("answers, below what was said before", async () => {
        const backend = new FakeBackend();
        backend.history = [
            { id: 1, role: "user", text: "Hi", actions: [], created_at: "" },
            { id: 2, role: "assistant", text: "Hello Anna", actions: [], created_at: "" },
        ];
        const person = openPage();
        await screen.findByText("Hello Anna");
        await say(person, "And now?");
        await log().findByText("Well done!");
        await waitFor(() => expect(log().queryByText("Thinking…")).toBeNull());

        expect(
            log()
                .getAllByText(/./, { selector: "p" })
                .map((turn) => turn.textContent),
        ).toEqual(["Hi", "Hello Anna", "And now?", "Well done!"]);
        expect(backend.callsTo("POST /api/v1/chat").map(({ body }) => body)).toEqual([
            { message: "And now?" },
        ]);
    });

    it("shows its answer while it comes in", async () => {
        const backend = new FakeBackend();
        let more!: (text: string) => void;
        let end!: () => void;
        const pieces = new ReadableStream({
            start(controller) {
                const encoder = new TextEncoder();
                more = (text) => controller.enqueue(encoder.encode(text));
                end = () => controller.close();
            },
        });
        backend.override("POST /api/v1/chat/stream", () => eventStream(pieces));
        const person = openPage();
        await say(person, "Hello");
        more(serverEvent("delta", { text: "Once" }));
        expect(await log().findByText("Once")).toBeTruthy();
        expect(screen.getByRole("log").getAttribute("aria-busy")).toBe("true");

        // An event may arrive in two pieces.
        const event = serverEvent("delta", { text: " upon a time" });
        more(event.slice(0, 12));
        more(event.slice(12) + serverEvent("done", {}));
        end();
        expect(await log().findByText("Once upon a time")).toBeTruthy();
        await waitFor(() =>
            expect(screen.getByRole("log").getAttribute("aria-busy")).toBe("false"),
        );
    });

    it("shows what it did to which habit, and the list follows", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.override("POST /api/v1/chat/stream", () => {
            backend.habits = [aHabit({ checked_today: true, streak: 1 })];
            return chatStream("Done.", {
                action: { tool: "check_in", habit: "Read", habit_id: "h1" },
            });
        });
        const person = openPage();
        await say(person, "I have read");

        expect(await screen.findByText("Checked off: Read")).toBeTruthy();
        await waitFor(() =>
            expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "Read" }).checked).toBe(
                true,
            ),
        );
    });

    it("says plainly that no key is configured, and keeps the message", async () => {
        const backend = new FakeBackend();
        backend.override("POST /api/v1/chat/stream", () =>
            problem(503, "The chatbot is not configured. Set geminiApiKey."),
        );
        const person = openPage();
        await say(person, "Hello");

        expect((await screen.findByRole("alert")).textContent).toBe(
            "The chatbot is not configured. Set geminiApiKey.",
        );
        expect(screen.getByLabelText<HTMLInputElement>("Message").value).toBe("Hello");
        expect(screen.getByText("No habits yet.")).toBeTruthy();
    });

    it("keeps the message that failed beside what was typed meanwhile", async () => {
        const backend = new FakeBackend();
        let refuse = () => {};
        backend.override(
            "POST /api/v1/chat/stream",
            () =>
                new Promise((resolve) => {
                    refuse = () => resolve(problem(503, "The model is away."));
                }),
        );
        const person = openPage();
        await say(person, "I ran 5 km.");
        await person.type(screen.getByLabelText("Message"), "How was");
        refuse();
        await screen.findByText("The model is away.");
        await waitFor(() =>
            expect(screen.getByLabelText<HTMLInputElement>("Message").value).toBe(
                "I ran 5 km. How was",
            ),
        );
    });

    it.each([
        [
            "reports a problem midway",
            serverEvent("delta", { text: "One mo" }) +
                serverEvent("error", { status: 504, detail: "The model took too long." }),
            "The model took too long.",
        ],
        [
            "breaks off",
            serverEvent("delta", { text: "One mo" }),
            "The habit tracker’s answer broke off. Try again.",
        ],
        [
            "makes no sense",
            "event: delta\ndata: {{\n\n",
            "The habit tracker’s answer broke off. Try again.",
        ],
    ])("an answer that %s is not taken for a whole one", async (_what, stream, failure) => {
        const backend = new FakeBackend();
        backend.override("POST /api/v1/chat/stream", () => eventStream(stream));
        const person = openPage();
        await say(person, "Hello");

        expect((await screen.findByRole("alert")).textContent).toBe(failure);
        expect(log().queryByText("One mo")).toBeNull();
        expect(screen.getByLabelText<HTMLInputElement>("Message").value).toBe("Hello");
    });

    it("keeps what it had done before it failed, and the question to ask it again", async () => {
        const backend = new FakeBackend();
        const action = { tool: "skip", habit: "Read", habit_id: "h1", undo: "u1" };
        backend.override("POST /api/v1/chat/stream", () =>
            eventStream(
                serverEvent("action", action) +
                    serverEvent("delta", { text: "But the answer failed." }) +
                    serverEvent("done", { finish_reason: "error" }),
            ),
        );
        const person = openPage();
        await say(person, "A day off from everything");

        expect(await log().findByText("But the answer failed.")).toBeTruthy();
        expect(log().getByText("Skipped: Read")).toBeTruthy();
        await waitFor(() =>
            expect(screen.getByLabelText<HTMLInputElement>("Message").value).toBe(
                "A day off from everything",
            ),
        );
    });

    it("shows a retry when the conversation so far cannot be loaded", async () => {
        const backend = new FakeBackend();
        backend.override("GET /api/v1/chat/history", () => problem(503, "The database is away."));
        const person = openPage();
        expect((await screen.findByRole("alert")).textContent).toContain("The database is away.");
        backend.heal();
        backend.history = [{ id: 1, role: "user", text: "Hi", actions: [], created_at: "" }];
        await person.click(screen.getByRole("button", { name: "Retry" }));
        expect(await log().findByText("Hi")).toBeTruthy();
    });

    it("forgets the conversation on demand, and asks first", async () => {
        const backend = new FakeBackend();
        const person = openPage();
        await say(person, "Hello");
        await log().findByText("Well done!");
        const clear = await screen.findByRole<HTMLButtonElement>("button", {
            name: "Clear conversation",
        });
        await waitFor(() => expect(clear.disabled).toBe(false));
        await person.click(clear);
        await person.click(screen.getByRole("button", { name: "Keep it" }));
        expect(backend.callsTo("DELETE /api/v1/chat/history")).toHaveLength(0);
        await person.click(clear);
        await person.click(screen.getByRole("button", { name: "Yes, clear it" }));
        await waitFor(() => expect(log().queryByText("Well done!")).toBeNull());
        expect(backend.callsTo("DELETE /api/v1/chat/history")).toHaveLength(1);
    });
});

describe("before it deletes", () => {
    function asks() {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.override("POST /api/v1/chat/stream", () => {
            backend.questions = [CONFIRMATION];
            return chatStream("Shall I?", { confirmation: CONFIRMATION });
        });
        backend.override("POST /api/v1/chat/confirmations/c1", ({ body }) => {
            const { accept } = body as { accept: boolean };
            if (accept) backend.habits = [];
            backend.questions = [];
            const action = { tool: "delete_habit", habit: "Read", habit_id: "h1" };
            return {
                status: 200,
                body: {
                    reply: accept ? "It is deleted." : "It stays.",
                    actions: accept ? [action] : [],
                    confirmation: null,
                },
            };
        });
        return backend;
    }

    it.each([
        ["Delete Read", true, "It is deleted."],
        ["Keep Read", false, "It stays."],
    ])("it asks, and “%s” is what happens", async (button, accept, reply) => {
        const backend = asks();
        const person = openPage();
        await say(person, "Delete Read");
        const decision = await screen.findByRole<HTMLButtonElement>("button", { name: button });
        await waitFor(() => expect(decision.disabled).toBe(false));
        expect(backend.callsTo("POST /api/v1/chat/confirmations")).toHaveLength(0);

        await person.click(decision);
        expect(await log().findByText(reply)).toBeTruthy();
        expect(backend.callsTo("POST /api/v1/chat/confirmations")[0]?.body).toEqual({ accept });
        expect(screen.queryByRole("button", { name: button })).toBeNull();
        await waitFor(() =>
            expect(screen.queryByRole("checkbox", { name: "Read" }) === null).toBe(accept),
        );
    });

    it("it asks about a day with its date", async () => {
        const backend = asks();
        backend.questions = [{ ...CONFIRMATION, tool: "undo_check_in", date: "2026-11-23" }];
        openPage();
        expect(await screen.findByRole("button", { name: /^Forget Monday, .*23/ })).toBeTruthy();
    });

    it("it still asks after the page was loaded anew", async () => {
        const backend = asks();
        backend.questions = [CONFIRMATION];
        openPage();
        expect(await screen.findByRole("button", { name: "Delete Read" })).toBeTruthy();
    });

    it("it no longer asks what it was told to forget", async () => {
        const backend = asks();
        backend.questions = [CONFIRMATION];
        backend.history = [
            { id: 1, role: "assistant", text: "Shall I?", actions: [], created_at: "" },
        ];
        const person = openPage();
        await screen.findByRole("button", { name: "Delete Read" });
        await person.click(await screen.findByRole("button", { name: "Clear conversation" }));
        await person.click(screen.getByRole("button", { name: "Yes, clear it" }));
        await waitFor(() =>
            expect(screen.queryByRole("button", { name: "Delete Read" })).toBeNull(),
        );
    });
});

it("goes on answering while another screen is shown", async () => {
    const backend = new FakeBackend();
    let end!: () => void;
    const pieces = new ReadableStream({
        start(controller) {
            const encode = (text: string) => new TextEncoder().encode(text);
            controller.enqueue(encode(serverEvent("delta", { text: "Half of it" })));
            end = () => {
                controller.enqueue(encode(serverEvent("delta", { text: ", and the rest." })));
                controller.enqueue(encode(serverEvent("done", {})));
                controller.close();
            };
        },
    });
    backend.override("POST /api/v1/chat/stream", () => eventStream(pieces));
    const screens = new Screens();
    const person = open(screens.element(<ChatScreen />));
    await say(person, "Check off everything");
    await log().findByText("Half of it");
    screens.show(<p>Somewhere else</p>);
    await screen.findByText("Somewhere else");
    // The backend keeps the question at once, and the answer when it is whole.
    const asked = { id: 1, role: "user" as const, text: "Check off everything", actions: [] };
    backend.history = [{ ...asked, created_at: "" }];
    screens.show(<ChatScreen />);
    await waitFor(() => expect(backend.callsTo("GET /api/v1/chat/history")).toHaveLength(2));
    expect(log().getAllByText("Check off everything")).toHaveLength(1);
    end();

    expect(await log().findByText("Half of it, and the rest.")).toBeTruthy();
    expect(log().getByText("Check off everything")).toBeTruthy();
});

it("keeps what is typed while another screen is shown", async () => {
    new FakeBackend();
    const screens = new Screens();
    const person = open(screens.element(<ChatScreen />));
    await person.type(await screen.findByLabelText("Message"), "How did");
    screens.show(<p>Somewhere else</p>);
    await screen.findByText("Somewhere else");
    screens.show(<ChatScreen />);
    expect((await screen.findByLabelText<HTMLInputElement>("Message")).value).toBe("How did");
});

it("without a key is not spoken of, and its address says so", async () => {
    const backend = new FakeBackend();
    backend.assistant = false;
    open(<ChatScreen />);
    expect(await screen.findByRole("heading", { name: "There is no assistant here" })).toBeTruthy();
    expect(screen.getByRole("link", { name: "Settings" })).toBeTruthy();
    expect(screen.queryByRole("link", { name: "Assistant" })).toBeNull();
});

it("a question of a kind that this page does not know is not said to delete", async () => {
    const backend = new FakeBackend();
    backend.questions = [{ id: "q1", tool: "merge_habits", habit: "Read", habit_id: "h1" }];
    open(<ChatScreen />);
    expect(await screen.findByText("The assistant asks: merge habits, “Read”?")).toBeTruthy();
    expect(screen.queryByText(/Delete/)).toBeNull();
    expect(screen.getByRole("button", { name: "Yes" })).toBeTruthy();
});

it("what it skipped reads so, and what it did can be undone", async () => {
    const backend = new FakeBackend();
    const action = { tool: "skip", habit: "Read", habit_id: "h1", undo: "u1" };
    backend.history = [{ id: 2, role: "assistant", text: "", actions: [action], created_at: "" }];
    backend.override("POST /api/v1/chat/undo/u1", () =>
        Response.json({ reply: "It is open again.", actions: [], confirmation: null }),
    );
    const person = openPage();
    expect(await screen.findByText("Skipped: Read")).toBeTruthy();
    await person.click(screen.getByRole("button", { name: "Undo “Skipped: Read”" }));
    expect(await log().findByText("It is open again.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Undo “Skipped: Read”" })).toBeNull();
});
