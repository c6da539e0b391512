// What a newcomer with an open network meets, rehearsed: `npm run up` of an account without root, on a local Internet, which
// serves what the closed network builds. It needs root on Debian: for the account, for its names and for the ports 80 and 443.
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parse } from "yaml";
import { BASE_IMAGES } from "@habit-tracker/closed-network";
import { REPOSITORY } from "../e2e/installation.ts";
import { forward } from "../e2e/minikubes.ts";
import { TestRegistry } from "../e2e/registry.ts";
import {
    Internet,
    type Page,
    Proxy,
    brokenOff,
    content,
    page,
    redirect,
    slow,
} from "./internet.ts";
import { type Circumstances, type Ended, Newcomer } from "./newcomer.ts";
import { Built, type Files, REACHED, type Releases, publish } from "./releases.ts";

/** A stack trace's line. */
const TRACE = /^\s+at .+:\d+:\d+\)?$/m;
/** A failure as the scripts print it: what, why in lines set in, and the next command. */
const FAILURE = /^\S.*\n(?:(?: {3}.*)?\n)+? {3}Mend it: \S.*/m;
/** What is said where the network is taken for a closed one; that there is an option to have it so is no such thing. */
const CLOSED = /(?<!--)closed.network|stand-in|package registries|build (?:pulumi|minikube)/i;
/** What was to be downloaded, by its address or by its name. */
const WANTED = /https:\/\/github\.com\/|linux-(?:x64|amd64)/;
const CACHE = ".cache/habit-tracker";

const up = ["npm", "run", "up", "--", "--yes"];

describe("an open network, rehearsed", () => {
    let internet: Internet;
    let newcomer: Newcomer;
    let built: Built;
    let proxy: Proxy | undefined;
    /** Takes away what was made, the last thing first, also where not all of it could be. */
    const undo: (() => unknown)[] = [];
    let takenAway: Promise<void> | undefined;
    const takeAway = () =>
        (takenAway ??= (async () => {
            for (const step of undo.reverse()) {
                await step();
            }
        })());

    before(async function () {
        this.timeout(0);
        // mocha would end at once, and leave an account and a Minikube behind
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
            process.on(signal, () => void takeAway().finally(() => process.exit(130)));
        }
        built = await Built.make();
        internet = await Internet.start(await mkdtemp(join(tmpdir(), "habit-tracker-internet-")));
        undo.push(() => internet.stop());
        newcomer = await Newcomer.make();
        undo.push(() => newcomer.remove());
        await newcomer.put("authority.pem", await readFile(internet.authority));
    });
    after(async function () {
        this.timeout(0);
        await takeAway();
    });
    beforeEach(() => internet.mend());
    afterEach(async () => {
        await proxy?.stop();
        proxy = undefined;
    });

    /** Puts releases into the Internet, and what pins them into the newcomer's hands. */
    async function release({ files, pins }: Releases): Promise<void> {
        publish(internet, files);
        await newcomer.put("releases.json", pins);
    }

    /** Runs `npm run up` as the newcomer, whose machine trusts the Internet's authority. */
    function bringUp(options: Circumstances = {}): Promise<Ended> {
        const authority = join(newcomer.home, "authority.pem");
        return newcomer.run(up, {
            ...options,
            env: {
                NODE_EXTRA_CA_CERTS: authority,
                SSL_CERT_FILE: authority,
                HABIT_TRACKER_RELEASES: join(newcomer.home, "releases.json"),
                ...options.env,
            },
        });
    }

    /** Makes sure that a run ended in what, why and next, and that it named the reasons. */
    function expectFailure({ exitCode, all }: Ended, reasons: readonly RegExp[]): void {
        expect(all, all).to.match(FAILURE);
        for (const reason of reasons) {
            expect(all, all).to.match(reason);
        }
        expect(all).to.not.match(TRACE);
        expect(all).to.not.match(CLOSED);
        expect(exitCode).to.equal(1);
    }

    describe("a download that fails", function () {
        this.timeout(120_000);
        let small: Releases;
        before(async () => {
            small = await built.smallReleases();
        });
        beforeEach(() => release(small));
        afterEach(() => newcomer.forget(CACHE));

        /** Puts a page in the place of a release's file, behind GitHub's redirect. */
        const replace = (url: string, instead: (body: Buffer) => Page) => {
            const body = small.files[url] ?? Buffer.of();
            internet.fault = (asked) =>
                asked.startsWith("https://release-assets.githubusercontent.com/") &&
                new URL(asked).pathname.endsWith(`/${basename(url)}`)
                    ? instead(body)
                    : undefined;
        };
        const everywhere = (instead: Page) => {
            internet.fault = () => instead;
        };
        const open = async (login?: string) => (proxy = await Proxy.start(login));
        const through = (way: Proxy, login?: string) => ({
            names: "unknown" as const,
            env: { HTTPS_PROXY: way.url(login), HTTP_PROXY: way.url(login) },
        });

        /** What was installed, each in the folder of its version. */
        const installed = async () => {
            const { pulumi, minikube } = built.versions;
            const files = await newcomer.filesBelow(CACHE);
            const [place] = files.splice(0, 1);
            expect([undefined, "releases"]).to.include(place);
            return files
                .map((file) =>
                    file
                        .replace(`releases/pulumi-${pulumi}`, "")
                        .replace(`releases/minikube-${minikube}`, "")
                        .replace("/", ""),
                )
                .filter(Boolean);
        };

        /** Makes sure that a run fails and leaves nothing, and that it gets the tools and goes on once that is mended. */
        async function expectFailureThenSuccess(
            reasons: readonly RegExp[],
            broken: Circumstances = {},
            mended: Circumstances = {},
            left: readonly string[] = [],
        ): Promise<void> {
            expectFailure(await bringUp(broken), [WANTED, ...reasons]);
            expect(await installed()).to.deep.equal(left);
            internet.mend();
            const { all } = await bringUp(mended);
            expect(all, all).to.contain(REACHED);
            expect(await installed()).to.deep.equal(["minikube", "pulumi"]);
        }

        it("where no server tells where names lead", () =>
            expectFailureThenSuccess([/ENOTFOUND|EAI_AGAIN|resolve/], { names: "unknown" }));

        it("where nothing answers", () =>
            expectFailureThenSuccess([/ECONNREFUSED|refused/], { names: "nowhere" }));

        it("where no way leads out", () =>
            expectFailureThenSuccess([/ENETUNREACH/, /connect to the Internet/], {
                isCutOff: true,
            }));

        it("at a captive portal under a certificate of its own", async () => {
            internet.isTrusted = false;
            everywhere(page(200, "Welcome to our network"));
            await expectFailureThenSuccess([/certificate/i]);
        });

        it("at a captive portal that leads to its page", async () => {
            internet.fault = (url) =>
                url.startsWith("https:")
                    ? redirect("http://portal.example/login")
                    : page(200, "Welcome to our network");
            await expectFailureThenSuccess([
                /A web page came in its place/,
                /log in to the network/,
            ]);
        });

        for (const status of [403, 503]) {
            it(`at a filter that answers ${status}`, async () => {
                everywhere(page(status, "Blocked by policy"));
                await expectFailureThenSuccess([new RegExp(`\\b${status}\\b`)]);
            });

            it(`at a proxy that answers ${status}`, async () => {
                const way = await open();
                way.refuses = () => ({ status, reason: "Blocked" });
                const broken = bringUp.bind(undefined, through(way));
                expectFailure(await broken(), [WANTED, new RegExp(`\\b${status}\\b`)]);
                way.refuses = () => undefined;
                const { all } = await broken();
                expect(all, all).to.contain(REACHED);
                expect(way.led).to.contain("release-assets.githubusercontent.com");
            });
        }

        it("at a proxy that asks for a login", async () => {
            const login = `robot:${randomBytes(8).toString("hex")}`;
            const way = await open(login);
            await expectFailureThenSuccess([/\b407\b/], through(way), through(way, login));
        });

        it("at a proxy that does not take the login, which is kept to oneself", async () => {
            const way = await open(`robot:${randomBytes(8).toString("hex")}`);
            const wrong = randomBytes(8).toString("hex");
            const refused = await bringUp(through(way, `robot:${wrong}`));
            expectFailure(refused, [WANTED, /\b407\b/]);
            expect(refused.all).to.not.contain(wrong);
        });

        it("with another file than was released", async () => {
            replace(small.pulumi, (body) => content(Buffer.concat([body, Buffer.of(0)])));
            await expectFailureThenSuccess([/SHA-256/]);
        });

        it("with another file, where its checksum was changed as well", async () => {
            const other = await built.smallReleases();
            publish(internet, other.files);
            expectFailure(await bringUp(), [WANTED, /SHA-256/]);
            expect(internet.asked).to.include(small.pulumi);
            expect(await installed()).to.be.empty;
        });

        it("for a platform of which no checksum is known", async () => {
            await newcomer.put("releases.json", small.pins.replaceAll("linux-x64", "linux-s390x"));
            expectFailure(await bringUp(), [/linux-x64|linux.+x64|platform/i]);
            expect(await installed()).to.be.empty;
        });

        it("with a connection that breaks off", async () => {
            replace(small.pulumi, (body) => brokenOff(body));
            await expectFailureThenSuccess([/terminated|closed|ECONNRESET|aborted|broke/i]);
        });

        it("with the second one, and keeps the first", async () => {
            replace(small.minikube, (body) => brokenOff(body));
            await expectFailureThenSuccess([/minikube/], {}, {}, ["pulumi"]);
        });

        it("where somebody interrupts it", async () => {
            const ctrlC = new Promise<void>((begun) => {
                replace(small.pulumi, (body) => (request, response) => {
                    slow(body, 0, 20)(request, response);
                    setTimeout(begun, 500);
                });
            });
            const { exitCode, all } = await bringUp({ ctrlC });
            expect(exitCode, all).to.not.equal(0);
            expect(all).to.match(FAILURE);
            expect(all).to.match(/interrupted/i);
            expect(all).to.not.match(TRACE);
            expect(all).to.not.contain(REACHED);
            expect(await installed()).to.be.empty;
            internet.mend();
            expect((await bringUp()).all).to.contain(REACHED);
        });

        it("not where it only takes long", async () => {
            // longer than any single answer used to be given
            const waits = [9];
            replace(small.pulumi, (body) => slow(body, waits.pop() ?? 0, 2));
            const { all } = await bringUp();
            expect(all, all).to.contain(REACHED);
        });
    });

    describe("all of it", function () {
        this.timeout(600_000);
        let settings: Record<string, string>;
        let plugins: Files;
        /** Where it is open: what comes after its first start needs that. */
        let url = "";
        const requireUp = () => expect(url, "it did not come up").to.not.equal("");

        before(async () => {
            await release(await built.releases());
            plugins = await built.plugins();
            publish(internet, plugins);
            const node = await built.node();
            publish(internet, node.files);
            const registry = await TestRegistry.start();
            undo.push(() => registry.stop());
            // an address of this host that the node has no network of its own at, as it has at that of Docker's first one
            const { profile } = newcomer;
            const network = `${profile}-registry`;
            const format = "{{(index .IPAM.Config 0).Gateway}}";
            await execa({ reject: false })`docker network rm ${network}`;
            await execa`docker network create ${network}`;
            undo.push(() => execa`docker network rm ${network}`);
            const { stdout: host } =
                await execa`docker network inspect ${network} --format ${format}`;
            const { port } = registry;
            const server = await forward({ host, port }, { host: "127.0.0.1", port });
            undo.push(() => server.close());
            const images = await officialImages();
            for (const [official, standIn] of Object.entries(images)) {
                const name = `127.0.0.1:${port}/library/${official}`;
                await execa`docker tag ${standIn} ${name}`;
                await execa`docker push ${name}`;
                await execa`docker rmi ${name}`;
            }
            // Minikube prints its settings, and no newcomer's name a closed network
            const nodeImage = `${profile}/node:rehearsal`;
            await execa`docker tag ${node.settings["MINIKUBE_BASE_IMAGE"] ?? ""} ${nodeImage}`;
            undo.push(() => execa`docker rmi ${nodeImage}`);
            settings = {
                ...node.settings,
                MINIKUBE_BASE_IMAGE: nodeImage,
                MINIKUBE_REGISTRY_MIRROR: `http://${host}:${port}`,
            };
        });

        /** Stand-ins of the base images by the names of the official ones, which nobody has set to anything else. */
        async function officialImages(): Promise<Record<string, string>> {
            const { backendBaseImage, frontendBaseImage, databaseImage } = BASE_IMAGES;
            const read = (file: string) => readFile(join(REPOSITORY, file), "utf8");
            const base = async (tier: string) =>
                /^ARG BASE_IMAGE=(.+)$/m.exec(await read(`docker/${tier}/Dockerfile`))?.[1] ?? "";
            const { config } = parse(await read("Pulumi.yaml")) as {
                config: Record<string, { default?: string }>;
            };
            return {
                [await base("backend")]: backendBaseImage,
                [await base("frontend")]: frontendBaseImage,
                [config["databaseImage"]?.default ?? ""]: databaseImage,
            };
        }

        /** Makes sure that nothing speaks of a closed network but the plugins in the real ones' place, each of which says so. */
        const expectOpen = (all: string) => {
            const said = all.replaceAll(/closed network: stand-in for the \w+ provider.*/g, "");
            expect(said).to.not.match(/closed/i);
            expect(said).to.not.match(CLOSED);
        };

        it("comes up directly, from releases and official images", async () => {
            const { exitCode, all } = await bringUp({ env: settings, seconds: 540 });
            expect(exitCode, all).to.equal(0);
            [, url = ""] = /open at (\S+)/.exec(all) ?? [];
            requireUp();
            expectOpen(all);
            expect((await fetch(url)).status).to.equal(200);
            expect(internet.asked).to.include.members(Object.keys(plugins));
            const { profile } = newcomer;
            const format = "{{.Repository}}:{{.Tag}}";
            const { stdout: images } =
                await execa`docker exec ${profile} docker image ls --format ${format}`;
            expect(images.split("\n")).to.include.members(Object.keys(await officialImages()));
        });

        it("compiles nothing, and leaves no setting of a closed network", async () => {
            requireUp();
            const cache = await newcomer.filesBelow(CACHE);
            expect(cache.filter((file) => !file.startsWith("releases"))).to.deep.equal([]);
            const stackFile = await readFile(join(newcomer.clone, "Pulumi.local.yaml"), "utf8");
            expect(stackFile).to.not.contain("closed-network");
            expect(await newcomer.filesBelow("habit-tracker/.local")).to.include("env");
            const environment = await readFile(join(newcomer.clone, ".local", "env"), "utf8");
            expect(environment).to.not.contain("closed-network");
        });

        it("comes up again through a proxy with a login, once it lets the plugins through", async () => {
            requireUp();
            await newcomer.forget(CACHE);
            await newcomer.forget(".pulumi/plugins");
            const password = `${randomBytes(8).toString("hex")}%40${randomBytes(4).toString("hex")}`;
            const login = `robot:${password}`;
            proxy = await Proxy.start(login);
            const options = {
                names: "unknown" as const,
                seconds: 240,
                env: {
                    ...settings,
                    HTTPS_PROXY: proxy.url(login),
                    HTTP_PROXY: proxy.url(login),
                    NO_PROXY: "localhost,127.0.0.1,192.168.0.0/16",
                },
            };
            internet.fault = (asked) =>
                asked.includes("pulumi-resource-") ? page(403, "Blocked") : undefined;
            const refused = await bringUp(options);
            expectFailure(refused, [/\b403\b/, /pulumi-resource-|plugin/]);
            internet.mend();
            const { exitCode, all } = await bringUp(options);
            expect(exitCode, all).to.equal(0);
            expect((await fetch(url)).status).to.equal(200);
            expect(proxy.led).to.include.members(["github.com", "get.pulumi.com"]);
            const secrets = [password, decodeURIComponent(password)];
            secrets.push(Buffer.from(decodeURIComponent(login)).toString("base64"));
            for (const secret of secrets) {
                expect(refused.all + all).to.not.contain(secret);
                const { stdout } = await execa({
                    reject: false,
                })`grep --recursive --files-with-matches --fixed-strings -e ${secret} ${newcomer.home}`;
                expect(stdout).to.equal("");
            }
        });

        it("is taken away", async () => {
            requireUp();
            const { exitCode, all } = await newcomer.run(["npm", "run", "down", "--", "--yes"], {
                seconds: 240,
            });
            expect(exitCode, all).to.equal(0);
            expectOpen(all);
            const answer = await fetch(url).then(
                () => "the page",
                () => "nothing",
            );
            expect(answer).to.equal("nothing");
        });

        it("leaves the tracked files as they are", async () => {
            expect(await newcomer.must("git", "status", "--porcelain")).to.equal("");
        });
    });
});
