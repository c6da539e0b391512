import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import { lastDays } from "@/lib/dates";

import { aCheckIn, aHabit, ANNA, FakeBackend, problem, TODAY } from "../support/fake-backend";
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
        expect(await screen.findByRole("button", { name: "Drink water" })).toBeTruthy();
        await person.type(await screen.findByLabelText("New habit"), "  Read  ");
        await person.click(screen.getByRole("button", { name: "Add" }));

        expect((await box("Read")).checked).toBe(false);

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
    it("a newcomer is told how to begin, and begins by one tap", async () => {
        const backend = new FakeBackend();
        const person = openPage();
        expect(await screen.findByText(/^Take one of these/)).toBeTruthy();
        await person.click(screen.getByRole("button", { name: "Drink water" }));
        await screen.findByRole("button", { name: "Add one to Drink water: 0 of 8 glasses" });
        expect(backend.habits[0]).toMatchObject({ name: "Drink water", icon: "💧" });
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
    expect(
        await within(item).findByRole("group", { name: "Last 7 days: 6 of 7 done" }),
    ).toBeTruthy();
});

describe("checking off", () => {
    it("shows at once, before the backend has answered", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 })] });
        const { gate, release } = held();
        backend.override("PATCH", async () => {
            await gate;
            return { status: 200, body: aCheckIn() };
        });
        const person = openPage();
        await person.click(await box("Read"));

        expect((await box("Read")).checked).toBe(true);
        expect(screen.getByText("5-day streak")).toBeTruthy();
        expect(screen.getByText("1 of 1 done")).toBeTruthy();
        expect(backend.callsTo("PATCH")[0]?.path).toBe(`/api/v1/habits/h1/checkins/${TODAY}`);
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
        backend.override("PATCH", () => problem(502, "The backend cannot be reached."));
        const person = openPage();
        await person.click(await box("Read"));

        expect(
            await screen.findByText("“Read” could not be saved. The backend cannot be reached."),
        ).toBeTruthy();
        expect((await box("Read")).checked).toBe(false);
        expect(screen.getByText("4-day streak")).toBeTruthy();
    });

    it("that failed is still said, and can be tried again, after the next one", async () => {
        const backend = new FakeBackend({ habits: [aHabit(), aHabit({ id: "h2", name: "Run" })] });
        backend.override("PATCH /api/v1/habits/h1", () => problem(502, "It is away."));
        const person = openPage();
        await person.click(await box("Read"));
        await screen.findByText("“Read” could not be saved. It is away.");
        expect(screen.queryByText("“Read” is done for today.")).toBeNull();
        await person.click(await box("Run"));
        expect(await screen.findByText("“Run” is done for today.")).toBeTruthy();
        expect(screen.getByText("“Read” could not be saved. It is away.")).toBeTruthy();

        backend.heal();
        await person.click(screen.getByRole("button", { name: "Try again" }));
        await waitFor(() => expect(backend.habits[0]?.checked_today).toBe(true));
        expect(screen.queryByText("“Read” could not be saved. It is away.")).toBeNull();
    });

    it("rolls back even when the backend is gone altogether", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ streak: 4 })] });
        const person = openPage();
        await box("Read");
        backend.override("PATCH", () => problem(502, "The backend cannot be reached."));
        backend.override("GET", () => problem(502, "The backend cannot be reached."));
        await person.click(await box("Read"));

        await screen.findByText("“Read” could not be saved. The backend cannot be reached.");
        expect((await box("Read")).checked).toBe(false);
        expect(screen.getByText("4-day streak")).toBeTruthy();
    });

    it("sends quick taps one after the other, so that the last one wins", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const { gate, release } = held();
        backend.override("PATCH", async () => {
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

describe("what has been recorded in the meantime", () => {
    it("of another habit is not sprung back by an answer that is older than the tick", async () => {
        const backend = new FakeBackend({ habits: [aHabit(), aHabit({ id: "h2", name: "Run" })] });
        const person = openPage();
        await box("Read");
        const { gate, release } = held();
        // What is asked for while the second tick is on its way does not have it yet.
        const old = structuredClone(backend.habits);
        old[0] = aHabit({ checked_today: true, today: aCheckIn(), checkins: [TODAY] });
        backend.override("GET /api/v1/today", async () => {
            await gate;
            return { status: 200, body: { date: TODAY, time_zone: "Europe/Berlin", habits: old } };
        });
        await person.click(await box("Read"));
        await waitFor(() => expect(backend.callsTo("GET /api/v1/today")).toHaveLength(2));
        const second = held();
        backend.override("PATCH /api/v1/habits/h2", async () => {
            await second.gate;
            return { status: 200, body: aCheckIn({ habit_id: "h2" }) };
        });
        await person.click(await box("Run"));
        release();
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect([(await box("Read")).checked, (await box("Run")).checked]).toEqual([true, true]);
        second.release();
        await new Promise((resolve) => setTimeout(resolve, 50));
        // The backend contradicts it now, by an answer that is newer: it has the last word.
        await waitFor(async () => expect((await box("Run")).checked).toBe(false));
    });

    it("leaves count and note of the day, and so does Undo", async () => {
        const before = aCheckIn({ status: "skip", count: 3, note: "at the sea" });
        const backend = new FakeBackend({ habits: [aHabit({ today: before })] });
        const person = openPage();
        await person.click(await box("Read"));
        await waitFor(() =>
            expect(backend.habits[0]?.today).toEqual({ ...before, status: "done" }),
        );
        await person.click(screen.getByRole("button", { name: "Undo" }));
        await waitFor(() => expect(backend.habits[0]?.today).toEqual(before));
        expect(backend.callsTo("PUT")[0]?.body).toEqual({
            status: "skip",
            count: 3,
            note: "at the sea",
        });
    });

    it("taken back and made again has its count and note again", async () => {
        const before = aCheckIn({ count: 3, note: "at the sea" });
        const backend = new FakeBackend({
            habits: [aHabit({ today: before, checked_today: true, checkins: [TODAY] })],
        });
        const person = openPage();
        await person.dblClick(await box("Read"));
        await waitFor(() => expect(backend.callsTo("PATCH")).toHaveLength(1));
        expect(backend.habits[0]?.today).toEqual(before);
        await person.click(await box("Read"));
        await person.click(screen.getByRole("button", { name: "Skip Read" }));
        await waitFor(() =>
            expect(backend.habits[0]?.today).toEqual({ ...before, status: "skip" }),
        );
    });

    it("of which nobody knows whether it arrived is shown as the backend has it", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage();
        await box("Read");
        backend.override("PATCH", () => {
            backend.habits = [aHabit({ checked_today: true, today: aCheckIn() })];
            return problem(504, "It took too long.");
        });
        await person.click(await box("Read"));
        await screen.findByText("“Read” could not be saved. It took too long.");
        await waitFor(async () => expect((await box("Read")).checked).toBe(true));
    });

    it("is saved where the browser does not know the person’s time zone", async () => {
        const user = { ...ANNA, time_zone: "Mars/Olympus" };
        const backend = new FakeBackend({ user, habits: [aHabit()] });
        const person = openPage();
        await person.click(await box("Read"));
        await waitFor(() => expect(backend.habits[0]?.checked_today).toBe(true));
    });

    it("after midnight is not written to the day before", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        vi.useFakeTimers({ now: new Date("2026-11-23T22:59:00Z"), toFake: ["Date"] });
        onTestFinished(() => void vi.useRealTimers());
        const person = openPage();
        await box("Read");
        backend.date = "2026-11-24";
        vi.setSystemTime(new Date("2026-11-23T23:01:00Z"));
        await person.click(await box("Read"));

        expect((await screen.findByRole("alert")).textContent).toContain("A new day has begun");
        expect(backend.callsTo("PATCH")).toEqual([]);
        await screen.findByText(/24/);
        await person.click(await box("Read"));
        await waitFor(() =>
            expect(backend.callsTo("PATCH")[0]?.path).toBe("/api/v1/habits/h1/checkins/2026-11-24"),
        );
    });
});

it("asks for the new day until the backend, whose clock may be behind, has it too", async () => {
    const backend = new FakeBackend({ habits: [aHabit()] });
    const toFake = ["Date" as const, "setInterval" as const, "clearInterval" as const];
    vi.useFakeTimers({ now: new Date("2026-11-23T22:59:30Z"), toFake });
    onTestFinished(() => void vi.useRealTimers());
    openPage();
    await box("Read");
    const asked = () => backend.callsTo("GET /api/v1/today").length;
    const before = asked();
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    expect(asked()).toBe(before + 1);
    expect(screen.getByText(/23/)).toBeTruthy();
    backend.date = "2026-11-24";
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    expect(await screen.findByText(/24/)).toBeTruthy();
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    expect(asked()).toBe(before + 2);
});

it("a quantity is counted by taps on its row, and is done at its target", async () => {
    const goal = { kind: "at_least", target: 2, unit: "glasses" } as const;
    const backend = new FakeBackend({ habits: [aHabit({ name: "Drink", goal })] });
    const person = openPage();
    await person.click(
        await screen.findByRole("button", { name: "Add one to Drink: 0 of 2 glasses" }),
    );
    await person.click(
        await screen.findByRole("button", { name: "Add one to Drink: 1 of 2 glasses" }),
    );
    expect(await screen.findByText("All done for today. Well done!")).toBeTruthy();
    await waitFor(() => expect(backend.habits[0]?.today?.count).toBe(2));
    expect(backend.callsTo("PATCH").map(({ body }) => body)).toEqual([
        { status: "done", add: 1 },
        { status: "done", add: 1 },
    ]);
});

it("a day that was forgotten is filled in by its dot", async () => {
    const backend = new FakeBackend({ habits: [aHabit()] });
    const person = openPage();
    await person.click(await screen.findByRole("button", { name: /20.*: open$/ }));
    await person.click(await screen.findByRole("button", { name: "Done" }));
    expect(await screen.findByRole("button", { name: /20.*: done$/ })).toBeTruthy();
    await waitFor(() => expect(backend.checkIns).toEqual([aCheckIn({ date: "2026-11-20" })]));
});

it("keys reach everything: j and k move, x ticks, s skips, n adds, ? lists them", async () => {
    const backend = new FakeBackend({ habits: [aHabit(), aHabit({ id: "h2", name: "Run" })] });
    const person = openPage();
    await box("Read");
    await person.keyboard("jjx");
    expect(document.activeElement).toBe(await box("Run"));
    await waitFor(() => expect(backend.habits[1]?.checked_today).toBe(true));
    await person.keyboard("ks");
    await waitFor(() => expect(backend.habits[0]?.today?.status).toBe("skip"));
    await person.keyboard("?");
    expect(await screen.findByRole("heading", { name: "Keyboard" })).toBeTruthy();
    await person.click(screen.getByRole("button", { name: "Close" }));
    await person.keyboard("n");
    expect(document.activeElement).toBe(await screen.findByLabelText("New habit"));
    await person.keyboard("x");
    expect(screen.getByLabelText<HTMLInputElement>("New habit").value).toBe("x");
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
        expect(backend.callsTo("PATCH")[0]).toMatchObject({
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

    it("of a quantity and back leaves what was counted, and counts nothing", async () => {
        const goal = { kind: "at_least", target: 8, unit: "glasses" } as const;
        const today = aCheckIn({ count: 5 });
        const backend = new FakeBackend({ habits: [aHabit({ goal, today })] });
        const person = openPage();
        await person.click(await skip());
        await waitFor(() => expect(backend.habits[0]?.today?.status).toBe("skip"));
        await person.click(await skip());
        await waitFor(() => expect(backend.habits[0]?.today).toEqual(today));
    });

    it("of a quantity that was not begun is no part of it", async () => {
        const goal = { kind: "at_least", target: 8, unit: "glasses" } as const;
        const backend = new FakeBackend({ habits: [aHabit({ goal })] });
        const person = openPage();
        await person.click(await skip());
        await person.click(screen.getByRole("button", { name: /^Add one to Read/ }));
        await waitFor(() => expect(backend.habits[0]?.today).toEqual(aCheckIn({ count: 1 })));
        expect(screen.getByText("1 of 8 glasses")).toBeTruthy();
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
        backend.override("PATCH", () => problem(503, "The database is away."));
        const person = openPage();
        await person.click(await skip());
        await screen.findByText("“Read” could not be saved. The database is away.");
        expect(screen.getByText("4-day streak")).toBeTruthy();
    });
});
