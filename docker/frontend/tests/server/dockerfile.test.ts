import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const dockerfile = readFileSync(join(import.meta.dirname, "../../Dockerfile"), "utf8");
const instructions = dockerfile
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

const only = (word: string) =>
    instructions
        .filter((line) => line.startsWith(`${word} `))
        .map((line) => line.slice(word.length + 1));

describe("the Dockerfile", () => {
    it("builds from any base, by default from the seed’s, in three stages", () => {
        expect(instructions[0]).toBe("ARG BASE_IMAGE=node:18-alpine");
        expect(only("FROM")).toEqual(
            ["deps", "builder", "runner"].map((stage) => `\${BASE_IMAGE} AS ${stage}`),
        );
    });

    it.each([
        ["a syntax line", /^#\s*syntax=/im],
        ["RUN --mount", /^RUN\s+--/m],
        ["COPY --chmod or --link", /^(?:COPY|ADD)\s+.*--(?:chmod|link|exclude|parents)/m],
        ["a heredoc", /<<-?['"]?[A-Z]/],
    ])("has not %s: Docker’s classic builder would fail", (_what, pattern) => {
        expect(dockerfile).not.toMatch(pattern);
    });

    it("runs node itself, as 1001 by number, and stops it by SIGTERM", () => {
        expect(only("USER")).toEqual(["1001:1001"]);
        expect(only("CMD")).toEqual(['["node", "dist/main.js"]']);
        expect(only("STOPSIGNAL")).toEqual(["SIGTERM"]);
        expect(only("EXPOSE")).toEqual(["3000"]);
    });

    it("never sets the backend’s address: it would be the same for every deployment", () => {
        expect(instructions.join("\n")).not.toContain("NEXT_PUBLIC_API_URL");
    });
});
