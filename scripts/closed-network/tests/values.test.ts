import { expect } from "chai";
import fc from "fast-check";
import {
    at,
    decode,
    encode,
    equal,
    hasSecret,
    hasUnknown,
    type Json,
    reveal,
    secret,
    Secret,
    UNKNOWN,
    type Value,
    withoutNulls,
} from "../providers/values.ts";

// Of Pulumi's wire format, sdk/proto/provider.proto.
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_OBJECT = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff";

describe("property values", () => {
    it("reads secrets, unknowns and output values from the wire", () => {
        expect(decode({ [SIGNATURE]: SECRET, value: "s" })).to.deep.equal(new Secret("s"));
        expect(decode([UNKNOWN_STRING, UNKNOWN_OBJECT])).to.deep.equal([UNKNOWN, UNKNOWN]);
        expect(decode({ [SIGNATURE]: OUTPUT })).to.equal(UNKNOWN);
        expect(decode({ [SIGNATURE]: OUTPUT, value: "s", secret: true })).to.deep.equal(
            new Secret("s"),
        );
        expect(decode({ [SIGNATURE]: OUTPUT, value: 1 })).to.equal(1);
    });

    it("writes what it read", () => {
        const json = fc.letrec<{ json: Json }>((tie) => ({
            json: fc.oneof(
                { maxDepth: 4 },
                fc.constantFrom<Json>(null, true, 0, 1.5, "", "text", UNKNOWN_STRING),
                fc.array(tie("json"), { maxLength: 3 }),
                fc.dictionary(fc.constantFrom("a", "b", "value"), tie("json")),
                tie("json").map((value) => ({ [SIGNATURE]: SECRET, value })),
            ),
        })).json;
        // A secret in a secret says nothing more, and is written once.
        const once = (value: Json): Json => encode(decode(value));
        fc.assert(
            fc.property(json, (value) => {
                expect(once(once(value))).to.deep.equal(once(value));
            }),
        );
        expect(
            encode(decode({ a: [1, { [SIGNATURE]: SECRET, value: UNKNOWN_STRING }] })),
        ).to.deep.equal({ a: [1, { [SIGNATURE]: SECRET, value: UNKNOWN_STRING }] });
    });

    it("marks a value as secret once", () => {
        expect(secret(secret("s"))).to.deep.equal(new Secret("s"));
    });

    it("finds and lays open secrets and unknowns at any depth", () => {
        const value: Value = { a: [{ b: secret({ c: UNKNOWN }) }] };
        expect(hasSecret(value)).to.equal(true);
        expect(hasUnknown(value)).to.equal(true);
        expect(reveal(value)).to.deep.equal({ a: [{ b: { c: UNKNOWN } }] });
        expect(hasSecret({ a: [1] })).to.equal(false);
        expect(hasUnknown({ a: secret("x") })).to.equal(false);
    });

    it("compares deeply, and never takes a missing property for a null one", () => {
        expect(equal({ a: [1, { b: null }] }, { a: [1, { b: null }] })).to.equal(true);
        expect(equal({ a: null }, {})).to.equal(false);
        expect(equal({ a: 1 }, { b: 1 })).to.equal(false);
        expect(equal([1], [1, 2])).to.equal(false);
        expect(equal(secret("a"), secret("a"))).to.equal(true);
        expect(equal([], {})).to.equal(false);
    });

    it("walks paths without minding what is missing", () => {
        expect(at({ a: { b: 1 } }, "a", "b")).to.equal(1);
        expect(at({ a: [] }, "a", "b", "c")).to.equal(undefined);
    });

    it("drops nulls, in secrets as well", () => {
        expect(
            withoutNulls({ a: null, b: { c: null, d: 1 }, e: secret({ f: null }) }),
        ).to.deep.equal({
            b: { d: 1 },
            e: secret({}),
        });
    });
});
