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
    canDownload,
    checksumOf,
    download,
    findOnPath,
    tools,
} from "../../scripts/tools.ts";

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

describe("tools", () => {
    let folder: string;
    let server: Server;
    let release: string;
    const files = new Map<string, Buffer>();

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
        expect(await canDownload(minikube())).to.equal(false);
        files.set("minikube-linux-amd64.sha256", Buffer.from("abc"));
        expect(await canDownload(minikube())).to.equal(true);
        const nowhere = { ...minikube(), release: "http://127.0.0.1:9" };
        expect(await canDownload(nowhere)).to.equal(false);
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

    it("downloads through the environment's proxy, and past it where that says so", async () => {
        const asked: string[] = [];
        const proxy = createServer().on("connect", (request, socket: Socket) => {
            const [, password] = (request.headers["proxy-authorization"] ?? "").split(" ");
            asked.push(`${request.url} ${Buffer.from(password ?? "", "base64").toString()}`);
            const { port } = server.address() as AddressInfo;
            const target = connect(port, "127.0.0.1", () => {
                socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
                socket.pipe(target).pipe(socket);
            });
        });
        proxy.listen(0, "127.0.0.1");
        await once(proxy, "listening");
        const before = { ...process.env };
        try {
            files.set("minikube-linux-amd64.sha256", Buffer.from("abc"));
            const { port } = proxy.address() as AddressInfo;
            process.env["http_proxy"] = `http://user:secret@127.0.0.1:${port}`;
            // a host that is nowhere but behind the proxy
            const inside = { ...minikube(), release: "http://releases.example" };
            expect(await canDownload(inside)).to.equal(true);
            expect(asked).to.deep.equal(["releases.example:80 user:secret"]);
            process.env["no_proxy"] = "127.0.0.1";
            expect(await canDownload(minikube())).to.equal(true);
            expect(asked).to.have.length(1);
            process.env["http_proxy"] = "proxy:3128";
            expect(await failure(inside)).to.contain("Invalid URL");
        } finally {
            process.env = before;
            proxy.close();
        }
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
