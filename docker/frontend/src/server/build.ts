import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Lets the page and the API's answers say which build they are of, so that a page that was loaded before an update notices
 * it: BUILD_ID in the environment, where the page's layout finds it as well. `next dev` has none.
 */
export function announceBuild(root: string): void {
    process.env.BUILD_ID = readFileSync(join(root, ".next/BUILD_ID"), "utf8").trim();
}

export function buildId(): string | undefined {
    return process.env.BUILD_ID;
}
