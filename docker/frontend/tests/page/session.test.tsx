import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, it, onTestFinished } from "vitest";

import { ANNA, aHabit, FakeBackend, problem } from "../support/fake-backend";
import { openPage } from "../support/page";

async function fillIn(person: ReturnType<typeof openPage>) {
    await person.type(await screen.findByLabelText("E-mail"), ANNA.email);
    await person.type(screen.getByLabelText("Password"), "correct horse");
}

describe("someone who is not logged in", () => {
    it("logs in, and sees their habits", async () => {
        const backend = new FakeBackend({ user: null, habits: [aHabit()] });
        const person = openPage();
        await fillIn(person);
        await person.click(screen.getByRole("button", { name: "Log in" }));

        expect(await screen.findByRole("checkbox", { name: "Read" })).toBeTruthy();
        expect(screen.getByText(ANNA.email)).toBeTruthy();
        expect(backend.callsTo("POST /api/v1/auth/login")[0]?.body).toEqual({
            email: ANNA.email,
            password: "correct horse",
        });
    });

    it("logs in with the Enter key", async () => {
        const backend = new FakeBackend({ user: null });
        const person = openPage();
        await fillIn(person);
        await person.keyboard("{Enter}");

        await screen.findByRole("button", { name: "Log out" });
        expect(backend.callsTo("POST /api/v1/auth/login")).toHaveLength(1);
    });

    it("creates an account with the same form", async () => {
        const backend = new FakeBackend({ user: null });
        const person = openPage();
        await fillIn(person);
        await person.click(screen.getByRole("button", { name: "Create account" }));

        expect(await screen.findByText("No habits yet.")).toBeTruthy();
        expect(backend.callsTo("POST /api/v1/auth")).toEqual([
            {
                method: "POST",
                path: "/api/v1/auth/register",
                headers: { "content-type": "application/json" },
                body: {
                    email: ANNA.email,
                    password: "correct horse",
                    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
                },
            },
        ]);
    });

    it("reads why it was refused, and may try again", async () => {
        const backend = new FakeBackend({ user: null });
        backend.override("POST /api/v1/auth/login", () =>
            problem(401, "The e-mail or the password is wrong."),
        );
        const person = openPage();
        await fillIn(person);
        await person.click(screen.getByRole("button", { name: "Log in" }));

        expect(await screen.findByText("The e-mail or the password is wrong.")).toBeTruthy();
        backend.heal();
        await person.click(screen.getByRole("button", { name: "Log in" }));
        expect(await screen.findByRole("button", { name: "Log out" })).toBeTruthy();
    });
});

describe("someone who is logged in", () => {
    it("logs out, and nothing of theirs stays on the page", async () => {
        new FakeBackend({ habits: [aHabit()] });
        const person = openPage();
        await screen.findByRole("checkbox", { name: "Read" });
        await person.click(screen.getByRole("button", { name: "Log out" }));

        expect(await screen.findByLabelText("E-mail")).toBeTruthy();
        expect(screen.queryByText(ANNA.email)).toBeNull();
        expect(screen.queryByText("Read")).toBeNull();
    });

    it("is never shown what belongs to whoever was logged in before", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage();
        await screen.findByRole("checkbox", { name: "Read" });
        await person.click(screen.getByRole("button", { name: "Log out" }));
        backend.override("GET /api/v1/today", () => new Promise(() => {}));
        await person.type(await screen.findByLabelText("E-mail"), "bob@example.org");
        await person.type(screen.getByLabelText("Password"), "correct horse");
        await person.click(screen.getByRole("button", { name: "Log in" }));

        expect(await screen.findByText("Loading your habits…")).toBeTruthy();
        expect(screen.queryByText("Read")).toBeNull();
    });

    it("is asked to log in again when the session has expired meanwhile", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage();
        const box = await screen.findByRole("checkbox", { name: "Read" });
        backend.user = null;
        await person.click(box);

        expect((await screen.findByLabelText<HTMLInputElement>("E-mail")).value).toBe(ANNA.email);
        expect(screen.getByRole("heading", { name: "Your session has ended" })).toBeTruthy();
    });

    it("loses neither the tick nor what was typed when the session ends in between", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage();
        const box = await screen.findByRole<HTMLInputElement>("checkbox", { name: "Read" });
        await person.click(screen.getByRole("button", { name: "Add a habit" }));
        await person.type(await screen.findByLabelText("New habit"), "Half a na");
        backend.user = null;
        await person.click(box);
        await screen.findByLabelText("E-mail");
        expect(box.closest("[hidden]")).toBeTruthy();

        backend.override("POST /api/v1/auth/login", () => {
            backend.user = ANNA;
            return { status: 200, body: { user: ANNA } };
        });
        await person.type(screen.getByLabelText("Password"), "correct horse");
        await person.click(screen.getByRole("button", { name: "Log in" }));
        await waitFor(() => expect(backend.habits[0]?.checked_today).toBe(true));
        expect(screen.getByLabelText<HTMLInputElement>("New habit").value).toBe("Half a na");
        expect(box.checked).toBe(true);
    });

    it("is followed in every tab: nothing stays where they left, nor under another’s name", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const other = new BroadcastChannel("habit-tracker-session");
        onTestFinished(() => other.close());
        const heard: unknown[] = [];
        other.onmessage = ({ data }) => void heard.push(data);
        const person = openPage();
        await person.click(await screen.findByRole("button", { name: "Add a habit" }));
        await person.type(await screen.findByLabelText("New habit"), "Half a na");

        backend.user = { ...ANNA, id: "u2", email: "bob@example.org" };
        other.postMessage("entered");
        await screen.findByText("bob@example.org");
        expect(screen.queryByDisplayValue("Half a na")).toBeNull();

        backend.user = null;
        other.postMessage("left");
        expect((await screen.findByLabelText<HTMLInputElement>("E-mail")).value).toBe("");
        await fillIn(person);
        await person.click(screen.getByRole("button", { name: "Log in" }));
        await person.click(await screen.findByRole("button", { name: "Log out" }));
        await waitFor(() => expect(heard).toEqual(["entered", "left"]));
    });

    it("is not kept from logging in by a sheet that was open, nor by single keys", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage();
        await person.click(await screen.findByRole("button", { name: /20.*: open$/ }));
        const note = await screen.findByLabelText<HTMLInputElement>("Note");
        await person.type(note, "at the sea");
        const sheet = screen.getByRole<HTMLDialogElement>("dialog");
        backend.user = null;
        act(() => void window.dispatchEvent(new Event("focus")));
        await screen.findByLabelText("E-mail");
        // A modal dialog blocks the page even where it is hidden.
        expect(sheet.open).toBe(false);
        act(() => (document.activeElement as HTMLElement).blur());
        await person.keyboard("x?");
        expect(backend.callsTo("PATCH")).toEqual([]);
        expect(document.querySelectorAll("dialog")).toHaveLength(1);

        backend.override("POST /api/v1/auth/login", () => {
            backend.user = ANNA;
            return { status: 200, body: { user: ANNA } };
        });
        await person.type(screen.getByLabelText("Password"), "correct horse");
        await person.click(screen.getByRole("button", { name: "Log in" }));
        await waitFor(() => expect(sheet.open).toBe(true));
        expect(note.value).toBe("at the sea");
    });

    it("keeps nothing for somebody else who logs in then", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage();
        const box = await screen.findByRole("checkbox", { name: "Read" });
        backend.user = null;
        await person.click(box);
        const email = await screen.findByLabelText("E-mail");
        await person.clear(email);
        await person.type(email, "bob@example.org");
        await person.type(screen.getByLabelText("Password"), "correct horse");
        await person.click(screen.getByRole("button", { name: "Log in" }));
        await screen.findByText("bob@example.org");
        await screen.findByRole("checkbox", { name: "Read" });
        expect(backend.callsTo("PATCH")).toHaveLength(1);
    });
});

describe("when the backend is down", () => {
    it("the page says so, and Retry brings it back", async () => {
        const backend = new FakeBackend();
        backend.override("GET", () =>
            problem(502, "The habit tracker’s backend cannot be reached right now."),
        );
        const person = openPage();

        const alert = await screen.findByRole("alert");
        expect(alert.textContent).toContain("cannot be reached right now");
        backend.heal();
        const retry = screen.getByRole<HTMLButtonElement>("button", { name: "Retry" });
        await waitFor(() => expect(retry.disabled).toBe(false));
        await person.click(retry);
        expect(await screen.findByRole("button", { name: "Log out" })).toBeTruthy();
        expect(screen.queryByRole("alert")).toBeNull();
    });

    it("the page says so too when no answer comes at all", async () => {
        const backend = new FakeBackend();
        backend.override("GET", () => Promise.reject(new TypeError("Failed to fetch")));
        openPage();
        expect((await screen.findByRole("alert")).textContent).toContain("Check your connection");
    });

    it("and only the habits cannot be loaded, the rest stays usable", async () => {
        const backend = new FakeBackend();
        backend.override("GET /api/v1/today", () => problem(503, "The database is away."));
        openPage();
        expect((await screen.findByRole("alert")).textContent).toContain("The database is away.");
        expect(await screen.findByRole("link", { name: "Habits" })).toBeTruthy();
    });
});
