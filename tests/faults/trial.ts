import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { BACKEND_APP as BACKEND } from "../../components/backend.ts";
import { DATABASE_SERVICE as DATABASE } from "../../components/database.ts";
import { FRONTEND_APP as FRONTEND } from "../../components/frontend.ts";
import type { Installation } from "../e2e/installation.ts";
import { Load } from "./load.ts";

export { BACKEND, DATABASE, FRONTEND };

/** What a case has to keep to; an acknowledged write is never to be lost. */
export interface Bar {
    /** The most requests that may fail. */
    failed?: number;
    /** Seconds from the fault's end within which all is well again. */
    recovery?: number;
    /** The most restarts of the backend's containers. */
    backendRestarts?: number;
    /** The most commands that a person has to run. */
    commands?: number;
}

/** What happened in a case. */
export interface Figures {
    sent: number;
    failed: number;
    acknowledged: number;
    lost: number;
    /** Seconds from the fault's end to recovery; undefined where it did not recover. */
    recovery: number | undefined;
    /** Seconds that the slowest good answer took. */
    slowest: number;
    /** Restarts of containers, of the whole stack and of the backend. */
    restarts: number;
    backendRestarts: number;
    commands: number;
}

/** Something that goes wrong, and what is expected then. */
export interface Fault {
    title: string;
    bar: Bar;
    /** What it needs, made before the load begins. */
    prepare?: (installation: Installation) => Promise<unknown>;
    /** Takes that away, once the load has ended. */
    restore?: (installation: Installation) => Promise<unknown>;
    /** Makes it go wrong; throws where something other than the figures is not as it should be. */
    inject: (trial: Trial) => Promise<void>;
}

/** A fault that was tried. */
export interface Result {
    title: string;
    bar: Bar;
    figures: Figures;
    /** To read its acknowledged writes back once more. */
    load: Load;
    /** What the load saw fail, in words, and how often. */
    failures: Record<string, number>;
    /** What stood out, in words. */
    notes: string[];
    /** What was not as it should be, apart from the figures. */
    error?: Error;
}

/** How the figures miss the bar, in words. */
export function misses(bar: Bar, figures: Figures): string[] {
    const { failed, recovery, backendRestarts, commands } = bar;
    const tooMany = (what: string, most: number | undefined, count: number) =>
        most !== undefined && count > most ? [`${count} ${what}, at most ${most} expected`] : [];
    return [
        ...tooMany("acknowledged writes lost", 0, figures.lost),
        ...tooMany("requests failed", failed, figures.failed),
        ...tooMany("restarts of the backend", backendRestarts, figures.backendRestarts),
        ...tooMany("commands by hand", commands, figures.commands),
        ...(figures.recovery === undefined ? ["it did not recover"] : []),
        ...tooMany("s to recovery", recovery, figures.recovery ?? 0),
    ];
}

/** A case's figures in one line. */
export function figuresInWords(figures: Figures): string {
    const { sent, failed, acknowledged, lost, recovery, slowest, restarts, commands } = figures;
    return [
        `${sent} requests, ${failed} failed`,
        `${acknowledged} writes acknowledged, ${lost} lost`,
        recovery === undefined ? "not recovered" : `recovered after ${recovery.toFixed(1)} s`,
        `slowest answer ${slowest.toFixed(1)} s`,
        `${restarts} restarts, ${commands} commands by hand`,
    ].join("; ");
}

/** What a result misses, its error among it. */
export function allMisses({ bar, figures, error }: Result): string[] {
    return [
        ...misses(bar, figures),
        ...(error === undefined ? [] : [error.message.split("\n")[0] ?? ""]),
    ];
}

interface Pod {
    metadata: { name: string; uid: string; labels: { app?: string }; deletionTimestamp?: string };
    status: {
        conditions?: { type: string; status: string; lastTransitionTime: string }[];
        containerStatuses?: {
            restartCount: number;
            lastState?: { terminated?: { reason: string; containerID: string } };
        }[];
    };
}

/** One fault under load, while it lasts. */
export class Trial {
    readonly installation: Installation;
    readonly load: Load;
    readonly notes: string[] = [];
    commands = 0;
    /** When the fault was over, in milliseconds since the epoch. */
    end = Date.now();

    constructor(installation: Installation, load: Load) {
        this.installation = installation;
        this.load = load;
    }

    /** Says when the fault is over: recovery counts from there. */
    over(end = Date.now()): void {
        this.end = end;
    }

    /** Notes something for the report. */
    note(text: string): void {
        this.notes.push(text);
        console.log(`      ${text}`);
    }

    /** Runs a command that a person has to run to get out of the fault. */
    async byHand(command: string): Promise<string> {
        this.commands += 1;
        return this.installation.shell(command);
    }

    async up(): Promise<string> {
        return this.installation.shell("pulumi up --yes --skip-preview");
    }

    /** A tier's pods that are not on their way out. */
    async pods(app: string): Promise<Pod[]> {
        const pods = await this.installation.get<Pod>(`pods -l app=${app}`);
        return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    }

    /**
     * Waits until all of a tier's pods are ready, each since a moment after `since`.
     *
     * @returns when the last one got ready, in milliseconds since the epoch, to the second.
     */
    async ready(app: string, since: number): Promise<number> {
        const end = Date.now() + 180_000;
        while (Date.now() < end) {
            const times = (await this.pods(app)).map(({ status }) => {
                const ready = status.conditions?.find(({ type }) => type === "Ready");
                return ready?.status === "True" ? Date.parse(ready.lastTransitionTime) : 0;
            });
            // Kubernetes tells whole seconds
            if (times.length > 0 && times.every((time) => time > since - 1000)) {
                return Math.max(...times);
            }
            await sleep(250);
        }
        throw new Error(`${app} did not get ready within 180 s`);
    }

    /** The container's process of a tier as the node's Docker names it, one of them. */
    async container(app: string): Promise<string> {
        const name = app.replace("habit-tracker-", "").replace("database", "postgres");
        const labels = [
            `io.kubernetes.pod.namespace=${this.installation.namespace}`,
            `io.kubernetes.container.name=${name}`,
        ];
        const filters = labels.map((label) => `--filter label=${label}`).join(" ");
        const ids = await this.installation.node(`docker ps -q ${filters}`);
        const [id] = ids.split(/\s+/);
        if (!id) {
            throw new Error(`no container of ${app} runs`);
        }
        return id;
    }
}

/** Restarts of containers by pod. */
async function restartsOf(installation: Installation): Promise<Map<string, [string, number]>> {
    const pods = await installation.get<Pod>("pods");
    return new Map(
        pods.map(({ metadata, status }) => [
            metadata.uid,
            [
                metadata.labels.app ?? "",
                (status.containerStatuses ?? []).reduce((sum, { restartCount: n }) => sum + n, 0),
            ],
        ]),
    );
}

/** What failed, without what is different in each request, and how often. */
export function countReasons(failures: readonly string[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const failure of failures) {
        const [, status, body = ""] = /^\w+ \S+: (\d{3}) (.*)/s.exec(failure) ?? [];
        const detail = /"detail":"([^"]*)"/.exec(body)?.[1] ?? (body || "(empty)");
        const reason =
            status === undefined ? failure.replace(/^\w+ \S+: /, "") : `${status} ${detail}`;
        counts[reason] = (counts[reason] ?? 0) + 1;
    }
    return counts;
}

/** Seconds of load before a fault, to know that all was well. */
const BEFORE = 3;

/** Tries a fault on a running installation under load. */
export async function tryFault(
    installation: Installation,
    url: string,
    fault: Fault,
): Promise<Result> {
    await fault.prepare?.(installation);
    const before = await restartsOf(installation);
    const load = await Load.start(url);
    const trial = new Trial(installation, load);
    let error: Error | undefined;
    try {
        await sleep(BEFORE * 1000);
        await fault.inject(trial);
    } catch (caught) {
        error = caught as Error;
    }
    const recovered = await load.recovers();
    await load.traffic.stop();
    const lost = recovered ? await load.lost() : [];
    const restarts = [...(await restartsOf(installation))].map(([uid, [app, count]]) => ({
        app,
        count: count - (before.get(uid)?.[1] ?? 0),
    }));
    const sum = (pods: typeof restarts) => pods.reduce((total, { count }) => total + count, 0);
    try {
        await fault.restore?.(installation);
    } catch (caught) {
        error ??= caught as Error;
    }
    const { failures } = load.traffic;
    return {
        title: fault.title,
        bar: fault.bar,
        figures: {
            sent: load.traffic.sent,
            failed: failures.length,
            acknowledged: load.acknowledged,
            lost: lost.length,
            recovery: load.recoveryAfter(trial.end),
            slowest: load.slowest,
            restarts: sum(restarts),
            backendRestarts: sum(restarts.filter(({ app }) => app === BACKEND)),
            commands: trial.commands,
        },
        load,
        failures: countReasons(failures),
        notes: trial.notes,
        ...(error === undefined ? {} : { error }),
    };
}

/**
 * Fails where a result misses its bar.
 *
 * @throws the case's own error where there is one, which has a stack.
 */
export function expectToHold(result: Result): void {
    console.log(`      ${figuresInWords(result.figures)}`);
    const missed = allMisses(result);
    for (const miss of missed) {
        console.log(`      missed: ${miss}`);
    }
    if (result.error !== undefined) {
        throw result.error;
    }
    expect(missed, JSON.stringify(result.failures, null, 4)).to.deep.equal([]);
}
