import { expect } from "chai";
import fc from "fast-check";
import { keyedDigest, readBy } from "../../components/configuration.ts";
import { nodePlatform } from "../../components/image.ts";

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
        expect(nodePlatform("x64")).to.equal("linux/amd64");
        expect(nodePlatform("arm64")).to.equal("linux/arm64");
    });
});
