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
const pod = (name: string, ready: "True" | "False", metadata = {}) => ({
    metadata: { name, ...metadata },
    status: { conditions: [{ type: "Ready", status: ready }] },
});

/** What is said of a cluster with these events, pods and logs. */
const said = (events: object[], pods: object[], logs: Record<string, string> = {}) =>
    diagnose(SINCE, (verb, what = "", ...more) => {
        const selected = more.includes("app.kubernetes.io/part-of=habit-tracker") ? pods : [];
        return Promise.resolve(
            verb === "logs"
                ? (logs[what] ?? "")
                : JSON.stringify({ items: what === "events" ? events : selected }),
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
            ],
            [],
        );
        expect(text).to.equal(
            "Kubernetes warns:\nPod early: Unhealthy: exceeded quota\nPod late: Unhealthy: 503",
        );
    });

    it("shows the last lines of pods that are not ready, and of no others", async () => {
        const text = await said(
            [],
            [
                pod("new", "False"),
                pod("old", "True"),
                pod("leaving", "False", { deletionTimestamp: "2026-11-24T10:00:00Z" }),
                pod("silent", "False"),
            ],
            { new: "no such table", old: "GET /", leaving: "bye" },
        );
        expect(text).to.equal("The pod new is not ready. It said last:\nno such table");
    });

    it("says nothing where nothing stands out, and where the cluster does not answer", async () => {
        expect(await said([], [pod("old", "True")])).to.equal("");
        expect(await diagnose(SINCE, () => Promise.resolve(""))).to.equal("");
    });
});
