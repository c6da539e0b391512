import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";

import { callApi, DESKTOP, open, PHONE, register, visit, withBrowser } from "../support/browser";
import { exampleExport } from "../support/example-data";

const suite = withBrowser();
const axeSource = readFileSync(
    createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
    "utf8",
);

/** How much compressed JavaScript Today may need before it can be used; kB as Next counts them, of 1000 bytes. */
const SCRIPT_BUDGET_KB = 120;

/** And how much more for what comes after it. */
const LATE_BUDGET_KB = 5;

/** What every check leaves out: nothing. The page is checked whole, by all of axe’s rules but the experimental. */
async function violations(page: Page): Promise<string[]> {
    // Through the debugger: the page’s policy admits no foreign script, and that must stay so.
    await page.evaluate(axeSource);
    const results = (await page.evaluate("axe.run(document)")) as AxeResults;
    return results.violations.map(
        ({ id, help, nodes }) =>
            `${id}: ${help}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`,
    );
}

async function importExamples(page: Page) {
    const { date } = (await callApi(page, "/today")) as { date: string };
    await callApi(page, "/me/import", "POST", exampleExport(date));
    await page.reload();
    await page.getByRole("checkbox", { name: "Read ten pages" }).check();
    await page.waitForLoadState("networkidle");
}

async function withExampleData(page: Page) {
    await register(page);
    await importExamples(page);
}

async function openDetail(page: Page) {
    await page.getByRole("link", { name: "Details of Read ten pages" }).click();
    await page.locator("svg[aria-busy=false]").waitFor();
    await page.getByRole("button", { name: "Fill in" }).waitFor();
    await page.waitForLoadState("networkidle");
}

/** In the page: how each of these stands out from what is painted behind it, once for each colour. */
function contrasts(wanted: readonly (readonly [string, string, string])[]) {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const painted = (color: string): number[] => {
        canvas!.clearRect(0, 0, 1, 1);
        canvas!.fillStyle = color;
        canvas!.fillRect(0, 0, 1, 1);
        return [...canvas!.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (color: string) => {
        const [red = 0, green = 0, blue = 0] = painted(color).map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element: Element | null): string => {
        for (let one = element?.parentElement; one; one = one.parentElement) {
            const color = getComputedStyle(one).backgroundColor;
            if (painted(color)[3] === 255) return color;
        }
        return "white";
    };
    const found = wanted.flatMap(([selector, part, property]) =>
        [...document.querySelectorAll(selector)].map((element) => {
            const style = getComputedStyle(element, part || undefined);
            const color = style[property as "fill"];
            const [one, other] = [luminance(color), luminance(behind(element))].sort(
                (a, b) => b - a,
            );
            return {
                what: `${selector}${part} ${color}`,
                ratio: ((one ?? 0) + 0.05) / ((other ?? 0) + 0.05),
            };
        }),
    );
    return [...new Map(found.map((one) => [one.what, one])).values()];
}

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
    it.each([
        ["a desktop", DESKTOP],
        ["a phone", PHONE],
    ])("axe finds nothing on any screen of %s", async (_what, viewport) => {
        const page = await visit(suite, { viewport, theme });
        await page.goto("/");
        await page.getByLabel("E-mail").waitFor();
        const found: Record<string, string[]> = { gate: await violations(page) };
        await register(page);
        await page.getByText("No habits yet.").waitFor();
        found.newcomer = await violations(page);
        await importExamples(page);
        found.today = await violations(page);
        await page.getByRole("button", { name: "Skip Water the plants" }).click();
        found.skipped = await violations(page);
        await page
            .getByRole("group", { name: /^Last 7 days/ })
            .first()
            .getByRole("button")
            .first()
            .click();
        await page.getByLabel("Note").waitFor();
        found.day = await violations(page);
        await page.keyboard.press("Escape");
        await openDetail(page);
        found.detail = await violations(page);
        await open(page, "Habits");
        await page.getByRole("button", { name: "Edit Read ten pages" }).click();
        await page.getByLabel("Schedule").selectOption("weekdays");
        found.habits = await violations(page);
        await page.goto("/chat");
        await page.getByRole("heading", { level: 1 }).waitFor();
        found.assistant = await violations(page);
        await open(page, "Settings");
        await page.getByRole("button", { name: "Delete account…" }).click();
        found.settings = await violations(page);
        await page.goto("/nowhere");
        await page.getByRole("heading", { name: "There is no such page" }).waitFor();
        found.nowhere = await violations(page);

        expect(Object.keys(found)).toHaveLength(10);
        expect(Object.values(found).flat()).toEqual([]);
        expect(
            await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
            "nothing is wider than the screen",
        ).toBe(true);
    });

    it("what tells something without words has 3:1 against what is behind it", async () => {
        const page = await visit(suite, { theme });
        await withExampleData(page);
        await page.getByRole("button", { name: "Skip Water the plants" }).click();
        const today = await page.evaluate(contrasts, [
            ["input[type=checkbox]", "", "borderTopColor"],
            ["[data-state=done]", "::after", "borderTopColor"],
            ["[data-state=skip]", "::after", "backgroundColor"],
            ["[data-state=open]", "::after", "borderTopColor"],
            ["[data-state=rest]", "::after", "backgroundColor"],
        ] as const);
        await openDetail(page);
        const cells = await page.evaluate(contrasts, [
            ["rect[class*=done]", "", "fill"],
            ["rect[class*=skipped]", "", "stroke"],
            ["rect[class*=open]", "", "stroke"],
            ["input[type=date]", "", "borderTopColor"],
        ] as const);
        const measured = [...today, ...cells];
        expect(new Set(measured.map(({ what }) => what.split(" ")[0])).size).toBeGreaterThan(7);
        expect(measured.filter(({ ratio }) => ratio < 3)).toEqual([]);
    });

    // Pictures for the README, made on request.
    const folder = process.env.SCREENSHOTS_DIR;
    if (!folder) return;

    it.each([
        ["desktop", DESKTOP],
        ["phone", PHONE],
    ])("it is photographed on a %s", async (device, viewport) => {
        mkdirSync(folder, { recursive: true });
        const url = inject("chatUrl") ?? undefined;
        const page = await visit(suite, { theme, url, viewport });
        const photograph = (name: string) =>
            page.screenshot({ path: join(folder, `${name}-${device}-${theme}.png`) });
        await withExampleData(page);
        await page.getByRole("checkbox", { name: "Water the plants" }).check();
        await page.waitForLoadState("networkidle");
        await photograph("today");
        await page.getByRole("button", { name: /^Close: / }).click();
        await openDetail(page);
        await photograph("detail");
        await open(page, "Assistant");
        for (const text of [
            "How was my week?",
            "Check off Run in the park",
            "Delete Water the plants",
        ]) {
            await page.getByLabel("Message").fill(text);
            await page.getByRole("button", { name: "Send" }).click();
            await page.getByText("Thinking…").waitFor();
            await page.getByText("Thinking…").waitFor({ state: "detached" });
        }
        await photograph("chat");
    });
});

it.each([
    ["a desktop", DESKTOP],
    ["a phone", PHONE],
])("Today comes to stand without moving on %s", async (_what, viewport) => {
    const page = await visit(suite, { viewport });
    await withExampleData(page);
    await page.addInitScript(() => {
        const shifts: number[] = [];
        Object.assign(window, { shifts });
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries())
                shifts.push((entry as PerformanceEntry & { value: number }).value);
        }).observe({ type: "layout-shift", buffered: true });
    });
    await page.reload();
    await page.getByRole("checkbox", { name: "Read ten pages" }).waitFor();
    await page.waitForLoadState("networkidle");
    expect(await page.evaluate("window.shifts")).toEqual([]);
});

it("Today needs less than 120 kB of compressed JavaScript", async ({ annotate }) => {
    const page = await visit(suite);
    await withExampleData(page);
    await page.reload();
    await page.getByRole("checkbox", { name: "Read ten pages" }).waitFor();
    await page.waitForLoadState("networkidle");
    const scripts = await page.evaluate(() => {
        const first = new Set(
            [...document.querySelectorAll<HTMLScriptElement>("script[src]")]
                .filter((script) => !script.noModule)
                .map((script) => script.src),
        );
        return (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
            .filter(({ name }) => name.endsWith(".js"))
            .map(({ name, encodedBodySize }) => ({
                name: name.replace(/.*\/static\//, ""),
                bytes: encodedBodySize,
                first: first.has(name),
            }));
    });
    const kilobytes = (wanted: boolean) =>
        scripts.filter(({ first }) => first === wanted).reduce((sum, { bytes }) => sum + bytes, 0) /
        1_000;
    expect(scripts.every(({ bytes }) => bytes > 0)).toBe(true);
    await annotate(
        `${kilobytes(true).toFixed(1)} kB on first load, then ${kilobytes(false).toFixed(1)} kB for the week`,
    );
    expect(kilobytes(true)).toBeGreaterThan(50);
    expect(kilobytes(true)).toBeLessThan(SCRIPT_BUDGET_KB);
    expect(kilobytes(false)).toBeLessThan(LATE_BUDGET_KB);
});
