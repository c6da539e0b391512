import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished } from "vitest";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const DESKTOP = { width: 1280, height: 720 };
export const PHONE = { width: 390, height: 844 };

export interface Account {
    email: string;
    password: string;
}

/** Nobody else's, on a deployment that is used by others too. */
export function anAccount(): Account {
    return {
        email: `anna-${randomBytes(4).toString("hex")}@example.org`,
        password: "correct horse battery",
    };
}

/** One Chromium for all tests of a file. */
export function withBrowser() {
    const suite = {} as { browser: Browser };
    beforeAll(async () => {
        if (!existsSync(CHROMIUM)) {
            throw new Error(
                `The browser tests need Chromium, and there is none at ${CHROMIUM}. On Debian: apt-get install chromium. CHROMIUM names another place.`,
            );
        }
        suite.browser = await chromium.launch({
            executablePath: CHROMIUM,
            // root needs the first; the rest keeps it from asking the network for anything but the page
            args: [
                ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
                ...[
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                ],
            ],
        });
    });
    afterAll(() => suite.browser?.close());
    return suite;
}

interface Visit {
    url?: string;
    viewport?: { width: number; height: number };
    theme?: "light" | "dark";
    /** What the page may complain about all the same. */
    forgiven?: RegExp;
}

/**
 * A person with a browser of their own, closed after the test. Whatever the page complains about, such as a script
 * that its Content-Security-Policy forbids, fails the test.
 */
export async function visit(
    { browser }: { browser: Browser },
    {
        url = inject("targetUrl") ?? undefined,
        viewport = DESKTOP,
        theme = "light",
        forgiven,
    }: Visit = {},
): Promise<Page> {
    const context = await browser.newContext({
        baseURL: url,
        viewport,
        colorScheme: theme,
        locale: "en-GB",
        timezoneId: "Europe/Berlin",
        reducedMotion: "reduce",
    });
    context.setDefaultTimeout(20_000);
    const complaints = listenForComplaints(context);
    onTestFinished(async () => {
        await context.close();
        expect(complaints.filter((complaint) => !forgiven?.test(complaint))).toEqual([]);
    });
    return context.newPage();
}

function listenForComplaints(context: BrowserContext): string[] {
    const complaints: string[] = [];
    context.on("weberror", (error) => complaints.push(String(error.error())));
    context.on("console", (message) => {
        // The browser reports answers such as 401 by itself; the page deals with them.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
            complaints.push(message.text());
    });
    return complaints;
}

export async function register(page: Page, account: Account = anAccount()): Promise<Account> {
    await page.goto("/");
    await fillIn(page, account, "Create account");
    return account;
}

export async function logIn(page: Page, account: Account): Promise<void> {
    await page.goto("/");
    await fillIn(page, account, "Log in");
}

async function fillIn(page: Page, { email, password }: Account, button: string): Promise<void> {
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: button }).click();
    await page.getByRole("button", { name: "Log out" }).waitFor();
}

export async function addHabit(page: Page, name: string): Promise<void> {
    const field = page.getByLabel("New habit");
    await page
        .getByText(/ done|No habits yet|Nothing is due/)
        .first()
        .waitFor();
    // With habits, the form is behind the “+”; it stays open once it is.
    if (!(await field.isVisible())) await page.getByRole("button", { name: "Add a habit" }).click();
    await field.fill(name);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("checkbox", { name }).waitFor();
}

/** The screen's heading: it is there, and so is what it shows. */
export async function open(page: Page, screen: "Today" | "Habits" | "Assistant" | "Settings") {
    await page.getByRole("navigation").getByRole("link", { name: screen }).click();
    await page.getByRole("heading", { name: screen, level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
}

/** Calls the API as the page does, with its cookie. */
export async function callApi(
    page: Page,
    path: string,
    method = "GET",
    body?: unknown,
): Promise<unknown> {
    return page.evaluate(
        async ([address, verb, content]) => {
            const answer = await fetch(`/api/v1${address}`, {
                method: verb,
                headers: { "content-type": "application/json" },
                body: content,
            });
            if (!answer.ok) throw new Error(`${verb} ${address}: ${answer.status}`);
            return answer.status === 204 ? undefined : answer.json();
        },
        [path, method, body === undefined ? undefined : JSON.stringify(body)] as const,
    );
}
