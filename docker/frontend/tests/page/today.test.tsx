import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { lastDays } from "@/lib/dates";

import { aCheckIn, aHabit, FakeBackend, problem, TODAY } from "../support/fake-backend";
import { openPage, visited } from "../support/page";

const box = (name: string) => screen.findByRole<HTMLInputElement>("checkbox", { name });

/** An answer that waits until the test lets it go. */
function held() {
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    return { gate, release };
}

describe("adding a habit", () => {
    it("takes a newcomer from the empty state to the first habit", async () => {
        const backend = new FakeBackend();
        const person = openPage();
        await screen.findByText("No habits yet.");
        await person.type(screen.getByLabelText("New habit"), "  Read  ");
        await person.click(screen.getByRole("button", { name: "Add" }));

        expect((await box("Read")).checked).toBe(false);
        expect(screen.getByLabelText<HTMLInputElement>("New habit").value).toBe("");
        expect(backend.callsTo("POST /api/v1/habits")[0]?.body).toEqual({
            name: "Read",
            color: expect.stringMatching(/^#[0-9a-f]{6}$/),
        });
    });

    it("keeps what was typed when it fails, and says why", async () => {
        const backend = new FakeBackend();
        backend.override("POST /api/v1/habits", () => problem(422, "This name is too long."));
        const person = openPage();
        await person.type(await screen.findByLabelText("New habit"), "Read");
        await person.click(screen.getByRole("button", { name: "Add" }));

        expect((await screen.findByRole("alert")).textContent).toBe("This name is too long.");
        expect(screen.getByLabelText<HTMLInputElement>("New habit").value).toBe("Read");
    });
});

it("the day is the one of the person’s time zone, which the backend knows", async () => {
    new FakeBackend({ habits: [aHabit()] });
    openPage();
    await box("Read");
    expect(screen.getByText(/23/).textContent).toContain("November");
});

it("links lead to other screens, except those that are to open a tab", async () => {
    new FakeBackend({ habits: [aHabit()] });
    const person = openPage();
    const link = await screen.findByRole("link", { name: "Details of Read" });
    expect(link.getAttribute("href")).toBe("/habits/h1");
    await person.click(link);
    expect(visited).toEqual(["/habits/h1"]);
    link.addEventListener("click", (event) => event.preventDefault());
    await person.keyboard("{Control>}");
    await person.click(link);
    expect(visited).toHaveLength(1);
});

describe("when nothing is due", () => {
    it("a newcomer is told how to begin", async () => {
        new FakeBackend();
        openPage();
        expect(await screen.findByText(/^Name something small above/)).toBeTruthy();
    });

    it("everybody else is told that they are free", async () => {
        new FakeBackend({ habits: [aHabit({ due_today: false })] });
        openPage();
        expect(await screen.findByText("Nothing is due today.")).toBeTruthy();
        expect(screen.queryByText("No habits yet.")).toBeNull();
    });
});

it("a habit shows its streak and its last seven days", async () => {
    const days = lastDays(TODAY, 9);
    new FakeBackend({
        habits: [
            aHabit({
                streak: 9,
                checked_today: true,
                checkins: days.filter((_, index) => index !== 7),
            }),
        ],
    });
    openPage();
    const item = await screen.findByRole("listitem");
    expect(within(item).getByText("9-day streak")).toBeTruthy();
    expect(within(item).getByRole("img", { name: "Last 7 days: 6 of 7 done" })).toBeTruthy();
});

describe("checking off", () => {
    it("shows at once, before the backend has answered", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 })] });
        const { gate, release } = held();
        backend.override("PUT", async () => {
            await gate;
            return { status: 200, body: aCheckIn() };
        });
        const person = openPage();
        await person.click(await box("Read"));

        expect((await box("Read")).checked).toBe(true);
        expect(screen.getByText("5-day streak")).toBeTruthy();
        expect(screen.getByText("1 of 1 done")).toBeTruthy();
        expect(backend.callsTo("PUT")[0]?.path).toBe(`/api/v1/habits/h1/checkins/${TODAY}`);
        release();
    });

    it("is taken back by Undo", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage();
        await person.click(await box("Read"));
        expect(screen.getByText("“Read” is done for today.")).toBeTruthy();
        await person.click(screen.getByRole("button", { name: "Undo" }));

        await waitFor(async () => expect((await box("Read")).checked).toBe(false));
        await waitFor(() => expect(backend.habits[0]?.checked_today).toBe(false));
        expect(backend.callsTo("DELETE")[0]?.path).toBe(`/api/v1/habits/h1/checkins/${TODAY}`);
    });

    it("rolls back when the backend refuses, and says why", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 })] });
        backend.override("PUT", () => problem(502, "The backend cannot be reached."));
        const person = openPage();
        await person.click(await box("Read"));

        expect(
            await screen.findByText("“Read” could not be saved. The backend cannot be reached."),
        ).toBeTruthy();
        expect((await box("Read")).checked).toBe(false);
        expect(screen.getByText("4-day streak")).toBeTruthy();
    });

    it("rolls back even when the backend is gone altogether", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 })] });
        const person = openPage();
        await box("Read");
        backend.override("PUT", () => problem(502, "The backend cannot be reached."));
        backend.override("GET", () => problem(502, "The backend cannot be reached."));
        await person.click(await box("Read"));

        await screen.findByText("“Read” could not be saved. The backend cannot be reached.");
        expect((await box("Read")).checked).toBe(false);
        expect(screen.getByText("4-day streak")).toBeTruthy();
    });

    it("sends quick taps one after the other, so that the last one wins", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const { gate, release } = held();
        backend.override("PUT", async () => {
            await gate;
            return { status: 200, body: aCheckIn() };
        });
        const person = openPage();
        await person.click(await box("Read"));
        await person.click(await box("Read"));
        expect(backend.callsTo("DELETE")).toHaveLength(0);

        release();
        await waitFor(() => expect(backend.callsTo("DELETE")).toHaveLength(1));
        expect((await box("Read")).checked).toBe(false);
    });

    it("of two habits at once loses neither", async () => {
        const backend = new FakeBackend({ habits: [aHabit(), aHabit({ id: "h2", name: "Run" })] });
        const person = openPage();
        await person.click(await box("Read"));
        await person.click(await box("Run"));

        await waitFor(() =>
            expect(backend.habits.map((habit) => habit.checked_today)).toEqual([true, true]),
        );
        expect(await screen.findByText("2 of 2 done")).toBeTruthy();
    });
});

describe("skipping", () => {
    const skip = () => screen.findByRole("button", { name: "Skip Read" });

    it("takes one tap, keeps the streak, and is not counted as open", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 }), aHabit({ id: "h2" })] });
        backend.habits[1]!.name = "Run";
        const person = openPage();
        await person.click(await skip());

        expect(screen.getByText("0 of 1 done, 1 skipped")).toBeTruthy();
        expect(screen.getByText("Skipped today")).toBeTruthy();
        expect((await skip()).getAttribute("aria-pressed")).toBe("true");
        expect(backend.callsTo("PUT")[0]).toMatchObject({
            path: `/api/v1/habits/h1/checkins/${TODAY}`,
            body: { status: "skip" },
        });
    });

    it("is taken back by a second tap", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 })] });
        const person = openPage();
        await person.click(await skip());
        await person.click(await skip());
        expect(screen.getByText("4-day streak")).toBeTruthy();
        await waitFor(() => expect(backend.habits[0]?.today).toBeNull());
    });

    it("of what was done is undone to done", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 })] });
        const person = openPage();
        await person.click(await box("Read"));
        await person.click(await skip());
        expect((await box("Read")).checked).toBe(false);
        await person.click(screen.getByRole("button", { name: "Undo" }));
        await waitFor(() => expect(backend.habits[0]?.today?.status).toBe("done"));
        expect((await box("Read")).checked).toBe(true);
    });

    it("rolls back when the backend refuses", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 })] });
        backend.override("PUT", () => problem(503, "The database is away."));
        const person = openPage();
        await person.click(await skip());
        await screen.findByText("“Read” could not be saved. The database is away.");
        expect(screen.getByText("4-day streak")).toBeTruthy();
    });
});
