import { expect } from "chai";
import { diagnose } from "../../scripts/diagnosis.ts";

const SINCE = Date.parse("2026-11-24T10:00:00Z");

const event = (name: string, message: string, time: string, other = {}) => ({
    involvedObject: { kind: "Pod", name },
    reason: "Unhealthy",
    message,
    lastTimestamp: time,
    eventTime: null,
    ...other,
});
const pod = (name: string, ready: "True" | "False", metadata = {}, phase = "Running") => ({
    metadata: { name, ...metadata },
    status: { phase, conditions: [{ type: "Ready", status: ready }] },
});

const ended = (stdout: string, exitCode = 0) => Promise.resolve({ exitCode, stdout, stderr: "" });

/** What is said of a cluster with these events, pods and logs. */
const said = (events: object[], pods: object[], logs: Record<string, string> = {}) =>
    diagnose(SINCE, (...args) => {
        const items = {
            "get events --field-selector type=Warning -o json": events,
            "get pods -l app.kubernetes.io/part-of=habit-tracker -o json": pods,
        }[args.join(" ")];
        const [, name = "", lines] = args;
        return ended(
            items === undefined
                ? lines === "--tail=10"
                    ? (logs[name] ?? "")
                    : "unexpected"
                : JSON.stringify({ items }),
        );
    });

describe("diagnose", () => {
    it("tells what Kubernetes warned of since the update began, in its order", async () => {
        const text = await said(
            [
                event("late", "503", "2026-11-24T10:02:00Z"),
                event("old", "of an earlier update", "2026-11-24T09:59:00Z"),
                event("early", "exceeded quota\n", "", {
                    lastTimestamp: null,
                    eventTime: "2026-11-24T10:01:00.123456Z",
                }),
                event("again", "Insufficient cpu", "", {
                    lastTimestamp: null,
                    eventTime: "2026-11-24T09:00:00.000000Z",
                    series: { count: 9, lastObservedTime: "2026-11-24T10:03:00.000000Z" },
                }),
            ],
            [],
        );
        expect(text).to.equal(
            [
                "Kubernetes warns:",
                "Pod early: Unhealthy: exceeded quota",
                "Pod late: Unhealthy: 503",
                "Pod again: Unhealthy: Insufficient cpu",
            ].join("\n"),
        );
    });

    it("tells the last eight of many", async () => {
        const many = Array.from({ length: 10 }, (_, n) =>
            event(`pod-${n}`, "503", `2026-11-24T10:00:0${n}Z`),
        );
        const text = await said(many, []);
        expect(text.split("\n")).to.have.length(9);
        expect(text).to.contain("pod-2").and.to.contain("pod-9").and.not.to.contain("pod-1:");
    });

    it("shows the last lines of pods that are not ready, and of no others", async () => {
        const text = await said(
            [],
            [
                pod("new", "False"),
                pod("old", "True"),
                pod("leaving", "False", { deletionTimestamp: "2026-11-24T10:00:00Z" }),
                pod("silent", "False"),
                pod("backup", "False", {}, "Succeeded"),
            ],
            { new: "no such table", old: "GET /", leaving: "bye", backup: "dumped" },
        );
        expect(text).to.equal("The pod new is not ready. It said last:\nno such table");
    });

    it("says nothing where nothing stands out, and where the cluster does not answer", async () => {
        expect(await said([], [pod("old", "True")])).to.equal("");
        expect(await diagnose(SINCE, () => ended("not what was asked", 1))).to.equal("");
    });
});
