import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const dockerfile = readFileSync(join(import.meta.dirname, "../../Dockerfile"), "utf8");
const instructions = dockerfile
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

describe("the Dockerfile", () => {
    it.each([
        ["a syntax line", /^#\s*syntax=/im],
        ["RUN --mount", /^RUN\s+--/m],
        ["COPY --chmod or --link", /^(?:COPY|ADD)\s+.*--(?:chmod|link|exclude|parents)/m],
        ["a heredoc", /<<-?['"]?[A-Z]/],
    ])("has not %s: Docker’s classic builder would fail", (_what, pattern) => {
        expect(dockerfile).not.toMatch(pattern);
    });

    it("never sets the backend’s address: it would be the same for every deployment", () => {
        expect(instructions.join("\n")).not.toContain("NEXT_PUBLIC_API_URL");
    });
});
