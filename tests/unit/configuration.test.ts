import { expect } from "chai";
import fc from "fast-check";
import { databasePorts, keyedDigest, readBy } from "../../components/configuration.ts";
import { egressToUrl } from "../../components/pods.ts";
import { platformOf } from "../../components/cluster.ts";

describe("configuration", () => {
    const entries = fc.dictionary(fc.string(), fc.string());

    it("has a digest that does not depend on the order of entries", () => {
        fc.assert(
            fc.property(fc.string(), entries, (key, values) => {
                const reversed = Object.fromEntries(Object.entries(values).reverse());
                expect(keyedDigest(key, values)).to.equal(keyedDigest(key, reversed));
            }),
        );
    });

    it("has a digest that depends on every name and value, and on the key", () => {
        const digests = [
            keyedDigest("key", { A: "1" }),
            keyedDigest("key", { A: "2" }),
            keyedDigest("key", { B: "1" }),
            keyedDigest("key", { A: "1", B: "" }),
            keyedDigest("another key", { A: "1" }),
        ];
        expect(new Set(digests).size).to.equal(digests.length);
    });

    it("lets each tier read its own entries and those of nobody else", () => {
        const config = { NEXT_PUBLIC_API_URL: "u", GEMINI_MODEL: "m", FLAG: "on" };
        expect(readBy("backend", config)).to.deep.equal({ GEMINI_MODEL: "m", FLAG: "on" });
        expect(readBy("frontend", config)).to.deep.equal({ NEXT_PUBLIC_API_URL: "u", FLAG: "on" });
    });

    it("builds for the processor of this host", () => {
        expect(platformOf("x64")).to.equal("linux/amd64");
        expect(platformOf("arm64")).to.equal("linux/arm64");
    });

    it("knows the ports that a database's URL names", () => {
        const cases: [string, number[]][] = [
            ["postgresql://user:password@host:6432/habits", [6432]],
            ["postgresql://host/habits", [5432]],
            ["postgresql://host:6432/habits", [6432]],
            ["postgresql://u:a,b@host:5433/habits", [5433]],
            ["postgres://u:p@a:1,b:2,c/habits?sslmode=require", [1, 2, 5432]],
            ["postgresql://u:a@b:7@host:5433/habits", [5433]],
            ["postgresql://u:p@[::1]:5434,[::2]/habits", [5434, 5432]],
        ];
        for (const [url, ports] of cases) {
            expect(databasePorts(url), url).to.deep.equal(ports);
        }
    });

    it("opens the port that a URL names or implies", () => {
        for (const [url, port] of [
            ["http://elsewhere:8001/path", 8001],
            ["http://elsewhere", 80],
            ["https://elsewhere/", 443],
        ] as const) {
            expect(egressToUrl(url), url).to.deep.equal({ ports: [{ protocol: "TCP", port }] });
        }
    });
});
