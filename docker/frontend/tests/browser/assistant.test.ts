import { expect, inject, it } from "vitest";

import { addHabit, DESKTOP, open, PHONE, register, visit, withBrowser } from "../support/browser";

const suite = withBrowser();
const [plainUrl, chatUrl] = [inject("targetUrl"), inject("chatUrl")];

if (plainUrl !== null) {
    it("without a key nothing speaks of it, and its address says so", async () => {
        const page = await visit(suite, { url: plainUrl });
        await register(page);
        await addHabit(page, "Read");
        expect(await page.getByText("Assistant").count()).toBe(0);
        await page.goto("/chat");
        await page.getByRole("heading", { name: "There is no assistant here" }).waitFor();
    });
}

if (chatUrl !== null) {
    it("answers, checks off, and asks before it deletes", async () => {
        const page = await visit(suite, { url: chatUrl });
        await register(page);
        await addHabit(page, "Read");
        // Folded away until it is wanted.
        expect(await page.getByLabel("Message").count()).toBe(0);
        const unfold = () => page.getByRole("button", { name: "Assistant" }).click();
        await unfold();
        const say = async (text: string) => {
            await page.getByLabel("Message").fill(text);
            await page.getByRole("button", { name: "Send" }).click();
        };
        await say("How was my week?");
        await page.getByText("You did well this week.").waitFor();
        await say("Check off Read");
        await page.getByText("Checked off: Read").waitFor();
        await expect
            .poll(() => page.getByRole("checkbox", { name: "Read" }).isChecked())
            .toBe(true);
        await say("Delete Read");
        await page.getByRole("button", { name: "Delete Read" }).waitFor();
        await page.reload();
        await unfold();
        await page.getByRole("button", { name: "Delete Read" }).click();
        await page.getByText("Deleted: Read").waitFor();
        await page.getByRole("checkbox", { name: "Read" }).waitFor({ state: "detached" });

        await page.reload();
        await unfold();
        await page.getByText("You did well this week.").waitFor();
    });

    it("on a phone has a screen of its own, and answers on while another one is shown", async () => {
        const page = await visit(suite, { url: chatUrl, viewport: PHONE });
        await register(page);
        await addHabit(page, "Read");
        await open(page, "Assistant");
        await page.getByLabel("Message").fill("Check off Read");
        await page.getByRole("button", { name: "Send" }).click();
        await page.getByRole("navigation").getByRole("link", { name: "Today" }).click();
        await expect
            .poll(() => page.getByRole("checkbox", { name: "Read" }).isChecked())
            .toBe(true);
        await page.getByRole("navigation").getByRole("link", { name: "Assistant" }).click();
        await page.getByText("Checked off: Read").waitFor();
        await page.getByText("Done. Keep it up!").waitFor();
    });

    it.each([
        ["a desktop", DESKTOP],
        ["a phone", PHONE],
    ])("what has just happened covers nothing that it needs on %s", async (_what, viewport) => {
        const page = await visit(suite, { url: chatUrl, viewport });
        await register(page);
        await addHabit(page, "Read");
        await page.getByRole("checkbox", { name: "Read" }).check();
        await open(page, "Assistant");
        const news = page.getByText("“Read” is done for today.").locator("..");
        const said = await news.boundingBox();
        for (const needed of [
            page.getByLabel("Message"),
            page.getByRole("button", { name: "Send" }),
            page.getByRole("navigation"),
        ]) {
            const box = await needed.boundingBox();
            expect(said && box && overlap(said, box), String(needed)).toBe(false);
        }
        await page.getByRole("button", { name: "Undo" }).click();
        await page.getByText("“Read” is open again.").waitFor();
    });
}

interface Box {
    x: number;
    y: number;
    width: number;
    height: number;
}

function overlap(one: Box, other: Box): boolean {
    return (
        one.x < other.x + other.width &&
        other.x < one.x + one.width &&
        one.y < other.y + other.height &&
        other.y < one.y + one.height
    );
}
