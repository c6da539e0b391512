import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { localDay } from "@/lib/dates";

import { aHabit, FakeBackend, problem } from "../support/fake-backend";
import { openPage } from "../support/page";

async function say(person: ReturnType<typeof openPage>, text: string) {
    await person.type(await screen.findByLabelText("Message"), text);
    await person.click(screen.getByRole("button", { name: "Send" }));
}

describe("the assistant", () => {
    it("answers, and gets the conversation so far", async () => {
        const backend = new FakeBackend();
        const person = openPage();
        await say(person, "Hello");
        await within(screen.getByRole("log")).findByText("Well done!");
        await say(person, "And now?");
        await waitFor(() => expect(screen.getAllByText("Well done!")).toHaveLength(2));

        const today = localDay(new Date());
        expect(backend.callsTo("POST /api/v1/chat").map(({ body }) => body)).toEqual([
            { message: "Hello", history: [], today },
            {
                message: "And now?",
                history: [
                    { role: "user", text: "Hello" },
                    { role: "assistant", text: "Well done!" },
                ],
                today,
            },
        ]);
    });

    it("shows what it did, and the list follows", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.override("POST /api/v1/chat", () => {
            backend.habits = [aHabit({ checked_today: true, streak: 1 })];
            return {
                status: 200,
                body: { reply: "Done.", actions: [{ tool: "check_in", habit: "Read" }] },
            };
        });
        const person = openPage();
        await say(person, "I have read");

        expect(await screen.findByText("check in: Read")).toBeTruthy();
        await waitFor(() =>
            expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "Read" }).checked).toBe(
                true,
            ),
        );
    });

    it("says plainly that no key is configured, and keeps the message", async () => {
        const backend = new FakeBackend();
        backend.override("POST /api/v1/chat", () =>
            problem(503, "The chatbot has no API key. Set geminiApiKey."),
        );
        const person = openPage();
        await say(person, "Hello");

        expect((await screen.findByRole("alert")).textContent).toBe(
            "The chatbot has no API key. Set geminiApiKey.",
        );
        expect(screen.getByLabelText<HTMLInputElement>("Message").value).toBe("Hello");
        expect(screen.getByText("No habits yet.")).toBeTruthy();
    });
});
