import { existsSync } from "node:fs";
import { execa } from "execa";
import { type Browser, chromium } from "playwright-core";
import { requireDebianRoot } from "../../scripts/recipe.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Debian's Chromium, installed where it is missing. */
export async function launchBrowser(): Promise<Browser> {
    if (!existsSync(CHROMIUM)) {
        await requireDebianRoot(`No Chromium at ${CHROMIUM}; CHROMIUM=PATH names another`);
        const apt = (...args: string[]) =>
            execa("apt-get", args, { env: { DEBIAN_FRONTEND: "noninteractive" } });
        await apt("update");
        await apt("install", "-y", "--no-install-recommends", "chromium");
    }
    return chromium.launch({
        executablePath: CHROMIUM,
        // root needs the first; the rest keeps it from asking the network for anything but the page
        args: [
            ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
            ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
        ],
    });
}
