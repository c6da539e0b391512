// Runs a command as a user starts it, on a machine of fakes, and keeps what it prints.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import type { Programs } from "./fakes.ts";
import type { Machine } from "./machine.ts";

/** The exit codes that the commands promise. */
const EXIT = {
    "in order": 0,
    failed: 1,
    "wrong usage": 2,
    interrupted: 130,
    "at once": 130,
} as const;

/** What was started, those that are asked beside each other (kubectl) sorted: who of them comes first is nobody's to say. */
const inOneOrder = (started: string) =>
    started.replace(/(?:^.* kubectl .*$\n?)+/gm, (block) =>
        block
            .trimEnd()
            .split("\n")
            .sort()
            .join("\n")
            .concat(block.endsWith("\n") ? "\n" : ""),
    );

type Moment = "question" | "download" | "page";

/** A command on a host, and what happens around it. */
export interface Run {
    machine: Machine;
    programs: Programs;
    command?: "up" | "down" | "backup";
    options?: readonly string[];
    env?: Readonly<Record<string, string>>;
    /** Files below the user's home, in which the clone is the folder habit-tracker. */
    files?: Readonly<Record<string, string>>;
    /** What Minikube says of its profile; undefined where there is none. */
    profile?: "Running Running" | "Stopped Stopped";
    /** Releases and registries are nowhere, or only releases; or what a proxy does with each connection. */
    network?: "none" | "closed" | "refuses" | "hangs";
    /** A signal once the question is asked or a server is asked: Ctrl-C, which reaches all, or one to the command alone. */
    interrupt?: { at: Moment; by: "Ctrl-C" | "SIGTERM" };
    ends?: keyof typeof EXIT;
}

/** Milliseconds after which a command is taken to wait for ever. */
const LATE = 30_000;
const CLONE = "habit-tracker";
/** What the fakes and the commands stand on. */
const REAL = ["sh", "cat", "sleep"];
/** esbuild looks for the program of the platform that it finds, which here is made up. */
const ESBUILD = createRequire(import.meta.url).resolve(
    `@esbuild/${process.platform}-${process.arch}/bin/esbuild`,
);
/** Other releases than those of scripts/releases.json, so that a newer one there changes no text here. */
const RELEASES = {
    pulumi: { version: "3.259.0", sha256: { "linux-x64": "0", "darwin-arm64": "0" } },
    minikube: { version: "1.38.1", sha256: { "linux-x64": "0", "darwin-arm64": "0" } },
};

const { dependencies } = JSON.parse(await readFile("package.json", "utf8")) as {
    dependencies: Record<string, string>;
};
/** A Pulumi home that has the plugins. */
export const PLUGINS = Object.fromEntries(
    ["kubernetes", "docker", "random"].map((name) => [
        `.pulumi/plugins/resource-${name}-v${dependencies[`@pulumi/${name}`]}/plugin`,
        "",
    ]),
);

/** A home with a clone in it, in which commands run one after another. */
export class Home {
    readonly #folder: string;
    readonly #home: string;
    readonly #fakes: string;
    /** What only a run sees that is under way. */
    #onRequest: (at: Moment) => void = () => undefined;
    #network: Run["network"];
    /** Whether the page is not there yet. */
    #starting = false;
    readonly #server = createServer((request, response) => {
        this.#onRequest("page");
        response.writeHead(request.url === "/page" && !this.#starting ? 200 : 503).end();
    }).on("connect", (_, socket) => {
        this.#onRequest("download");
        socket.on("error", () => undefined);
        if (this.#network === "refuses") {
            socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        }
    });

    private constructor(folder: string) {
        this.#folder = folder;
        this.#home = join(folder, "me");
        this.#fakes = join(folder, "fakes");
    }

    static async make(): Promise<Home> {
        const home = new Home(await mkdtemp(join(tmpdir(), "hosts-test-")));
        const real = join(home.#folder, "real");
        await mkdir(real);
        await symlink(process.execPath, join(real, "node"));
        for (const name of REAL) {
            await symlink((await execa("which", [name])).stdout, join(real, name));
        }
        await writeFile(join(home.#folder, "releases.json"), JSON.stringify(RELEASES));
        // the commands look for the stack's file and for what is theirs beside themselves
        const clone = join(home.#home, CLONE);
        await mkdir(clone, { recursive: true });
        for (const name of ["scripts", "components", "Pulumi.yaml", "package.json"]) {
            await cp(name, join(clone, name), { recursive: true });
        }
        await symlink(resolve("node_modules"), join(clone, "node_modules"));
        home.#server.listen(0, "127.0.0.1");
        await once(home.#server, "listening");
        return home;
    }

    async remove(): Promise<void> {
        this.#server.closeAllConnections();
        this.#server.close();
        await rm(this.#folder, { recursive: true });
    }

    get #port(): number {
        return (this.#server.address() as AddressInfo).port;
    }

    async #prepare({ programs, files = {}, profile }: Run): Promise<void> {
        const clone = join(this.#home, CLONE);
        const left = [".pulumi", ".cache"].map((name) => join(this.#home, name));
        const made = [".local", "Pulumi.local.yaml"].map((name) => join(clone, name));
        for (const path of [this.#fakes, ...left, ...made]) {
            await rm(path, { recursive: true, force: true });
        }
        await mkdir(join(this.#fakes, "bin"), { recursive: true });
        for (const [name, script] of Object.entries(programs)) {
            const head = `#!/bin/sh\ncd "$FAKES"\necho "${name} $*" >> started\n`;
            await writeFile(join(this.#fakes, "bin", name), `${head}${script}\n`, { mode: 0o755 });
        }
        for (const [name, text] of Object.entries(files)) {
            await mkdir(dirname(join(this.#home, name)), { recursive: true });
            await writeFile(join(this.#home, name), text);
        }
        if (profile !== undefined) {
            await writeFile(join(this.#fakes, "profile"), `${profile}\n`);
        }
    }

    #environment({ machine, env = {}, network = "none" }: Run): NodeJS.ProcessEnv {
        const server = `http://127.0.0.1:${this.#port}`;
        return {
            PATH: [join(this.#fakes, "bin"), join(this.#folder, "real")].join(":"),
            HOME: this.#home,
            FAKES: this.#fakes,
            PAGE: `${server}/page`,
            MACHINE: JSON.stringify(machine),
            ESBUILD_BINARY_PATH: ESBUILD,
            NODE_COMPILE_CACHE: join(tmpdir(), "hosts-test-compiled"),
            HABIT_TRACKER_RELEASES: join(this.#folder, "releases.json"),
            npm_config_registry: network === "closed" ? server : "http://registry.example",
            ...(network === "none" || network === "closed" ? {} : { https_proxy: server }),
            ...env,
        };
    }

    /** Runs a command; what it printed, how it ended and which programs it started, as texts/ has it. */
    async run(run: Run): Promise<string> {
        const { command = "up", options = [], interrupt, network, ends = "in order" } = run;
        await this.#prepare(run);
        this.#network = network;
        this.#starting = interrupt?.at === "page";
        const output = await open(join(this.#folder, "output"), "w+");
        // one file for both, so that they are in order; a process group of its own, as a shell makes for each command
        const child = spawn(
            "node",
            [
                ...["--import=tsx", `--import=${join(import.meta.dirname, "machine.ts")}`],
                ...[`scripts/${command}.ts`, ...options],
            ],
            {
                cwd: join(this.#home, CLONE),
                env: this.#environment(run),
                stdio: [run.machine.terminal ? "pipe" : "ignore", output.fd, output.fd],
                detached: true,
            },
        );
        const exit = once(child, "exit");
        const late = setTimeout(() => process.kill(-(child.pid ?? NaN), "SIGKILL"), LATE);
        const printed = () => readFile(join(this.#folder, "output"), "utf8");
        /** Interrupts it where it is to be interrupted there, once. */
        const { by = "SIGTERM" } = interrupt ?? {};
        let at = interrupt?.at;
        this.#onRequest = (here) => {
            if (at === here) {
                at = undefined;
                signal(child, by);
            }
        };
        while (at === "question" && child.exitCode === null) {
            if ((await printed()).includes("[y/N]")) {
                this.#onRequest("question");
            }
            await sleep(20);
        }
        const [code] = (await exit) as [number | null];
        clearTimeout(late);
        await output.close();
        expect(code, await printed()).to.equal(EXIT[ends]);
        return this.#text(run, await printed());
    }

    async #text({ machine, command = "up", options = [], ends }: Run, printed: string) {
        const started = await readFile(join(this.#fakes, "started"), "utf8").catch(() => "");
        const all = [
            ["$ npm run", command, ...(options.length > 0 ? ["--", ...options] : [])].join(" "),
            printed.trim(),
            `ends: ${ends ?? "in order"}`,
            ...(started === "" ? ["started: nothing"] : ["started:", inOneOrder(started.trim())]),
        ].join("\n");
        expect(all).not.to.match(/^ +at |undefined|\[object/m);
        const home = machine.platform === "darwin" ? "/Users/me" : "/home/me";
        return all
            .replaceAll(this.#home, home)
            .replaceAll(`:${this.#port}`, ":PORT")
            .replace(/(127\.0\.0\.1:)\d+(:\d+)/g, "$1PORT$2")
            .replace(/((?:process|pid) )\d+/g, "$1PID")
            .replace(/(closed-network-)[0-9a-f]{12}/g, "$1HASH")
            .replace(/ \[\d[\d.ms ]*\]$/gm, "");
    }
}

/** Interrupts a command: Ctrl-C reaches the whole process group, and a SIGTERM the command alone. */
function signal({ pid = NaN }: ChildProcess, by: "Ctrl-C" | "SIGTERM"): void {
    process.kill(by === "Ctrl-C" ? -pid : pid, by === "Ctrl-C" ? "SIGINT" : by);
}

const file = (host: string) =>
    join("tests/hosts/texts", `${host.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.txt`);

/** As many homes as processors: commands take a second each, and most of that time one. */
const HOMES = availableParallelism();

/** Has a host's runs print what its file in texts/ says; with UPDATE set, writes that file. */
export function host(name: string, runs: Readonly<Record<string, Run>>): void {
    describe(name, () => {
        let homes: Home[];
        const texts: Promise<string>[] = [];
        before(async () => {
            homes = await Promise.all(Array.from({ length: HOMES }, () => Home.make()));
            for (const [index, [title, run]] of Object.entries(runs).entries()) {
                const text = Promise.allSettled([texts[index - HOMES]]).then(
                    async () => `=== ${title} ===\n${await homes[index % HOMES]?.run(run)}\n`,
                );
                // its own test says so
                text.catch(() => undefined);
                texts.push(text);
            }
        });
        after(async () => {
            await Promise.allSettled(texts);
            await Promise.all(homes.map((home) => home.remove()));
        });
        for (const [index, title] of Object.keys(runs).entries()) {
            it(title, async () => {
                const text = await texts[index];
                if (!process.env["UPDATE"]) {
                    const kept = (await readFile(file(name), "utf8")).split(/\n(?==== )/);
                    expect(text).to.equal(kept.find((one) => one.startsWith(`=== ${title} ===`)));
                }
            });
        }
        it("has no other texts kept", async () => {
            if (process.env["UPDATE"]) {
                await writeFile(file(name), (await Promise.all(texts)).join("\n"));
            }
            const kept = await readFile(file(name), "utf8");
            expect(kept.match(/(?<=^=== ).*(?= ===$)/gm)).to.deep.equal(Object.keys(runs));
        });
    });
}
