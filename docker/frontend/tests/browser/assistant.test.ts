import { expect, inject, it } from "vitest";

import { addHabit, register, visit, withBrowser } from "../support/browser";

const suite = withBrowser();
const [plainUrl, chatUrl] = [inject("targetUrl"), inject("chatUrl")];

if (plainUrl !== null) {
    it("without a key it says so plainly, and everything else works", async () => {
        const page = await visit(suite, { url: plainUrl });
        await register(page);
        await page.getByLabel("Message").fill("How am I doing?");
        await page.getByRole("button", { name: "Send" }).click();
        await page
            .getByText(/not set up/)
            .first()
            .waitFor();
        expect(await page.getByLabel("Message").inputValue()).toBe("How am I doing?");
        await addHabit(page, "Read");
    });

}

if (chatUrl !== null) {
    it("answers, checks off, and asks before it deletes", async () => {
        const page = await visit(suite, { url: chatUrl });
        await register(page);
        await addHabit(page, "Read");
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
        await page.getByRole("button", { name: "Delete Read" }).click();
        await page.getByText("Deleted: Read").waitFor();
        await page.getByRole("checkbox", { name: "Read" }).waitFor({ state: "detached" });

        await page.reload();
        await page.getByText("You did well this week.").waitFor();
    });
}
