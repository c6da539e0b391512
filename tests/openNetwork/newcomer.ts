import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { REPOSITORY } from "../e2e/installation.ts";
import { Internet, NAMES } from "./internet.ts";

/** What a command left. */
export interface Ended {
    exitCode: number | undefined;
    all: string;
}

/** Where a newcomer's names lead: to the {@link Internet}, where nothing answers, or nowhere, since no server tells. */
export type Names = "internet" | "nowhere" | "unknown";

/** How a command is run. */
export interface Circumstances {
    names?: Names;
    /** Whether the machine has no network at all, not even to itself. */
    isCutOff?: boolean;
    env?: Record<string, string>;
    /** After which it is ended. */
    seconds?: number;
    /** When somebody presses Ctrl-C. */
    ctrlC?: Promise<unknown>;
}

/** In a mount namespace of its own: the files that say where names lead, a /tmp that goes away with the home, the packages. */
const ENTER = `
set -e
mount --bind "$FILES/hosts-$NAMES" /etc/hosts
mount --bind "$FILES/nsswitch.conf" /etc/nsswitch.conf
mount --bind "$FILES/resolv.conf" /etc/resolv.conf
mount --bind "$HOME/tmp" /tmp
mount --bind -o ro "$PACKAGES" "$CLONE/node_modules"
cd "$CLONE"
unset FILES NAMES PACKAGES CLONE
exec setpriv --reuid="$USER" --regid="$USER" --init-groups "$@"
`;

/**
 * A person who is new here: an account without root, in the docker group, with a clone and Debian's programs, Node.js and
 * docker, and nothing else. The account's names lead to loopback addresses only.
 */
export class Newcomer {
    static readonly NAME = "habit-newcomer";
    readonly home = `/home/${Newcomer.NAME}`;
    readonly clone = join(this.home, "habit-tracker");
    /** The Minikube profile of the account's stack. */
    readonly profile = "habit-tracker-newcomer";
    private readonly files: string;
    private running: (Promise<unknown> & { kill: (signal: "SIGTERM") => boolean }) | undefined;

    private constructor(files: string) {
        this.files = files;
    }

    /** Makes the account and its clone; one that a killed run left goes first. */
    static async make(): Promise<Newcomer> {
        const newcomer = new Newcomer(await mkdtemp(join(tmpdir(), "habit-tracker-newcomer-")));
        await newcomer.takeAway();
        const { NAME: name } = Newcomer;
        await execa`useradd --create-home --shell /bin/bash --groups docker ${name}`;
        await newcomer.writeFiles();
        const { clone, profile } = newcomer;
        await mkdir(join(newcomer.home, "tmp"), { mode: 0o1777 });
        await mkdir(join(clone, "node_modules"), { recursive: true });
        // -p keeps the times, by which `npm run` knows that the packages are installed
        await execa({
            shell: true,
            cwd: REPOSITORY,
        })`git ls-files -z --cached --others --exclude-standard | xargs -0 cp -p --parents -t ${clone}`;
        await writeFile(
            join(clone, "Pulumi.local.yaml"),
            stringify({ config: { "habit-tracker:minikubeProfile": profile } }),
        );
        await execa`chown -R ${name}:${name} ${newcomer.home}`;
        const git = ["git", "-c", "user.name=newcomer", "-c", "user.email=newcomer@example.com"];
        await newcomer.must("git", "init", "--quiet");
        await newcomer.must("git", "add", "--all");
        await newcomer.must(...git, "commit", "--quiet", "--message=clone");
        return newcomer;
    }

    private async writeFiles(): Promise<void> {
        const hosts = (address: string) =>
            ["127.0.0.1 localhost", ...NAMES.map((name) => `${address} ${name}`), ""].join("\n");
        const files = {
            "hosts-internet": hosts(Internet.ADDRESS),
            "hosts-nowhere": hosts(Internet.NOWHERE),
            "hosts-unknown": "127.0.0.1 localhost\n",
            // what is not in the hosts file is asked of an address where no name server is
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
            "resolv.conf": `nameserver ${Internet.NOWHERE}\noptions attempts:1 timeout:1\n`,
        };
        for (const [name, text] of Object.entries(files)) {
            await writeFile(join(this.files, name), text);
        }
        await execa`chmod 755 ${this.files}`;
    }

    /** Runs a command in the clone to its end. */
    async run(command: readonly string[], options: Circumstances = {}): Promise<Ended> {
        const { names = "internet", isCutOff = false, env = {}, seconds = 120, ctrlC } = options;
        const namespaces = isCutOff ? ["--mount", "--net"] : ["--mount"];
        const shell = ["bash", "-c", ENTER, "newcomer", ...command];
        const child = execa("unshare", [...namespaces, ...shell], {
            all: true,
            reject: false,
            stdin: "ignore",
            extendEnv: false,
            timeout: seconds * 1000,
            // a process group of its own, as a terminal gives it
            detached: ctrlC !== undefined,
            env: {
                HOME: this.home,
                USER: Newcomer.NAME,
                LOGNAME: Newcomer.NAME,
                SHELL: "/bin/bash",
                LANG: "C.UTF-8",
                PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                FILES: this.files,
                NAMES: names,
                PACKAGES: join(REPOSITORY, "node_modules"),
                CLONE: this.clone,
                ...env,
            },
        });
        this.running = child;
        void ctrlC?.then(() => child.pid && process.kill(-child.pid, "SIGINT"));
        const { exitCode, all, timedOut } = await child;
        return { exitCode, all: timedOut ? `${all}\nended after ${seconds} s` : all };
    }

    /** Runs a command that has to go well; what it printed. */
    async must(...command: string[]): Promise<string> {
        const { exitCode, all } = await this.run(command);
        if (exitCode !== 0) {
            throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${all}`);
        }
        return all;
    }

    /** Puts a file into the home, for all to read. */
    async put(name: string, body: string | Buffer): Promise<void> {
        await writeFile(join(this.home, name), body);
    }

    /** All files below a folder of the home, by path; none where the folder is not there. */
    async filesBelow(folder: string): Promise<string[]> {
        const path = join(this.home, folder);
        return existsSync(path) ? (await readdir(path, { recursive: true })).sort() : [];
    }

    /** Forgets what was downloaded: the folder of that name in the home. */
    async forget(folder: string): Promise<void> {
        await rm(join(this.home, folder), { recursive: true, force: true });
    }

    /** Takes the node and the account away. */
    private async takeAway(): Promise<void> {
        const { profile } = this;
        const label = `label=name.minikube.sigs.k8s.io=${profile}`;
        const { stdout: nodes } = await execa`docker ps --all --quiet --filter ${label}`;
        for (const node of nodes.split("\n").filter(Boolean)) {
            await execa`docker rm --force --volumes ${node}`;
        }
        await execa({ reject: false })`docker volume rm ${profile}`;
        await execa({ reject: false })`docker network rm ${profile}`;
        // 6: there is no such account
        const { exitCode, stderr } = await execa({
            reject: false,
        })`userdel --remove --force ${Newcomer.NAME}`;
        if (exitCode !== 0 && exitCode !== 6) {
            throw new Error(stderr);
        }
    }

    async remove(): Promise<void> {
        // whatever still runs would go on making what is taken away
        this.running?.kill("SIGTERM");
        await this.running;
        await this.takeAway();
        await rm(this.files, { recursive: true });
    }
}
