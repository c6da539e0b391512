import { once } from "node:events";
import { type Server, createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { expect } from "chai";
import {
    Unreachable,
    answers,
    fetchFile,
    hasProxy,
    whyUnreachable,
} from "../../scripts/network.ts";
import { withoutProxies } from "./proxies.ts";

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A port that nobody listens on any more. */
async function closedPort(): Promise<number> {
    const closed = createServer().listen(0, "localhost");
    await once(closed, "listening");
    const port = portOf(closed);
    await new Promise((done) => closed.close(done));
    return port;
}

describe("the network", () => {
    let server: Server;
    let status: number;
    let url: string;
    withoutProxies();

    before(async () => {
        server = createServer((_, response) => {
            response.statusCode = status;
            response.end("content");
        }).listen(0, "127.0.0.1");
        await once(server, "listening");
        url = `http://127.0.0.1:${portOf(server)}/file`;
    });
    beforeEach(() => (status = 200));
    after(() => server.close());

    it("gives a file, or says why not and how to go on", async () => {
        expect((await fetchFile(url, 5)).toString()).to.equal("content");
        status = 403;
        const error: unknown = await fetchFile(url, 5).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(Unreachable);
        expect((error as Unreachable).message)
            .to.match(/\/file cannot be downloaded\n {3}403 Forbidden/)
            .and.to.contain("Mend it: npm run up once more");
    });

    it("does not wait for ever on a proxy that hangs up", async () => {
        const proxy = createServer().on("connect", (_, socket) => socket.destroy());
        proxy.listen(0, "127.0.0.1");
        await once(proxy, "listening");
        process.env["https_proxy"] = `http://127.0.0.1:${portOf(proxy)}`;
        const start = Date.now();
        const error: unknown = await fetchFile("https://releases.invalid/", 600, {
            answer: 1,
        }).catch((reason: unknown) => reason);
        proxy.close();
        expect(error).to.be.instanceOf(Unreachable);
        expect(Date.now() - start).to.be.below(10_000);
    });

    it("tells nobody from somebody who refuses", async () => {
        expect(await whyUnreachable(url)).to.equal(undefined);
        expect(await answers(url)).to.equal(true);
        for (const code of [403, 404, 500, 503]) {
            status = code;
            expect(await whyUnreachable(url)).to.include({ silent: false });
            expect(await answers(url)).to.equal(true);
        }
        // at both addresses of a name
        const nowhere = `http://localhost:${await closedPort()}/`;
        const silence = await whyUnreachable(nowhere);
        expect(silence).to.include({ silent: true });
        expect(silence?.why).to.contain("ECONNREFUSED");
        expect(await answers(nowhere)).to.equal(false);
        expect(await whyUnreachable("http://no-such-host.invalid/")).to.include({ silent: true });
    });

    it("takes one that speaks no TLS, or breaks off, for somebody", async () => {
        expect(await whyUnreachable(url.replace("http:", "https:"))).to.include({ silent: false });
        const broken = createServer((_, response) => {
            response.writeHead(200, { "content-length": "1000" });
            response.write("half", () => response.destroy());
        }).listen(0, "127.0.0.1");
        await once(broken, "listening");
        const error: unknown = await fetchFile(`http://127.0.0.1:${portOf(broken)}/`, 5).catch(
            (reason: unknown) => reason,
        );
        broken.close();
        expect(error).to.include({ silent: false, why: "other side closed" });
    });

    it("takes one that is slow for somebody", async () => {
        const slow = createServer(() => undefined).listen(0, "127.0.0.1");
        await once(slow, "listening");
        const error: unknown = await fetchFile(`http://127.0.0.1:${portOf(slow)}/`, 0.2).catch(
            (reason: unknown) => reason,
        );
        slow.closeAllConnections();
        slow.close();
        expect(error).to.include({ silent: false, why: "no answer within 0.2 s" });
    });

    describe("behind a proxy", () => {
        let proxy: Server;
        let address: string;
        /** What the proxy was asked to connect to, and with which password. */
        let asked: string[];
        let refusal: string | undefined;
        /** A host that is nowhere but behind the proxy. */
        const INSIDE = "http://releases.invalid/file";

        before(async () => {
            proxy = createServer().on("connect", (request, socket: Socket) => {
                const [, password = ""] = (request.headers["proxy-authorization"] ?? "").split(" ");
                asked.push(`${request.url} ${Buffer.from(password, "base64").toString()}`);
                if (refusal !== undefined) {
                    socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
                    return;
                }
                const target = connect(portOf(server), "127.0.0.1", () => {
                    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
                    socket.pipe(target).pipe(socket);
                });
            });
            proxy.listen(0, "127.0.0.1");
            await once(proxy, "listening");
            address = `127.0.0.1:${portOf(proxy)}`;
        });
        after(() => proxy.close());
        beforeEach(() => {
            asked = [];
            refusal = undefined;
        });

        it("goes through it, past it where NO_PROXY says so, and past it when told to", async () => {
            process.env["http_proxy"] = `http://user:secret@${address}`;
            expect(hasProxy(INSIDE)).to.equal(true);
            expect(hasProxy("https://releases.invalid/")).to.equal(false);
            expect(await whyUnreachable(INSIDE)).to.equal(undefined);
            expect(asked).to.deep.equal(["releases.invalid:80 user:secret"]);
            process.env["no_proxy"] = "127.0.0.1";
            expect(await whyUnreachable(url)).to.equal(undefined);
            expect(await whyUnreachable(INSIDE, { direct: true })).to.include({ silent: true });
            expect(asked).to.have.length(1);
        });

        it("takes an address without a scheme, as other programs do", async () => {
            process.env["HTTP_PROXY"] = address;
            expect(await whyUnreachable(INSIDE)).to.equal(undefined);
        });

        it("takes the one of the file's own scheme, and no other", async () => {
            process.env["http_proxy"] = address;
            // the server there speaks no TLS
            expect(await whyUnreachable(url.replace("http:", "https:"))).not.to.equal(undefined);
            expect(asked).to.deep.equal([]);
        });

        it("says what is wrong with it, and no password", async () => {
            const said = async () => {
                const error: unknown = await fetchFile(INSIDE, 5).catch(
                    (reason: unknown) => reason,
                );
                expect(error).to.be.instanceOf(Unreachable);
                return (error as Unreachable).message;
            };
            process.env["http_proxy"] = `http://user:secret@${address}`;
            refusal = "407 Proxy Authentication Required";
            expect(await said())
                .to.contain("407")
                .and.not.to.contain("secret");
            expect(await whyUnreachable(INSIDE)).to.include({ silent: false });
            process.env["http_proxy"] = "http://user:100%secret@proxy:3128";
            expect(await said())
                .to.contain("http_proxy is no URL of a proxy")
                .and.not.to.contain("secret");
            process.env["http_proxy"] = `http://127.0.0.1:${await closedPort()}`;
            expect(await whyUnreachable(INSIDE)).to.include({ silent: true });
        });
    });
});
