import { expect } from "chai";
import fc from "fast-check";
import { Canaries } from "../e2e/canaries.ts";

describe("canaries", () => {
    const canaries = new Canaries(["a", "b"]);
    const { a = "", b = "" } = canaries.values;

    it("are seen wherever they stand, plain and in base64", () => {
        fc.assert(
            fc.property(fc.string(), fc.string(), (before, after) => {
                const text = `${before}${a}${after}`;
                expect(canaries.seenIn(text)).to.deep.equal(["a"]);
                expect(canaries.seenIn(Buffer.from(text).toString("base64"))).to.deep.equal([
                    "a in base64",
                ]);
            }),
        );
    });

    it("are told apart, and not seen where they are not", () => {
        expect(canaries.seenIn(`${b} ${a}`)).to.deep.equal(["a", "b"]);
        expect(canaries.seenIn(`${b.slice(1)} ${a.toUpperCase()}`)).to.deep.equal([]);
        expect(canaries.patterns).to.have.length(8);
    });
});
