import { expect } from "chai";
import { at, equal, hasUnknown, isProperties, secret, UNKNOWN } from "../providers/values.ts";

describe("property values", () => {
    it("have Pulumi's own signs for secrets and unknowns", () => {
        // of sdk/proto/provider.proto
        expect(secret("s")).to.deep.equal({
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            value: "s",
        });
        expect(UNKNOWN).to.equal("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
    });

    it("are bags of properties, or not", () => {
        expect(isProperties({ value: 1 })).to.equal(true);
        expect(isProperties([])).to.equal(false);
        expect(isProperties(null)).to.equal(false);
    });

    it("tell what is unknown in them, at any depth", () => {
        expect(hasUnknown({ a: [{ b: { c: UNKNOWN, d: 1 } }] })).to.equal(true);
        expect(hasUnknown({ a: ["x"] })).to.equal(false);
    });

    it("are the same where they mean the same; what is unknown differs from everything", () => {
        expect(equal({ a: [1, { b: null }] }, { a: [1, { b: null }] })).to.equal(true);
        expect(equal({ a: 1 }, { b: 1 })).to.equal(false);
        expect(equal([1], [1, 2])).to.equal(false);
        expect(equal([], {})).to.equal(false);
        expect(equal(UNKNOWN, UNKNOWN)).to.equal(false);
        expect(equal(undefined, { a: UNKNOWN })).to.equal(false);
    });

    it("are found by a path; nothing below what is missing, the unknown below what is unknown", () => {
        expect(at({ a: { b: 1 } }, "a", "b")).to.equal(1);
        expect(at({ a: [] }, "a", "b", "c")).to.equal(undefined);
        expect(at({ a: UNKNOWN }, "a", "b")).to.equal(UNKNOWN);
    });
});
