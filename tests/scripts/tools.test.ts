import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Failure } from "../../scripts/failure.ts";
import {
    type Tool,
    Unreachable,
    checksumOf,
    download,
    findOnPath,
    tools,
    whyUnreachable,
} from "../../scripts/tools.ts";

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

describe("tools", () => {
    let folder: string;
    let server: Server;
    let release: string;
    const files = new Map<string, Buffer>();

    const PROXIES = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => [
        name,
        name.toUpperCase(),
    ]);
    const environment = new Map(PROXIES.map((name) => [name, process.env[name]]));
    const withoutProxies = () =>
        PROXIES.forEach((name) => Reflect.deleteProperty(process.env, name));
    beforeEach(withoutProxies);
    after(() => {
        withoutProxies();
        for (const [name, value] of environment) {
            if (value !== undefined) {
                process.env[name] = value;
            }
        }
    });

    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "tools-test-"));
        server = createServer((request, response) => {
            const content = files.get(request.url?.slice(1) ?? "");
            response.statusCode = content ? 200 : 403;
            response.end(content);
        });
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        release = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    beforeEach(() => files.clear());
    after(async () => {
        server.close();
        await rm(folder, { recursive: true });
    });

    /** A tool on the local server; the program says its name. */
    const minikube = (): Tool => ({
        name: "minikube",
        version: "1",
        release,
        file: "minikube-linux-amd64",
        checksums: "minikube-linux-amd64.sha256",
    });

    it("installs a program whose checksum is right", async () => {
        const program = Buffer.from("#!/bin/sh\necho it runs\n");
        files.set("minikube-linux-amd64", program);
        files.set("minikube-linux-amd64.sha256", Buffer.from(`${sha256(program)}\n`));
        await download(minikube(), join(folder, "program"));
        expect((await execa(join(folder, "program", "minikube"))).stdout).to.equal("it runs");
        expect(await readdir(join(folder, "program"))).to.deep.equal(["minikube"]);
    });

    it("installs every program of an archive", async () => {
        const source = join(folder, "pulumi");
        await execa("mkdir", ["-p", source]);
        await writeFile(join(source, "pulumi"), "engine");
        await writeFile(join(source, "pulumi-language-nodejs"), "host");
        await execa("tar", ["-czf", join(folder, "archive"), "-C", folder, "pulumi"]);
        const archive = await readFile(join(folder, "archive"));
        files.set("pulumi.tar.gz", archive);
        files.set("sums", Buffer.from(`0000  other.tar.gz\n${sha256(archive)}  pulumi.tar.gz\n`));
        const tool: Tool = {
            ...minikube(),
            name: "pulumi",
            file: "pulumi.tar.gz",
            checksums: "sums",
            archiveFolder: "pulumi",
        };
        await download(tool, join(folder, "archive-bin"));
        expect(await readdir(join(folder, "archive-bin"))).to.have.members([
            "pulumi",
            "pulumi-language-nodejs",
        ]);
    });

    /** What a download that fails says; nothing may be left of it. */
    async function failure(tool: Tool): Promise<string> {
        const error: unknown = await download(tool, join(folder, "none")).catch(
            (reason: unknown) => reason,
        );
        expect(error).to.be.instanceOf(Failure);
        expect(await stat(join(folder, "none")).catch(() => "absent")).to.equal("absent");
        return (error as Failure).message;
    }

    it("refuses a file with another checksum and leaves nothing behind", async () => {
        files.set("minikube-linux-amd64", Buffer.from("not what was released"));
        files.set("minikube-linux-amd64.sha256", Buffer.from(sha256("what was released")));
        expect(await failure(minikube()))
            .to.contain("SHA-256 is")
            .and.to.contain("Mend it:");
    });

    it("tells a network that lets nothing through from one that does", async () => {
        expect(await whyUnreachable(minikube())).to.contain("403 Forbidden");
        files.set("minikube-linux-amd64.sha256", Buffer.from("abc"));
        expect(await whyUnreachable(minikube())).to.equal(undefined);
        // a port that nobody listens on any more, at both addresses of a name
        const closed = createServer().listen(0, "localhost");
        await once(closed, "listening");
        const { port } = closed.address() as AddressInfo;
        await new Promise((done) => closed.close(done));
        const nowhere = { ...minikube(), release: `http://localhost:${port}` };
        expect(await whyUnreachable(nowhere)).to.contain("ECONNREFUSED");
        const error = await download(nowhere, folder).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(Unreachable);
    });

    it("says why a download failed, and how to go on", async () => {
        expect(await failure(minikube()))
            .to.match(/minikube-linux-amd64.sha256 cannot be downloaded\n {3}403 Forbidden/)
            .and.to.contain("Mend it: npm run up once more");
        const broken = createServer((_, response) => {
            response.writeHead(200, { "content-length": "1000" });
            response.write("half", () => response.destroy());
        }).listen(0, "127.0.0.1");
        await once(broken, "listening");
        const { port } = broken.address() as AddressInfo;
        expect(await failure({ ...minikube(), release: `http://127.0.0.1:${port}` })).to.contain(
            "other side closed",
        );
        broken.close();
    });

    describe("behind a proxy", () => {
        let proxy: Server;
        let address: string;
        /** What the proxy was asked to connect to, and with which password. */
        let asked: string[];
        let refusal: string | undefined;
        /** A host that is nowhere but behind the proxy. */
        const inside = () => ({ ...minikube(), release: "http://releases.example" });

        before(async () => {
            proxy = createServer().on("connect", (request, socket: Socket) => {
                const [, password = ""] = (request.headers["proxy-authorization"] ?? "").split(" ");
                asked.push(`${request.url} ${Buffer.from(password, "base64").toString()}`);
                if (refusal !== undefined) {
                    socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
                    return;
                }
                const { port } = server.address() as AddressInfo;
                const target = connect(port, "127.0.0.1", () => {
                    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
                    socket.pipe(target).pipe(socket);
                });
            });
            proxy.listen(0, "127.0.0.1");
            await once(proxy, "listening");
            address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
        });
        after(() => proxy.close());
        beforeEach(() => {
            asked = [];
            refusal = undefined;
            files.set("minikube-linux-amd64.sha256", Buffer.from("abc"));
        });

        it("downloads through it, and past it where NO_PROXY says so", async () => {
            process.env["http_proxy"] = `http://user:secret@${address}`;
            expect(await whyUnreachable(inside())).to.equal(undefined);
            expect(asked).to.deep.equal(["releases.example:80 user:secret"]);
            process.env["no_proxy"] = "127.0.0.1";
            expect(await whyUnreachable(minikube())).to.equal(undefined);
            expect(asked).to.have.length(1);
        });

        it("takes an address without a scheme, as other programs do", async () => {
            process.env["HTTP_PROXY"] = address;
            expect(await whyUnreachable(inside())).to.equal(undefined);
        });

        it("takes the one of the release's own scheme, and no other", async () => {
            process.env["http_proxy"] = address;
            const secure = { ...minikube(), release: release.replace("http:", "https:") };
            // the server there speaks no TLS
            expect(await whyUnreachable(secure)).to.contain("cannot be downloaded");
            expect(asked).to.deep.equal([]);
        });

        it("says what is wrong with it, and no password", async () => {
            process.env["http_proxy"] = `http://user:secret@${address}`;
            refusal = "407 Proxy Authentication Required";
            expect(await failure(inside()))
                .to.contain("407")
                .and.not.to.contain("secret");
            process.env["http_proxy"] = "http://user:100%secret@proxy:3128";
            expect(await failure(inside()))
                .to.contain("http_proxy is no URL of a proxy")
                .and.not.to.contain("secret");
        });
    });

    it("reads both forms of checksum files", () => {
        expect(checksumOf("abc  one\ndef *two\n", "two")).to.equal("def");
        expect(checksumOf("abc\n", "anything")).to.equal("abc");
        expect(checksumOf("abc  one\n", "two")).to.equal(undefined);
    });

    it("names the releases as their makers do", () => {
        const names = (platform: string, arch: string) =>
            tools(platform, arch).map(({ release: at, file }) => `${at}/${file}`);
        expect(names("linux", "x64")[0]).to.match(
            /^https:\/\/github\.com\/pulumi\/pulumi\/releases\/download\/v[\d.]+\/pulumi-v[\d.]+-linux-x64\.tar\.gz$/,
        );
        expect(names("darwin", "arm64")[1]).to.match(/\/v[\d.]+\/minikube-darwin-arm64$/);
        expect(names("linux", "x64")[1]).to.match(/\/minikube-linux-amd64$/);
    });

    it("finds programs on PATH, the first one first", async () => {
        expect(await findOnPath("sh", "/nowhere:/bin")).to.equal("/bin");
        expect(await findOnPath("no-such-program", "/bin")).to.equal(undefined);
    });
});
