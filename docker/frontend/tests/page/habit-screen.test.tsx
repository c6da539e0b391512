import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { HabitScreen } from "@/components/habit/HabitScreen";

import { aHabit, doneDays, FakeBackend, problem, TODAY } from "../support/fake-backend";
import { openPage } from "../support/page";

function figure(name: string) {
    return screen.getByText(name).nextElementSibling?.textContent;
}

describe("a habit’s page", () => {
    it("has its streaks, rate and score", async () => {
        new FakeBackend({
            habits: [
                aHabit({
                    streak: 1,
                    best_streak: 12,
                    streak_unit: "weeks",
                    rate_30: 0.666,
                    score: 0.5,
                    schedule: { kind: "weekly", times: 3 },
                }),
            ],
        });
        openPage(<HabitScreen id="h1" />);
        expect(await screen.findByRole("heading", { name: "Read" })).toBeTruthy();
        expect(figure("Current streak")).toBe("1 week");
        expect(figure("Best streak")).toBe("12 weeks");
        expect(figure("Done in 30 days")).toBe("67 %");
        expect(figure("Score")).toBe("50 %");
        expect(screen.getByText(/^3 times a week/)).toBeTruthy();
    });

    it("shows no rate where nothing was due", async () => {
        new FakeBackend({ habits: [aHabit({ rate_30: null })] });
        openPage(<HabitScreen id="h1" />);
        await screen.findByRole("heading", { name: "Read" });
        expect(figure("Done in 30 days")).toBe("Nothing due");
    });

    it("has a year’s picture, and the years before", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.checkIns = [
            ...doneDays(3),
            { habit_id: "h1", date: "2025-12-31", status: "skip", count: 1, note: "" },
        ];
        const person = openPage(<HabitScreen id="h1" />);
        expect(
            await screen.findByRole("img", { name: "2026: 3 days done, 0 skipped" }),
        ).toBeTruthy();
        expect(screen.getByText(/23.*: done$|November 23: done$/)).toBeTruthy();
        await person.click(screen.getByRole("button", { name: "Year before" }));
        expect(
            await screen.findByRole("img", { name: "2025: 0 days done, 1 skipped" }),
        ).toBeTruthy();
        expect(screen.getByText(/31.*: skipped$/)).toBeTruthy();
    });

    it("that does not exist says so, and leads back", async () => {
        new FakeBackend();
        openPage(<HabitScreen id="gone" />);
        expect((await screen.findByRole("alert")).textContent).toContain("no such address");
        expect(screen.getByRole("link", { name: "All habits" }).getAttribute("href")).toBe(
            "/habits",
        );
    });
});

describe("recording a day", () => {
    async function open(person: ReturnType<typeof openPage>, date: string) {
        fireEvent.change(await screen.findByLabelText("Day"), { target: { value: date } });
        await person.click(screen.getByRole("button", { name: "Fill in" }));
    }

    it("of the past, with how often and a note", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, "2026-11-20");
        await person.clear(await screen.findByLabelText("How often"));
        await person.type(screen.getByLabelText("How often"), "3");
        await person.type(screen.getByLabelText("Note"), "at the sea");
        await person.click(screen.getByRole("button", { name: "Save" }));

        expect(await screen.findByText(/20.*: done 3 times$/)).toBeTruthy();
        expect(screen.getByRole("status").textContent).toContain("is done on");
        expect(backend.callsTo("PATCH")[0]).toMatchObject({
            path: "/api/v1/habits/h1/checkins/2026-11-20",
            body: { status: "done", count: 3, note: "at the sea" },
        });
    });

    it("by a tap on its cell", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitScreen id="h1" />);
        const title = await screen.findByText(/20.*November.*neither|November 20: neither/);
        await person.click(title.parentElement as Element);
        await person.click(await screen.findByRole("button", { name: "Skip" }));
        await waitFor(() => expect(backend.checkIns[0]).toMatchObject({ status: "skip" }));
        expect(backend.checkIns[0]?.date).toBe("2026-11-20");
    });

    it("leaves count and note as they are, wherever they were changed", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.checkIns = doneDays(1).map((day) => ({ ...day, count: 4, note: "early" }));
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, TODAY);
        expect((await screen.findByLabelText<HTMLInputElement>("Note")).value).toBe("early");
        backend.checkIns = backend.checkIns.map((day) => ({ ...day, note: "changed elsewhere" }));
        await person.click(screen.getByRole("button", { name: "Skip" }));
        await waitFor(() => expect(backend.callsTo("PATCH")[0]?.body).toEqual({ status: "skip" }));
        expect(backend.checkIns[0]).toMatchObject({ count: 4, note: "changed elsewhere" });
    });

    it("starts from what is recorded, and can take it away", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.checkIns = doneDays(1);
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, TODAY);
        await person.click(await screen.findByRole("button", { name: "Clear" }));
        await waitFor(() => expect(backend.checkIns).toEqual([]));
    });

    it("that has not come yet is refused, beside the field", async () => {
        new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, "2026-11-24");
        expect(screen.getByRole("alert").textContent).toBe("That day has not come yet.");
        expect(screen.queryByLabelText("Note")).toBeNull();
    });

    it("keeps the note that could not be saved", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.override("PATCH", () => problem(503, "The database is away."));
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, TODAY);
        await person.type(await screen.findByLabelText("Note"), "at the sea");
        await person.click(screen.getByRole("button", { name: "Save" }));
        await screen.findByText(/could not be saved/);
        backend.heal();
        await person.click(screen.getByRole("button", { name: "Try again" }));
        await waitFor(() => expect(backend.checkIns[0]?.note).toBe("at the sea"));
    });

    it("does not take a count that cannot be, by whichever button, and keeps the note", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, TODAY);
        await person.type(await screen.findByLabelText("How often"), "000000");
        await person.type(screen.getByLabelText("Note"), "at the sea");
        await person.click(screen.getByRole("button", { name: "Done" }));
        expect(screen.getByLabelText<HTMLInputElement>("Note").value).toBe("at the sea");
        expect(backend.callsTo("PATCH")).toEqual([]);
    });

    it("skipped by its sheet has no quantity that nobody entered", async () => {
        const goal = { kind: "at_least", target: 8, unit: "glasses" } as const;
        const backend = new FakeBackend({ habits: [aHabit({ goal })] });
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, TODAY);
        await person.click(await screen.findByRole("button", { name: "Skip" }));
        await waitFor(() => expect(backend.callsTo("PATCH")[0]?.body).toEqual({ status: "skip" }));
    });

    it("is not closed by a selection that ends beside the sheet", async () => {
        new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, TODAY);
        await person.type(await screen.findByLabelText("Note"), "at the sea");
        await person.pointer([
            { keys: "[MouseLeft>]", target: screen.getByLabelText("Note") },
            { keys: "[/MouseLeft]", target: screen.getByRole("dialog") },
        ]);
        expect(screen.getByLabelText<HTMLInputElement>("Note").value).toBe("at the sea");
        await person.click(screen.getByRole("dialog"));
        expect(screen.queryByRole("dialog")).toBeNull();
    });

    it("says why it failed, and why the day could not be loaded", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.override("PATCH", () => problem(503, "The database is away."));
        const person = openPage(<HabitScreen id="h1" />);
        await open(person, TODAY);
        await person.click(await screen.findByRole("button", { name: "Done" }));
        expect((await screen.findByRole("alert")).textContent).toBe(
            "“Read” could not be saved. The database is away.",
        );
        backend.override("GET /api/v1/habits/h1/checkins", () => problem(503, "It is away."));
        await open(person, "2026-11-19");
        expect(await screen.findByText("It is away.")).toBeTruthy();
    });
});

it("its statistics are told in words, too", async () => {
    new FakeBackend({ habits: [aHabit()] });
    openPage(<HabitScreen id="h1" />);
    expect(await screen.findByText("Saturday goes best.")).toBeTruthy();
    expect(screen.getByText("Sunday: –")).toBeTruthy();
    expect(screen.getByText("40 days done, 2 skipped")).toBeTruthy();
});
