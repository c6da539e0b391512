import { expect } from "chai";
import { type Outcome, secondsToRecovery } from "../e2e/traffic.ts";
import { merged, row } from "../faults/report.ts";
import { type Figures, type Result, countReasons, misses } from "../faults/trial.ts";

/** Requests that are sent every second from second 0 on and take half a second: `+` is a good answer, `-` none. */
const outcomes = (pattern: string): Outcome[] =>
    Array.from(pattern, (sign, second) => ({
        sentAt: second * 1000,
        answeredAt: second * 1000 + 500,
        ...(sign === "-" ? { failure: "broken" } : {}),
    }));

describe("seconds to recovery", () => {
    it("counts to the first good answer after which nothing failed", () => {
        expect(secondsToRecovery(outcomes("++--+-+++"), 2000, 3)).to.equal(4.5);
    });

    it("is none while too few good answers came last", () => {
        expect(secondsToRecovery(outcomes("++--+-++"), 2000, 3)).to.equal(undefined);
    });

    it("is 0 when nothing failed that was sent after the fault's end", () => {
        expect(secondsToRecovery(outcomes("+--+++"), 3000, 3)).to.equal(0);
        expect(secondsToRecovery(outcomes("++++"), 1000, 3)).to.equal(0);
    });

    it("takes an answer that comes after more than 3 s for none, and one that has not come", () => {
        const slow = { sentAt: 2200, answeredAt: 5300 };
        const [before, after] = [outcomes("++-"), outcomes("++-++++").slice(3)];
        expect(secondsToRecovery([...before, slow, ...after], 2000, 3)).to.equal(1.5);
        expect(secondsToRecovery([...after, { sentAt: 7000 }], 2000, 3, 9000)).to.equal(0);
        expect(secondsToRecovery([...after, { sentAt: 7000 }], 2000, 3, 11000)).to.equal(undefined);
    });

    it("does not count a failure of what was sent before the fault's end", () => {
        const late = { sentAt: 500, answeredAt: 9000, failure: "no answer within 20 s" };
        expect(secondsToRecovery([late, ...outcomes("++++").slice(1)], 2000, 3)).to.equal(0);
    });
});

describe("a bar", () => {
    const figures: Figures = {
        sent: 100,
        failed: 0,
        acknowledged: 50,
        lost: 0,
        recovery: 0,
        slowest: 0.1,
        restarts: 0,
        backendRestarts: 0,
        commands: 0,
    };
    const bar = { failed: 0, recovery: 10, backendRestarts: 0, commands: 1 };

    it("is met by figures up to it", () => {
        expect(misses(bar, { ...figures, recovery: 10, commands: 1 })).to.deep.equal([]);
    });

    it("names each figure that is beyond it", () => {
        const bad = { failed: 1, recovery: 10.1, backendRestarts: 1, commands: 2 };
        expect(misses(bar, { ...figures, ...bad })).to.deep.equal([
            "1 requests failed, at most 0 expected",
            "1 restarts of the backend, at most 0 expected",
            "2 commands by hand, at most 1 expected",
            "10.1 s to recovery, at most 10 expected",
        ]);
    });

    it("never lets a lost write or a stack that does not recover pass", () => {
        expect(misses({}, { ...figures, lost: 1, recovery: undefined })).to.have.length(2);
    });
});

describe("the page of results", () => {
    const result = (title: string, recovery: number | undefined): Result => ({
        title,
        bar: { recovery: 10 },
        figures: {
            sent: 100,
            failed: 1,
            acknowledged: 50,
            lost: 0,
            recovery,
            slowest: 0.1,
            restarts: 0,
            backendRestarts: 0,
            commands: 0,
        },
        load: undefined as never,
        failures: {},
        notes: ["a|b"],
    });

    it("says of each case whether it held, and when that was seen", () => {
        expect(row(result("a case", 9), "today")).to.equal(
            "| a case | recovery within 10 s, 0 lost | 100 | 1 | 50 / 0 | 9.0 | 0.1 | 0 | 0 | holds; a\\|b | today |",
        );
        expect(row(result("a case", undefined), "today")).to.contain(
            "| **missed**: it did not recover; a\\|b |",
        );
    });

    it("keeps what was not tried again, and drops what is no case any more", () => {
        const before = ["| case | seen |", "| --- | --- |", "| one | then |", "| gone | then |"];
        const now = ["| two | now |"];
        expect(merged(["one", "two", "three"], before.join("\n"), now)).to.deep.equal([
            "| one | then |",
            "| two | now |",
        ]);
        expect(merged(["one"], before.join("\n"), ["| one | now |"])).to.deep.equal([
            "| one | now |",
        ]);
    });
});

describe("the reasons of failures", () => {
    it("are counted without what differs from request to request", () => {
        const answer = (path: string, id: number) =>
            `GET http://127.0.0.1:1/${path}: 502 {"status":502,"detail":"It is away.","request_id":"${id}"}`;
        const broken = "PUT http://127.0.0.1:1/c: Error: read ECONNRESET";
        expect(countReasons([answer("a", 1), answer("b", 2), broken])).to.deep.equal({
            "502 It is away.": 2,
            "Error: read ECONNRESET": 1,
        });
    });
});
