import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hash } from "bcryptjs";
import { execa } from "execa";
import { stringify } from "yaml";
import { freePort } from "../../scripts/host.ts";
import type { Installation } from "./installation.ts";
import { forward } from "./minikubes.ts";

/** Debian's docker-registry on a port of 127.0.0.1, with or without a login; only its own folder is written to. */
export class TestRegistry {
    readonly user = "robot";
    readonly password: string;
    readonly port: number;
    private readonly folder: string;
    private readonly process: ChildProcess;
    private readonly servers: Server[] = [];

    private constructor(port: number, password: string, folder: string, process: ChildProcess) {
        this.port = port;
        this.password = password;
        this.folder = folder;
        this.process = process;
    }

    /**
     * Starts one, with a login where a password is given. Its program is unpacked rather than installed, which would start a
     * service of the machine's.
     */
    static async start(password = ""): Promise<TestRegistry> {
        const folder = await mkdtemp(join(tmpdir(), "habit-tracker-registry-"));
        const file = (name: string) => join(folder, name);
        await execa({
            cwd: folder,
            shell: true,
        })`apt-get -qq update && apt-get -qq download docker-registry && dpkg -x docker-registry_*.deb program`;
        const port = await freePort(0);
        const auth = { htpasswd: { realm: "test", path: file("htpasswd") } };
        await writeFile(file("htpasswd"), `robot:${await hash(password, 4)}\n`);
        await writeFile(
            file("config.yml"),
            stringify({
                version: 0.1,
                log: { level: "error" },
                storage: { filesystem: { rootdirectory: file("data") } },
                http: { addr: `127.0.0.1:${port}` },
                ...(password === "" ? {} : { auth }),
            }),
        );
        const child = spawn(file("program/usr/bin/docker-registry"), ["serve", "config.yml"], {
            cwd: folder,
            stdio: "ignore",
        });
        child.on("error", (error) => console.error(`the registry: ${error.message}`));
        const registry = new TestRegistry(port, password, folder, child);
        for (let tries = 0; (await registry.get("/v2/").catch(() => undefined)) === undefined;) {
            tries += 1;
            if (tries > 50) {
                await registry.stop();
                throw new Error("the registry does not answer within 10 s");
            }
            await sleep(200);
        }
        return registry;
    }

    /** Host and path, for the setting `imageRegistry`. */
    get address(): string {
        return `127.0.0.1:${this.port}/team`;
    }

    /** Has the nodes of a Minikube reach it at the same address: their own 127.0.0.1 is led to this host's. */
    async openTo(installation: Installation): Promise<void> {
        const { profile } = installation;
        const format = "{{(index .IPAM.Config 0).Gateway}}";
        const { stdout: host } = await execa`docker network inspect ${profile} --format ${format}`;
        const { port } = this;
        this.servers.push(await forward({ host, port }, { host: "127.0.0.1", port }));
        const relay = `socat TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr TCP:${host}:${port}`;
        await installation.node(`sudo systemd-run --unit=registry ${relay}`);
    }

    /** The tags of an image. */
    async tags(name: string): Promise<string[]> {
        const answer = await this.get(`/v2/team/${name}/tags/list`);
        return ((await answer.json()) as { tags?: string[] }).tags ?? [];
    }

    private async get(path: string): Promise<Response> {
        const login = Buffer.from(`${this.user}:${this.password}`).toString("base64");
        const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
            headers: { Authorization: `Basic ${login}` },
        });
        if (!answer.ok) {
            throw new Error(`${path}: ${answer.status}`);
        }
        return answer;
    }

    async stop(): Promise<void> {
        this.servers.forEach((server) => server.close());
        const running = this.process.pid !== undefined && this.process.exitCode === null;
        if (running && this.process.kill()) {
            await once(this.process, "exit");
        }
        await rm(this.folder, { recursive: true });
    }
}
