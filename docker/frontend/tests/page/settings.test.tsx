import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import { SettingsScreen } from "@/components/settings/SettingsScreen";

import { aHabit, anExport, aSession, FakeBackend, problem } from "../support/fake-backend";
import { openPage } from "../support/page";

const press = async (person: ReturnType<typeof openPage>, name: string) =>
    person.click(await screen.findByRole("button", { name }));

it("the day and the week are the person’s to choose", async () => {
    const backend = new FakeBackend();
    const person = openPage(<SettingsScreen />);
    const zone = await screen.findByLabelText<HTMLSelectElement>("Time zone");
    expect(zone.value).toBe("Europe/Berlin");
    await person.selectOptions(zone, "Pacific/Auckland");
    await person.selectOptions(screen.getByLabelText("Weeks begin on"), "Sunday");
    await press(person, "Save your day");
    expect(await screen.findByText("Your day is saved.")).toBeTruthy();
    expect(backend.callsTo("PATCH /api/v1/me")[0]?.body).toEqual({
        time_zone: "Pacific/Auckland",
        week_start: 7,
    });
});

it("other sessions are listed, and logged out from here", async () => {
    const backend = new FakeBackend();
    backend.sessions.push(aSession({ id: "s2", user_agent: "Mozilla/5.0 (iPhone) Safari/605" }));
    const person = openPage(<SettingsScreen />);
    await screen.findByText(/^Firefox, Linux \(this device\)/);
    await press(person, "Log out Safari, iPhone");
    await waitFor(() => expect(backend.sessions.map(({ id }) => id)).toEqual(["s1"]));
});

describe("the password", () => {
    async function change(person: ReturnType<typeof openPage>, current: string) {
        await person.type(await screen.findByLabelText("Current password"), current);
        await person.type(screen.getByLabelText(/^New password/), "battery staple");
        await press(person, "Change password");
    }

    it("is changed with the current one", async () => {
        const backend = new FakeBackend();
        const person = openPage(<SettingsScreen />);
        await change(person, "correct horse");
        expect(await screen.findByText(/^Your password is changed/)).toBeTruthy();
        expect(backend.password).toBe("battery staple");
        expect(screen.getByLabelText<HTMLInputElement>("Current password").value).toBe("");
    });

    it("is not changed without", async () => {
        const backend = new FakeBackend();
        const person = openPage(<SettingsScreen />);
        await change(person, "guess");
        expect((await screen.findByRole("alert")).textContent).toBe(
            "The current password is wrong.",
        );
        expect(backend.password).toBe("correct horse");
    });
});

describe("the person’s data", () => {
    it("is saved as a file", async () => {
        new FakeBackend({ habits: [aHabit()] });
        const saved: { name: string; content: Promise<string> }[] = [];
        const createObjectURL = vi.spyOn(URL, "createObjectURL");
        const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
            this: HTMLAnchorElement,
        ) {
            const blob = createObjectURL.mock.calls.at(-1)?.[0] as Blob;
            saved.push({ name: this.download, content: blob.text() });
        });
        onTestFinished(() => {
            click.mockRestore();
            createObjectURL.mockRestore();
        });
        const person = openPage(<SettingsScreen />);
        await press(person, "Export as JSON");
        expect(await screen.findByText("Saved as habits.json.")).toBeTruthy();
        expect(saved[0]?.name).toBe("habits.json");
        expect(JSON.parse((await saved[0]?.content) ?? "")).toEqual(anExport([aHabit()]));
    });

    it("is not saved when it cannot be loaded: an error is no export", async () => {
        const backend = new FakeBackend();
        backend.override("GET /api/v1/me/export.csv", () => problem(503, "The database is away."));
        const person = openPage(<SettingsScreen />);
        await press(person, "Export as CSV");
        expect((await screen.findByRole("alert")).textContent).toBe("The database is away.");
    });

    it("is imported from such a file", async () => {
        const backend = new FakeBackend();
        const person = openPage(<SettingsScreen />);
        const content = anExport([aHabit()]);
        await person.upload(
            await screen.findByLabelText("Import a JSON export"),
            new File([JSON.stringify(content)], "habits.json", { type: "application/json" }),
        );
        expect(await screen.findByText("Imported: 2 habits, 30 check-ins.")).toBeTruthy();
        expect(backend.callsTo("POST /api/v1/me/import")[0]?.body).toEqual(content);
    });

    it("is not imported from another", async () => {
        const backend = new FakeBackend();
        const person = openPage(<SettingsScreen />);
        await person.upload(
            await screen.findByLabelText("Import a JSON export"),
            new File(["Dear diary"], "diary.json", { type: "application/json" }),
        );
        expect((await screen.findByRole("alert")).textContent).toContain("not a JSON export");
        expect(backend.callsTo("POST")).toHaveLength(0);
    });
});

describe("deleting the account", () => {
    async function remove(person: ReturnType<typeof openPage>, password: string) {
        await press(person, "Delete account…");
        await person.type(screen.getByLabelText("Password, to confirm"), password);
        await press(person, "Delete my account for good");
    }

    it("takes the password, and ends with nobody logged in", async () => {
        const backend = new FakeBackend();
        const person = openPage(<SettingsScreen />);
        await remove(person, "correct horse");
        expect(await screen.findByLabelText("E-mail")).toBeTruthy();
        expect(backend.callsTo("DELETE /api/v1/me")[0]?.body).toEqual({
            password: "correct horse",
        });
    });

    it("does not happen with a wrong one", async () => {
        const backend = new FakeBackend();
        const person = openPage(<SettingsScreen />);
        await remove(person, "guess");
        expect((await screen.findByRole("alert")).textContent).toBe("The password is wrong.");
        expect(backend.user).not.toBeNull();
    });

    it("does not happen by accident", async () => {
        const backend = new FakeBackend();
        const person = openPage(<SettingsScreen />);
        await press(person, "Delete account…");
        await press(person, "Keep my account");
        await waitFor(() => expect(screen.queryByLabelText("Password, to confirm")).toBeNull());
        expect(backend.callsTo("DELETE")).toHaveLength(0);
    });
});
