import { expect } from "chai";
import fc from "fast-check";
import {
    generatePassword,
    type PasswordRules,
    validateRules,
} from "../providers/random/password.ts";
import {
    checkPassword,
    diffPassword,
    diffUuid,
    passwordRules,
    randomProvider,
} from "../providers/random/provider.ts";
import type { Call } from "../providers/plugin.ts";
import { secret, UNKNOWN } from "../providers/values.ts";

const rules: PasswordRules = passwordRules({ length: 20 });

describe("RandomPassword", () => {
    it("allows every kind of character unless told otherwise", () => {
        expect(rules).to.include({ lower: true, upper: true, numeric: true, special: true });
        expect(passwordRules({ length: 1, number: false }).numeric).to.equal(false);
    });

    it("has the length, the minimums and only the characters that were asked for", () => {
        const count = fc.nat(5);
        fc.assert(
            fc.property(
                fc.record({
                    minLower: count,
                    minUpper: count,
                    minNumeric: count,
                    minSpecial: count,
                }),
                fc.integer({ min: 20, max: 80 }),
                (minimums, length) => {
                    const password = generatePassword({
                        ...rules,
                        ...minimums,
                        length,
                        overrideSpecial: "_~",
                    });
                    expect(password).to.match(/^[a-zA-Z0-9_~]+$/);
                    expect(password).to.have.lengthOf(length);
                    const matches = (kind: RegExp): number => password.match(kind)?.length ?? 0;
                    expect(matches(/[a-z]/g)).to.be.at.least(minimums.minLower);
                    expect(matches(/[A-Z]/g)).to.be.at.least(minimums.minUpper);
                    expect(matches(/[0-9]/g)).to.be.at.least(minimums.minNumeric);
                    expect(matches(/[_~]/g)).to.be.at.least(minimums.minSpecial);
                },
            ),
        );
    });

    it("uses no kind of character that is switched off", () => {
        const password = generatePassword({ ...rules, length: 500, special: false, upper: false });
        expect(password).to.match(/^[a-z0-9]{500}$/);
    });

    it("does not give away where the minimums are", () => {
        const passwords = Array.from({ length: 100 }, () =>
            generatePassword({
                ...rules,
                length: 10,
                minNumeric: 1,
                numeric: false,
                special: false,
            }),
        );
        expect(new Set(passwords.map((password) => password.search(/\d/))))
            .to.have.property("size")
            .above(1);
    });

    it("refuses rules that nothing can follow", () => {
        const trouble = (changed: Partial<PasswordRules>): string[] =>
            validateRules({ ...rules, ...changed }).map(({ property }) => property);
        expect(trouble({})).to.deep.equal([]);
        expect(trouble({ length: 0 })).to.deep.equal(["length"]);
        expect(trouble({ length: 3, minLower: 2, minUpper: 2 })).to.deep.equal(["length"]);
        expect(trouble({ minNumeric: -1 })).to.include("minNumeric");
        expect(
            trouble({ lower: false, upper: false, numeric: false, special: false }),
        ).to.deep.equal(["lower"]);
        expect(checkPassword({ length: UNKNOWN }).failures).to.deep.equal([]);
    });

    it("is replaced by any change, and by no default that is written out", () => {
        const state = {
            length: 20,
            special: true,
            number: true,
            numeric: true,
            result: secret("x"),
        };
        expect(diffPassword(state, { length: 20 }).changes).to.deep.equal({});
        expect(
            diffPassword(state, { length: 20, special: true, minLower: 0 }).changes,
        ).to.deep.equal({});
        expect(diffPassword(state, { length: 24 })).to.deep.equal({
            changes: { length: "update-replace" },
            replaces: ["length"],
        });
        expect(diffPassword(state, { length: 20, keepers: { a: "b" } }).changes).to.deep.equal({
            keepers: "add-replace",
        });
        expect(diffPassword(state, { length: UNKNOWN }).replaces).to.deep.equal(["length"]);
    });
});

describe("RandomUuid", () => {
    const keepers = { profile: "minikube" };
    const create = (preview: boolean) =>
        randomProvider("0").create({ type: "random:index/randomUuid:RandomUuid" } as Call, {
            inputs: { keepers },
            preview,
            timeoutSeconds: 0,
        });

    it("is its own ID, and keeps what it was made for", async () => {
        const { id, properties } = await create(false);
        expect(id).to.match(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        expect(properties).to.deep.equal({ keepers, result: id });
        expect((await create(true)).properties).to.deep.equal({ keepers, result: UNKNOWN });
    });

    it("is replaced when that changes, and by nothing else", () => {
        const state = { keepers, result: "x" };
        expect(diffUuid(state, { keepers }).replaces).to.deep.equal([]);
        expect(diffUuid(state, { keepers: { profile: "other" } })).to.deep.equal({
            changes: { keepers: "update-replace" },
            replaces: ["keepers"],
        });
    });
});
