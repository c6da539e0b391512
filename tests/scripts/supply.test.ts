import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { closedNetwork } from "../../scripts/closedNetwork.ts";
import { Failure } from "../../scripts/failure.ts";
import { releases } from "../../scripts/releases.ts";
import { applySettings } from "../../scripts/stack.ts";
import {
    type Supply,
    type SupplyName,
    chooseSupply,
    ownPulumiHome,
    usedSupply,
    whySilent,
} from "../../scripts/supply.ts";
import { withoutProxies } from "./proxies.ts";

describe("the supply of tools", () => {
    let project: string;
    withoutProxies();

    beforeEach(async () => {
        project = await mkdtemp(join(tmpdir(), "supply-test-"));
        for (const name of ["kubernetes", "docker", "random"]) {
            const folder = join(project, "node_modules/@pulumi", name);
            await mkdir(folder, { recursive: true });
            await writeFile(join(folder, "package.json"), '{ "version": "1.0.0" }');
        }
    });
    afterEach(() => rm(project, { recursive: true }));

    const remembered = () => readFile(join(project, ".local/supply"), "utf8").catch(() => "");
    const SILENT = ["nobody answers"];
    /** Chooses on a host that lacks something or not, on a network that is silent or not; how often it was looked at. */
    async function choose(
        asked: SupplyName | undefined,
        { lacks, silent }: { lacks: boolean; silent: boolean },
    ): Promise<{ name: SupplyName; looks: number }> {
        let looks = 0;
        const { name } = await chooseSupply(
            project,
            asked,
            () => Promise.resolve(lacks),
            () => {
                looks += 1;
                return Promise.resolve(silent ? SILENT : undefined);
            },
        );
        return { name, looks };
    }

    it("is the releases where the network answers, and nothing is remembered", async () => {
        expect(await choose(undefined, { lacks: true, silent: false })).to.deep.equal({
            name: "open-network",
            looks: 1,
        });
        expect(await remembered()).to.equal("");
    });

    it("does not look at the network where nothing is lacking", async () => {
        expect(await choose(undefined, { lacks: false, silent: true })).to.deep.equal({
            name: "open-network",
            looks: 0,
        });
    });

    it("is what was asked for, from then on", async () => {
        expect(await choose("closed-network", { lacks: true, silent: false })).to.deep.equal({
            name: "closed-network",
            looks: 0,
        });
        expect((await choose(undefined, { lacks: true, silent: false })).name).to.equal(
            "closed-network",
        );
        expect((await usedSupply(project)).name).to.equal("closed-network");
        expect((await choose("open-network", { lacks: true, silent: true })).name).to.equal(
            "open-network",
        );
        expect((await choose(undefined, { lacks: true, silent: true })).looks).to.equal(0);
        expect((await usedSupply(project)).name).to.equal("open-network");
    });

    it("is the releases for a memory that nobody can read", async () => {
        await mkdir(join(project, ".local"));
        await writeFile(join(project, ".local/supply"), "a-network\n");
        expect((await usedSupply(project)).name).to.equal("open-network");
    });

    it("is built where nobody answers, or says why it cannot be", async () => {
        const choice = await choose(undefined, { lacks: true, silent: true }).catch(
            (reason: unknown) => reason,
        );
        if (process.getuid?.() === 0) {
            expect(choice).to.deep.equal({ name: "closed-network", looks: 1 });
            expect(await remembered()).to.equal("closed-network\n");
        } else {
            expect(choice).to.be.instanceOf(Failure);
            expect((choice as Failure).message)
                .to.contain("nobody answers")
                .and.to.contain("root");
            expect(await remembered()).to.equal("");
        }
    });

    describe("as the network shows it", () => {
        const servers: ReturnType<typeof createServer>[] = [];
        const serve = async (status: number) => {
            const server = createServer((_, response) => response.writeHead(status).end());
            servers.push(server.listen(0, "127.0.0.1"));
            await once(server, "listening");
            return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
        };
        after(() => servers.forEach((server) => server.close()));
        const NOWHERE = "http://releases.invalid/";

        it("is closed where releases are nowhere and a registry answers, if only with an error", async () => {
            const [line, ...more] = (await whySilent(NOWHERE, await serve(404))) ?? [];
            expect(line).to.match(
                /^http:\/\/releases\.invalid\/ cannot be downloaded: .*ENOTFOUND|EAI_AGAIN/,
            );
            expect(more).to.deep.equal([]);
        });

        it("is not where anybody answers in their place", async () => {
            const registry = await serve(200);
            for (const status of [200, 302, 403, 407, 500, 503]) {
                expect(await whySilent(await serve(status), registry), `${status}`).to.equal(
                    undefined,
                );
            }
        });

        it("is not known where nothing answers at all", async () => {
            for (const registry of [
                ...["http://registry.invalid/", "http://me:secret@registry.invalid/"],
                "registry.invalid",
            ]) {
                expect(await whySilent(NOWHERE, registry), registry).to.equal(undefined);
            }
        });

        it("is not closed where one way of two is open", async () => {
            process.env["http_proxy"] = "http://proxy.invalid:3128";
            process.env["no_proxy"] = "127.0.0.1";
            const registry = await serve(200);
            const lines = (await whySilent(NOWHERE, registry)) ?? [];
            expect(lines[1]).to.match(/^Past the proxy: /);
            delete process.env["no_proxy"];
            // straight on there is somebody
            expect(await whySilent(await serve(200), registry)).to.equal(undefined);
        });
    });

    it("takes no plugins of ours for the user's own Pulumi", () => {
        const home = (PULUMI_HOME?: string) => ownPulumiHome({ XDG_CACHE_HOME: "/c", PULUMI_HOME });
        const own = join(homedir(), ".pulumi");
        expect(home()).to.equal(own);
        expect(home("/opt/pulumi")).to.equal("/opt/pulumi");
        expect(home("/c/habit-tracker/closed-network-0123456789ab/pulumi")).to.equal(own);
    });

    it("leaves the user's logins where they are when the plugins come from elsewhere", async () => {
        const home = join(project, "home");
        const own = await closedNetwork(home, true);
        const standIns = await closedNetwork(home, false);
        expect(own.pulumiHome).to.equal(home);
        expect(standIns.pulumiHome).not.to.equal(home);
        for (const { variables } of [own, standIns]) {
            expect(variables).to.include({ PULUMI_CREDENTIALS_PATH: home });
        }
    });

    describe("in a stack's settings", () => {
        /** The settings after a supply was applied to a stack that has some, by a pulumi that writes down what it is told. */
        async function apply(
            supply: Supply,
            own: Record<string, string>,
            hasData = false,
            state = {},
        ): Promise<string[]> {
            const config = Object.entries(own).map(([key, value]) => [
                `habit-tracker:${key}`,
                value,
            ]);
            await writeFile(
                join(project, "Pulumi.local.yaml"),
                stringify({ config: Object.fromEntries(config) as object }),
            );
            await writeFile(
                join(project, "pulumi"),
                `#!/bin/sh\n[ "$1 $2" != "stack export" ] || { echo '${JSON.stringify(state)}'; exit; }\n` +
                    'for arg; do case $arg in --*) ;; *) printf "%s " "$arg" ;; esac; done >> said; echo >> said\n',
                { mode: 0o755 },
            );
            await writeFile(join(project, "said"), "");
            const env = { PATH: `${project}:${process.env["PATH"]}` };
            const listener = () => undefined;
            await applySettings({ name: "local", project, env, listener }, supply, hasData);
            return (await readFile(join(project, "said"), "utf8"))
                .trim()
                .split("\n")
                .filter(Boolean);
        }
        const open = () => releases("/home/me/.pulumi");
        const closed = async () => {
            await chooseSupply(project, "closed-network", () => Promise.resolve(true));
            return usedSupply(project);
        };

        it("sets what it needs and the stack does not say itself", async () => {
            const supply = await closed();
            const {
                backendBaseImage = "",
                frontendBaseImage = "",
                databaseImage = "",
            } = supply.settings;
            expect(await apply(supply, { backendBaseImage: "own/base:1" })).to.deep.equal([
                `config set-all local frontendBaseImage=${frontendBaseImage} databaseImage=${databaseImage} `.trim(),
            ]);
            expect(
                await apply(supply, { backendBaseImage, frontendBaseImage, databaseImage }),
            ).to.deep.equal([]);
        });

        it("takes back what another had set, and only that", async () => {
            const { settings } = await closed();
            expect(
                await apply(await open(), { ...settings, frontendBaseImage: "own/base:1" }),
            ).to.deep.equal(["config rm-all local backendBaseImage databaseImage"]);
            expect(await apply(await open(), { backendReplicas: "2" })).to.deep.equal([]);
        });

        it("leaves a database that is there on its image, whichever way it goes", async () => {
            const supply = await closed();
            expect(await apply(await open(), { ...supply.settings }, true)).to.deep.equal([
                "config rm-all local backendBaseImage frontendBaseImage",
            ]);
            const { backendBaseImage, frontendBaseImage } = supply.settings;
            expect(await apply(supply, {}, true)).to.deep.equal([
                `config set-all local backendBaseImage=${backendBaseImage} frontendBaseImage=${frontendBaseImage}`,
            ]);
        });

        it("sets nothing in a stack that has been up without", async () => {
            const type = "random:index/randomUuid:RandomUuid";
            const state = { deployment: { resources: [{ urn: "u", type, id: "id" }] } };
            expect(await apply(await closed(), {}, false, state)).to.deep.equal([]);
        });
    });
});
