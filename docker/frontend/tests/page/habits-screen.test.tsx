import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { HabitsScreen } from "@/components/habits/HabitsScreen";

import { aHabit, FakeBackend, problem } from "../support/fake-backend";
import { openPage } from "../support/page";

const names = () =>
    within(screen.getByRole("list", { name: "Active habits" }))
        .getAllByRole("link")
        .map((link) => link.textContent);

const press = async (person: ReturnType<typeof openPage>, name: string) =>
    person.click(await screen.findByRole("button", { name }));

const THREE = () => [
    aHabit(),
    aHabit({ id: "h2", name: "Run" }),
    aHabit({ id: "h3", name: "Rest" }),
];

describe("adding a habit", () => {
    it("with colour and weekdays", async () => {
        const backend = new FakeBackend();
        const person = openPage(<HabitsScreen />);
        expect(await screen.findByText(/^No habits yet/)).toBeTruthy();
        await press(person, "Add a habit");
        await person.type(await screen.findByLabelText("Name"), "Swim");
        await person.click(screen.getByLabelText("Violet"));
        await person.selectOptions(screen.getByLabelText("Schedule"), "weekdays");
        for (const day of screen.getAllByRole<HTMLInputElement>("checkbox"))
            if (day.checked) await person.click(day);
        const [monday, , , , , saturday] = screen.getAllByRole("checkbox");
        await person.click(saturday!);
        await person.click(monday!);
        await press(person, "Add");

        expect(await screen.findByRole("link", { name: "Swim" })).toBeTruthy();
        expect(backend.callsTo("POST /api/v1/habits")[0]?.body).toEqual({
            name: "Swim",
            color: "#6b46c1",
            icon: null,
            goal: null,
            schedule: { kind: "weekdays", weekdays: [1, 6] },
        });
        expect(screen.queryByLabelText("Name")).toBeNull();
    });

    it("some times a week", async () => {
        const backend = new FakeBackend();
        const person = openPage(<HabitsScreen />);
        await press(person, "Add a habit");
        await person.type(await screen.findByLabelText("Name"), "Swim");
        await person.selectOptions(screen.getByLabelText("Schedule"), "weekly");
        await person.clear(screen.getByLabelText("Times a week"));
        await person.type(screen.getByLabelText("Times a week"), "2");
        await press(person, "Add");
        expect(await screen.findByText(/^2 times a week/)).toBeTruthy();
        expect(backend.habits[0]?.schedule).toEqual({ kind: "weekly", times: 2 });
    });

    it("without a weekday is refused here already", async () => {
        const backend = new FakeBackend();
        const person = openPage(<HabitsScreen />);
        await press(person, "Add a habit");
        await person.type(await screen.findByLabelText("Name"), "Swim");
        await person.selectOptions(screen.getByLabelText("Schedule"), "weekdays");
        for (const day of screen.getAllByRole<HTMLInputElement>("checkbox"))
            if (day.checked) await person.click(day);
        await press(person, "Add");
        expect((await screen.findByRole("alert")).textContent).toBe("Choose at least one weekday.");
        expect(backend.callsTo("POST")).toHaveLength(0);
    });
});

describe("editing a habit", () => {
    it("sends which version was edited", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ version: 7 })] });
        const person = openPage(<HabitsScreen />);
        await press(person, "Edit Read");
        await person.clear(await screen.findByLabelText("Name"));
        await person.type(screen.getByLabelText("Name"), "Read more");
        await press(person, "Save");
        expect(await screen.findByRole("link", { name: "Read more" })).toBeTruthy();
        expect(backend.callsTo("PATCH")[0]).toMatchObject({
            path: "/api/v1/habits/h1",
            headers: { "if-match": '"7"' },
        });
    });

    it("stands on what was shown when the form was opened, whatever came since", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ version: 7 })] });
        const person = openPage(<HabitsScreen />);
        await press(person, "Edit Read");
        await person.type(await screen.findByLabelText("Name"), " more");
        backend.habits = [aHabit({ version: 8, name: "Read a lot" })];
        window.dispatchEvent(new Event("focus"));
        await screen.findByRole("link", { name: "Read a lot" });
        await press(person, "Save");
        await screen.findByRole("button", { name: "Keep mine" });
        expect(backend.callsTo("PATCH")[0]?.headers["if-match"]).toBe('"7"');
        expect(backend.habits[0]?.name).toBe("Read a lot");
    });

    async function collide(person: ReturnType<typeof openPage>, backend: FakeBackend) {
        await press(person, "Edit Read");
        await person.type(await screen.findByLabelText("Name"), " more");
        backend.habits = [aHabit({ version: 2, name: "Read a lot" })];
        await press(person, "Save");
        await screen.findByText("“Read a lot” was changed elsewhere while you edited it.");
        expect(screen.getByRole("cell", { name: "Read a lot" })).toBeTruthy();
        expect(screen.getByRole("cell", { name: "Read more" })).toBeTruthy();
        expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Read more");
    }

    it("of what somebody else has changed shows both, and keeps mine", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitsScreen />);
        await collide(person, backend);
        await press(person, "Keep mine");
        expect(await screen.findByRole("link", { name: "Read more" })).toBeTruthy();
        expect(backend.callsTo("PATCH")[1]?.headers["if-match"]).toBe('"2"');
        expect(screen.queryByLabelText("Name")).toBeNull();
    });

    it("keeps what was typed after that, too", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitsScreen />);
        await collide(person, backend);
        await person.type(screen.getByLabelText("Name"), ", every evening");
        await press(person, "Keep mine");
        expect(await screen.findByRole("link", { name: "Read more, every evening" })).toBeTruthy();
        expect(screen.queryByLabelText("Name")).toBeNull();
    });

    it("or takes theirs", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitsScreen />);
        await collide(person, backend);
        await press(person, "Take theirs");
        expect(screen.queryByLabelText("Name")).toBeNull();
        expect(backend.habits[0]?.name).toBe("Read a lot");
    });

    it("goes through when the others changed something else, and keeps that", async () => {
        const backend = new FakeBackend({ habits: [aHabit()] });
        const person = openPage(<HabitsScreen />);
        await press(person, "Edit Read");
        await person.type(await screen.findByLabelText("Name"), " more");
        backend.habits = [aHabit({ version: 2, color: "#c05621" })];
        await press(person, "Save");
        expect(await screen.findByRole("link", { name: "Read more" })).toBeTruthy();
        expect(backend.habits[0]).toMatchObject({ name: "Read more", color: "#c05621" });
    });
});

describe("the order", () => {
    it("changes at once, and is said", async () => {
        const backend = new FakeBackend({ habits: THREE() });
        const person = openPage(<HabitsScreen />);
        await press(person, "Move Rest up");
        expect(names()).toEqual(["Read", "Rest", "Run"]);
        expect(await screen.findByText("“Rest” is now number 2.")).toBeTruthy();
        expect(backend.callsTo("PUT /api/v1/habits/order")[0]?.body).toEqual({
            ids: ["h1", "h3", "h2"],
        });
    });

    it("goes back when the backend refuses", async () => {
        const backend = new FakeBackend({ habits: THREE() });
        backend.override("PUT", () => problem(503, "The database is away."));
        const person = openPage(<HabitsScreen />);
        await press(person, "Move Read down");
        expect((await screen.findByRole("alert")).textContent).toBe("The database is away.");
        await waitFor(() => expect(names()).toEqual(["Read", "Run", "Rest"]));
    });

    it("has ends", async () => {
        new FakeBackend({ habits: THREE() });
        openPage(<HabitsScreen />);
        const up = await screen.findByRole<HTMLButtonElement>("button", { name: "Move Read up" });
        const down = screen.getByRole<HTMLButtonElement>("button", { name: "Move Rest down" });
        expect([up.disabled, down.disabled]).toEqual([true, true]);
    });
});

describe("archiving", () => {
    it("takes a habit off the list, and brings it back", async () => {
        const backend = new FakeBackend({ habits: THREE() });
        const person = openPage(<HabitsScreen />);
        await press(person, "Archive Run");
        await screen.findByRole("heading", { name: "Archived" });
        expect(names()).toEqual(["Read", "Rest"]);
        expect(backend.habits[1]?.archived).toBe(true);

        await press(person, "Bring Run back");
        await waitFor(() => expect(names()).toEqual(["Read", "Run", "Rest"]));
    });

    it("comes before deleting, which can be undone", async () => {
        const backend = new FakeBackend({ habits: [aHabit({ archived: true })] });
        const person = openPage(<HabitsScreen />);
        await press(person, "Delete Read");
        await screen.findByText("“Read” is in the trash.");
        expect(backend.trash).toHaveLength(1);
        await press(person, "Undo");
        await screen.findByRole("heading", { name: "Archived" });
        expect(backend.habits).toHaveLength(1);
    });

    it("ends in the trash, which asks before it deletes for good", async () => {
        const backend = new FakeBackend();
        backend.trash = [aHabit()];
        const person = openPage(<HabitsScreen />);
        await press(person, "Delete Read for good");
        await press(person, "Keep Read");
        expect(backend.callsTo("DELETE")).toHaveLength(0);
        await press(person, "Delete Read for good");
        await press(person, "Yes, delete Read");
        await waitFor(() => expect(backend.trash).toEqual([]));
    });
});

it("a long list comes in pages, and is shown whole", async () => {
    const backend = new FakeBackend();
    backend.override("GET /api/v1/habits?archived=all&limit=200", () => ({
        status: 200,
        body: [aHabit()],
        headers: { link: '</api/v1/habits?cursor=2>; rel="next"' },
    }));
    backend.override("GET /api/v1/habits?cursor=2", () => ({
        status: 200,
        body: [aHabit({ id: "h2", name: "Run" })],
    }));
    openPage(<HabitsScreen />);
    await screen.findByRole("link", { name: "Run" });
    expect(names()).toEqual(["Read", "Run"]);
});

it("a list that cannot be loaded has a retry", async () => {
    const backend = new FakeBackend({ habits: [aHabit()] });
    backend.override("GET /api/v1/habits", () => problem(503, "The database is away."));
    const person = openPage(<HabitsScreen />);
    await screen.findByText("The database is away.");
    backend.heal();
    await press(person, "Retry");
    expect(await screen.findByRole("link", { name: "Read" })).toBeTruthy();
});
