import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import {
    addHabit,
    anAccount,
    callApi,
    logIn,
    open,
    PHONE,
    register,
    visit,
    withBrowser,
} from "../support/browser";

const suite = withBrowser();

describe("Today", () => {
    it("takes a newcomer to the first habit, by e-mail and password alone", async () => {
        const page = await visit(suite);
        const account = await register(page);
        await page.getByText("No habits yet.").waitFor();
        await addHabit(page, "Read ten pages");
        await page.getByRole("checkbox", { name: "Read ten pages" }).check();
        await page.getByText("“Read ten pages” is done for today.").waitFor();
        await page.getByText("1-day streak").waitFor();
        await page.waitForLoadState("networkidle");

        await page.getByRole("button", { name: "Log out" }).click();
        await page.getByLabel("E-mail").waitFor();
        await logIn(page, account);
        await expect
            .poll(() => page.getByRole("checkbox", { name: "Read ten pages" }).isChecked())
            .toBe(true);
        // It has no key, so nothing speaks of an assistant.
        expect(await page.getByRole("link", { name: "Assistant" }).count()).toBe(0);
    });

    it("skips by one tap, and undoes", async () => {
        const page = await visit(suite);
        await register(page);
        await addHabit(page, "Run");
        await page.getByRole("button", { name: "Skip Run" }).click();
        await page.getByText("Skipped today", { exact: true }).waitFor();
        await page.getByRole("button", { name: "Undo" }).click();
        await page.getByText("“Run” is open again.").waitFor();
        await page.waitForLoadState("networkidle");
        await page.reload();
        await page.getByText("No streak yet").waitFor();
    });

    it("works by keyboard alone, from the link that skips the navigation", async () => {
        const page = await visit(suite);
        await register(page);
        await addHabit(page, "Read");
        await page.reload();
        const box = page.getByRole("checkbox", { name: "Read" });
        await box.waitFor();
        await page.keyboard.press("Tab");
        const focused = () => page.evaluate(() => document.activeElement?.textContent);
        expect(await focused()).toBe("Skip to content");
        await page.keyboard.press("Enter");
        for (const _ of ["Add a habit", "the box"]) await page.keyboard.press("Tab");
        await page.keyboard.press("Space");
        await page.getByText("“Read” is done for today.").waitFor();
        expect(await box.isChecked()).toBe(true);
    });

    it("goes from registering to the first tick in two taps, and to the first back-fill in two", async () => {
        const page = await visit(suite, { viewport: PHONE });
        await register(page);
        await page.getByRole("button", { name: "Go for a walk" }).click();
        await page.getByRole("checkbox", { name: "Go for a walk" }).check();
        await page.getByText("All done for today. Well done!").waitFor();
        await page
            .getByRole("group", { name: /^Last 7 days/ })
            .getByRole("button")
            .nth(5)
            .click();
        await page.getByRole("button", { name: "Done", exact: true }).click();
        await page.getByRole("group", { name: "Last 7 days: 2 of 2 done" }).waitFor();
    });

    it("ticks by a tap anywhere on a row, and has what to undo above the navigation", async () => {
        const page = await visit(suite, { viewport: PHONE });
        await register(page);
        await addHabit(page, "Read");
        const row = page.getByRole("listitem");
        const { width, height } = (await row.boundingBox()) ?? { width: 0, height: 0 };
        await row.click({ position: { x: width / 2, y: height / 4 } });
        const undo = page.getByRole("button", { name: "Undo" });
        const [toast, navigation] = [
            await undo.boundingBox(),
            await page.getByRole("navigation").boundingBox(),
        ];
        expect((toast?.y ?? 0) + (toast?.height ?? 0)).toBeLessThan(navigation?.y ?? 0);
        await undo.click();
        await page.getByText("“Read” is open again.").waitFor();
    });

    it("keeps standing when code does not arrive, as in an old tab after an update", async () => {
        const page = await visit(suite, { forgiven: /ChunkLoadError/ });
        await register(page);
        await addHabit(page, "Read");
        await page.route("**/_next/static/chunks/**", (route) => route.abort());
        await page
            .getByRole("group", { name: /^Last 7 days/ })
            .getByRole("button")
            .nth(5)
            .click();
        await page.getByRole("button", { name: "Load the page again" }).waitFor();
        await page.getByRole("checkbox", { name: "Read" }).check();
        await page.getByText("“Read” is done for today.").waitFor();
        await page.unroute("**/_next/static/chunks/**");
        await page.getByRole("button", { name: "Load the page again" }).click();
        await expect
            .poll(() => page.getByRole("checkbox", { name: "Read" }).isChecked())
            .toBe(true);
    });
});

it("an old page says that the server is newer, and keeps what is typed until it is loaded again", async () => {
    const page = await visit(suite);
    await register(page);
    await addHabit(page, "Read");
    await page.getByRole("button", { name: "Add a habit" }).click();
    await page.getByLabel("New habit").fill("Wri");
    await page.route("**/api/**", async (route) => {
        const response = await route.fetch();
        const headers = { ...response.headers(), "x-build-id": "a-newer-one" };
        await route.fulfill({ response, headers });
    });
    await page.getByRole("checkbox", { name: "Read" }).check();
    await page.getByText(/^There is a new version/).waitFor();
    expect(await page.getByLabel("New habit").inputValue()).toBe("Wri");
    await page.unrouteAll({ behavior: "wait" });
    await page.getByRole("button", { name: "Load the page again" }).click();
    await expect.poll(() => page.getByRole("checkbox", { name: "Read" }).isChecked()).toBe(true);
    expect(await page.getByText(/^There is a new version/).count()).toBe(0);
});

it("Habits: add with a schedule, edit, order, archive, bring back, delete", async () => {
    const page = await visit(suite);
    await register(page);
    for (const name of ["Read", "Run"]) await addHabit(page, name);
    await open(page, "Habits");

    await page.getByRole("button", { name: "Add a habit" }).click();
    await page.getByLabel("Name").fill("Swim");
    await page.getByLabel("Violet").check();
    await page.getByLabel("Schedule").selectOption("weekly");
    await page.getByLabel("Times a week").fill("2");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("2 times a week").waitFor();

    await page.getByRole("button", { name: "Edit Read" }).click();
    await page.getByLabel("Name").fill("Read more");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "Read more" }).waitFor();

    await page.getByRole("button", { name: "Move Swim up" }).click();
    await page.getByText("“Swim” is now number 2.").waitFor();
    await page.getByRole("button", { name: "Archive Run" }).click();
    await page.getByRole("button", { name: "Bring Run back" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Archived" }).waitFor();
    const active = page.getByRole("list", { name: "Active habits" }).getByRole("link");
    expect(await active.allTextContents()).toEqual(["Read more", "Swim"]);

    await page.getByRole("button", { name: "Delete Run" }).click();
    await page.getByText("“Run” is in the trash.").waitFor();
    await page.getByRole("button", { name: "Delete Run for good" }).click();
    await page.getByRole("button", { name: "Yes, delete Run" }).click();
    await page.getByText("“Run” is deleted.").waitFor();
    await page.getByRole("heading", { name: "Archived" }).waitFor({ state: "detached" });
});

it("a habit’s page: figures, the year, and a day that was forgotten", async () => {
    const page = await visit(suite);
    await register(page);
    await addHabit(page, "Read");
    await page.getByRole("checkbox", { name: "Read" }).check();
    await page.waitForLoadState("networkidle");
    await page.getByRole("link", { name: "Details of Read" }).click();
    await page.getByRole("heading", { name: "Read", level: 1 }).waitFor();
    await page.getByRole("img", { name: /: 1 days done, 0 skipped$/ }).waitFor();

    const { date: today } = (await callApi(page, "/today")) as { date: string };
    await page.getByRole("button", { name: "Fill in" }).click();
    await page.getByLabel("Note").fill("travelling");
    await page.getByRole("button", { name: "Skip" }).click();
    await page.getByRole("img", { name: /: 0 days done, 1 skipped$/ }).waitFor();
    await page.waitForLoadState("networkidle");
    await page.reload();
    expect(await page.getByLabel("Day", { exact: true }).inputValue()).toBe(today);
    await page.getByRole("button", { name: "Fill in" }).click();
    await expect.poll(() => page.getByLabel("Note").inputValue()).toBe("travelling");
});

describe("Settings", () => {
    it("time zone, password, export, import, and the end of the account", async () => {
        const page = await visit(suite);
        const account = await register(page);
        await addHabit(page, "Read");
        await open(page, "Settings");

        expect(await page.getByLabel("Time zone").inputValue()).toBe("Europe/Berlin");
        await page.getByLabel("Time zone").selectOption("Pacific/Auckland");
        await page.getByRole("button", { name: "Save your day" }).click();
        await page.getByText("Your day is saved.").waitFor();

        const [download] = await Promise.all([
            page.waitForEvent("download"),
            page.getByRole("button", { name: "Export as JSON" }).click(),
        ]);
        const exported = readFileSync(await download.path(), "utf8");
        expect(JSON.parse(exported).habits).toMatchObject([{ name: "Read" }]);
        const more = exported.replace('"Read"', '"Read again"');
        await page.getByLabel("Import a JSON export").setInputFiles({
            name: "habits.json",
            mimeType: "application/json",
            buffer: Buffer.from(more),
        });
        await page.getByText(/^Imported: 1 habit/).waitFor();

        const next = { ...account, password: "battery staple correct" };
        await page.getByLabel("Current password").fill(account.password);
        await page.getByLabel(/^New password/).fill(next.password);
        await page.getByRole("button", { name: "Change password" }).click();
        await page.getByText(/^Your password is changed/).waitFor();
        await open(page, "Today");
        await page.getByRole("checkbox", { name: "Read again" }).waitFor();

        await open(page, "Settings");
        await page.getByRole("button", { name: "Delete account…" }).click();
        await page.getByLabel("Password, to confirm").fill(next.password);
        await page.getByRole("button", { name: "Delete my account for good" }).click();
        await page.getByLabel("E-mail").fill(next.email);
        await page.getByLabel("Password").fill(next.password);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.getByText(/password is wrong/).waitFor();
    });
});

describe("the session", () => {
    it("is out of the scripts’ reach, and worth nothing after logging out", async () => {
        const page = await visit(suite);
        await register(page);
        expect(await page.evaluate(() => document.cookie)).toBe("");
        const cookies = await page.context().cookies();
        const session = cookies.find(({ name }) => name.endsWith("habit_tracker_session"));
        expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" });

        await page.getByRole("button", { name: "Log out" }).click();
        await page.getByLabel("E-mail").waitFor();
        await page.context().addCookies(cookies);
        await page.reload();
        await page.getByLabel("E-mail").waitFor();
        expect(await page.getByRole("button", { name: "Log out" }).count()).toBe(0);
    });
});

describe("when something is down", () => {
    const down = {
        status: 502,
        contentType: "application/problem+json",
        body: JSON.stringify({ title: "Bad Gateway", status: 502, detail: "It is away." }),
    };

    it("the chatbot: everything else works", async () => {
        const page = await visit(suite);
        await page.route("**/api/v1/chat**", (route) => route.fulfill(down));
        await page.route("**/api/v1/chat/**", (route) => route.fulfill(down));
        await register(page);
        await addHabit(page, "Read");
        await page.getByRole("checkbox", { name: "Read" }).check();
        await open(page, "Assistant");
        await page.getByRole("alert").getByText("It is away.").waitFor();
    });

    it("the backend: a retry, which works once it is back", async () => {
        const page = await visit(suite);
        await page.route("**/api/**", (route) => route.fulfill(down));
        await page.goto("/");
        await page.getByRole("alert").getByText("It is away.").waitFor();
        await page.unroute("**/api/**");
        await page.getByRole("button", { name: "Retry" }).click();
        await page.getByLabel("E-mail").waitFor();
    });

    it("the backend, at a check-in: it is taken back, and the page says why", async () => {
        const page = await visit(suite);
        await register(page, anAccount());
        await addHabit(page, "Read");
        await page.route("**/checkins/**", (route) => route.fulfill(down));
        await page.getByRole("checkbox", { name: "Read" }).click();
        await page.getByText("“Read” could not be saved. It is away.").waitFor();
        expect(await page.getByRole("checkbox", { name: "Read" }).isChecked()).toBe(false);
    });
});
