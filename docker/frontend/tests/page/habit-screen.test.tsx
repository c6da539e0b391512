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
        expect(figure("Done in 30 days")).toBe("–");
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
        expect(screen.getByText(`${TODAY}: done`)).toBeTruthy();
        await person.click(screen.getByRole("button", { name: "Year before" }));
        expect(
            await screen.findByRole("img", { name: "2025: 0 days done, 1 skipped" }),
        ).toBeTruthy();
        expect(screen.getByText("2025-12-31: skipped")).toBeTruthy();
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
    it("of the past, with how often and a note", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitScreen id="h1" />);
        fireEvent.change(await screen.findByLabelText("Day"), { target: { value: "2026-11-20" } });
        await person.selectOptions(await screen.findByLabelText("State"), "done");
        await person.clear(screen.getByLabelText("How often"));
        await person.type(screen.getByLabelText("How often"), "3");
        await person.type(screen.getByLabelText("Note"), "at the sea");
        await person.click(screen.getByRole("button", { name: "Save" }));

        await screen.findByText("2026-11-20: done 3 times");
        expect(backend.callsTo("PUT")[0]).toMatchObject({
            path: "/api/v1/habits/h1/checkins/2026-11-20",
            body: { status: "done", count: 3, note: "at the sea" },
        });
    });

    it("starts from what is recorded, and can take it away", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.checkIns = doneDays(1).map((day) => ({ ...day, note: "early" }));
        const person = openPage(<HabitScreen id="h1" />);
        const note = await screen.findByLabelText<HTMLInputElement>("Note");
        expect(note.value).toBe("early");
        await person.selectOptions(screen.getByLabelText("State"), "open");
        await person.click(screen.getByRole("button", { name: "Save" }));
        await waitFor(() => expect(backend.checkIns).toEqual([]));
    });

    it("says why it failed", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        backend.override("PUT", () => problem(422, "That day has not come yet."));
        const person = openPage(<HabitScreen id="h1" />);
        await person.selectOptions(await screen.findByLabelText("State"), "skip");
        await person.click(screen.getByRole("button", { name: "Save" }));
        expect((await screen.findByRole("alert")).textContent).toBe("That day has not come yet.");
    });
});
