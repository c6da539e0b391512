import { expect } from "chai";
import { type LoadReport, RATE, SECONDS, shortcomings } from "../load/attack.ts";

describe("the load", () => {
    const all = RATE * SECONDS;
    const fine: LoadReport = { requests: all, statuses: { "200": all }, p50: 5, p95: 9, p99: 20 };
    const MiB = 2 ** 20;
    const memory = [{ tier: "backend", used: 200 * MiB, limit: 512 * MiB }];

    it("has no shortcoming where all was sent, answered in time and within the memory", () => {
        expect(shortcomings(fine, memory)).to.deep.equal([]);
    });

    it("is not passed by sending nothing, or less", () => {
        expect(shortcomings({ ...fine, requests: 0, statuses: {} }, memory)).to.deep.equal([
            `0 of ${all} were sent`,
        ]);
        expect(
            shortcomings({ ...fine, requests: 10, statuses: { "200": 10 } }, memory),
        ).to.have.length(1);
    });

    it("has one for an answer that is none or another, and for slow ones", () => {
        const statuses = { "200": all - 2, "0": 1, "503": 1 };
        expect(shortcomings({ ...fine, statuses }, memory)).to.deep.equal([
            "2 were not answered with 200",
        ]);
        expect(shortcomings({ ...fine, p99: 250 }, memory)).to.have.length(1);
    });

    it("has one for memory at the limit, and for memory that nobody measured", () => {
        for (const used of [512 * MiB, 600 * MiB, 0, NaN]) {
            const measured = [{ tier: "backend", used, limit: 512 * MiB }];
            expect(shortcomings(fine, measured), `${used}`).to.have.length(1);
        }
    });
});
