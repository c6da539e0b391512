import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { proxied, thisHost } from "../../components/host.ts";
import { certificate } from "./harness.ts";

describe("this host", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "host-"));
    });
    after(() => rm(folder, { recursive: true }));

    describe("runs a program", () => {
        const path = process.env["PATH"];
        afterEach(() => {
            process.env["PATH"] = path;
        });
        /** What the host hears of a `docker` that is this shell script, or of none. */
        const run = async (script?: string) => {
            process.env["PATH"] = script === undefined ? "/nowhere" : `${folder}:${path}`;
            await writeFile(join(folder, "docker"), `#!/bin/sh\n${script ?? ""}\n`);
            await chmod(join(folder, "docker"), 0o755);
            return thisHost().docker(["one", "two words"]);
        };

        it("and has what it prints", async () => {
            expect(await run('echo "$#: $2"; echo more >&2')).to.deep.equal({
                code: 0,
                out: "2: two words\n",
                err: "more\n",
            });
        });

        it("and has how it failed, with what it had printed", async () => {
            expect(await run("echo some; echo why >&2; exit 3")).to.deep.equal({
                code: 3,
                out: "some\n",
                err: "why\n",
            });
        });

        it("and has a reason where it gave none", async () => {
            const { err, ...rest } = await run("exit 4");
            expect(rest).to.deep.equal({ code: 4, out: "" });
            expect(err).to.contain("Command failed: docker one two words");
        });

        it("and is told where there is none, or a signal ended it", async () => {
            expect(await run()).to.include({ code: "ENOENT", out: "" });
            expect(await run("kill -9 $$")).to.include({ code: 1 });
        });
    });

    describe("asks an API server", () => {
        let server: Server;
        let address: string;
        let ca: Buffer;
        before(async () => {
            const files = certificate(folder);
            ca = readFileSync(files.ca);
            server = createServer(
                { key: readFileSync(files.key), cert: readFileSync(files.cert) },
                ({ url = "" }, response) => {
                    if (url === "/forbidden") {
                        response.writeHead(403).end(`nodes is forbidden ${"x".repeat(400)}`);
                    } else if (url !== "/never") {
                        // two bytes of one letter, apart
                        const text = Buffer.from(JSON.stringify({ url, name: "ü" }));
                        const middle = text.indexOf("ü") + 1;
                        response.write(text.subarray(0, middle));
                        setTimeout(() => response.end(text.subarray(middle)), 20);
                    }
                },
            ).listen(0, "127.0.0.1");
            await once(server, "listening");
            address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
        });
        after(() => {
            server.closeAllConnections();
            server.close();
        });
        const get = (base: string, path: string, options = {}) =>
            thisHost()
                .get({ server: base, options: { ca, ...options } }, path)
                .catch((error: unknown) => (error as Error).message);

        it("and has its JSON, below the server's own path", async () => {
            expect(await get(address, "/api")).to.deep.equal({ url: "/api", name: "ü" });
            expect(await get(`${address}/clusters/one/`, "/api")).to.deep.equal({
                url: "/clusters/one/api",
                name: "ü",
            });
        });

        it("and has the beginning of a refusal", async () => {
            expect(await get(address, "/forbidden")).to.match(/^403: nodes is forbidden x{281}$/);
        });

        it("and is told where it cannot be reached or trusted", async () => {
            expect(await get("https://127.0.0.1:1", "/api")).to.contain("ECONNREFUSED");
            expect(await get(address, "/api", { ca: undefined })).to.contain("self-signed");
        });

        it("and gives up when no answer comes", async () => {
            const start = Date.now();
            expect(await get(address, "/never")).to.equal("no answer within 10 s");
            expect(Date.now() - start).to.be.within(9_000, 30_000);
        }).timeout(40_000);
    });

    it("knows what NO_PROXY lets through", () => {
        const env = (NO_PROXY: string) => ({ https_proxy: "http://proxy", NO_PROXY });
        const swallowed = (exceptions: string, hostname: string) =>
            proxied(env(exceptions), hostname);
        expect(swallowed("", "192.168.49.2")).to.equal(true);
        expect(swallowed("192.168.49.2", "192.168.49.2")).to.equal(false);
        expect(swallowed("a, 192.168.49.0/24", "192.168.49.2")).to.equal(false);
        expect(swallowed("10.0.0.0/8", "192.168.49.2")).to.equal(true);
        expect(swallowed("*", "192.168.49.2")).to.equal(false);
        expect(swallowed("", "127.0.0.1")).to.equal(false);
        expect(swallowed("", "localhost")).to.equal(false);
        expect(swallowed("example.org,fd00::/8", "fd00::2")).to.equal(false);
        expect(swallowed("fe80::/10", "fd00::2")).to.equal(true);
        // one address is not a network, and a name none at all
        expect(swallowed("192.168.49.1", "192.168.49.2")).to.equal(true);
        expect(swallowed("example.org/8", "192.168.49.2")).to.equal(true);
        expect(swallowed("192.168.49.0/24", "api.example")).to.equal(true);
        expect(proxied({}, "192.168.49.2")).to.equal(false);
    });
});
